// Of every test program. Apart from support/doctest.cc, since the benchmarks use the support with a
// main of their own.
#include <doctest/doctest.h>

int main(int argc, char** argv) { return doctest::Context(argc, argv).run(); }
