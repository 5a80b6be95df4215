// doctest itself, compiled once for all that links the support.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
