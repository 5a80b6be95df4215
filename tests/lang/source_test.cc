#include "lang/source.h"

#include <doctest/doctest.h>

using namespace zr;

TEST_CASE("columns count characters, lines end at a line feed") {
  Sources sources;
  const SourceId id = sources.add("a.zr", "one\n\xC3\xA4\xE2\x98\x83x\r\n\nlast");
  CHECK(sources.position(id, 0).line == 1);
  CHECK(sources.position(id, 3).column == 4);
  CHECK(sources.position(id, 9).line == 2);
  CHECK(sources.position(id, 9).column == 3);
  CHECK(sources.line(id, 2) == "\xC3\xA4\xE2\x98\x83x");
  CHECK(sources.line(id, 3) == "");
  CHECK(sources.line(id, 4) == "last");
  CHECK(sources.line(id, 5) == "");
  CHECK(sources.line(id, 0) == "");
  CHECK(sources.line_begin(id, 4) == 13);
}

TEST_CASE("places past the end are the end") {
  Sources sources;
  const SourceId id = sources.add("a.zr", "ab\nc");
  CHECK(sources.position(id, 1000).line == 2);
  CHECK(sources.position(id, 1000).column == 2);
  CHECK(sources.text(Span{id, 3, 1000}) == "c");
  CHECK(sources.text(Span{id, 1000, 2000}) == "");
  CHECK(sources.text(Span{id, 3, 1}) == "");
  CHECK(sources.origin(Span{id, 1000, 1000}).line == 2);
}

TEST_CASE("texts do not move when others are added") {
  Sources sources;
  const SourceId first = sources.add("a.zr", "x");
  const std::string_view text = sources.text(first);
  for (int i = 0; i < 1000; ++i) sources.add("b.zr", std::string(100, 'y'));
  CHECK(sources.text(first).data() == text.data());
  CHECK(sources.origin(Span{first, 0, 1}) == Origin{"a.zr", 1});
}

TEST_CASE("an empty text has one empty line") {
  Sources sources;
  const SourceId id = sources.add("a.zr", "");
  CHECK(sources.position(id, 0).line == 1);
  CHECK(sources.line(id, 1) == "");
}
