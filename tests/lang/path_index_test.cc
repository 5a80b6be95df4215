#include "lang/path_index.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

using namespace zr;

namespace {

std::uint64_t hash_of(const std::vector<std::string>& components) {
  PathHash hash;
  for (const std::string& component : components) hash.descend(component);
  return hash.value();
}

}  // namespace

TEST_CASE("paths that are cut at other places have other hashes") {
  CHECK(hash_of({"ab", "c"}) != hash_of({"a", "bc"}));
  CHECK(hash_of({"abcdefgh", "i"}) != hash_of({"abcdefghi"}));
  CHECK(hash_of({"a"}) != hash_of({"a", "a"}));
  CHECK(hash_of({"a", "b"}) == hash_of({"a", "b"}));
}

TEST_CASE("every path is found where its owner has it, though others share its hash") {
  rc::check("as a list that is searched from its begin", [](const std::vector<std::uint8_t>&
                                                                steps) {
    std::vector<std::uint64_t> list;  // paths are numbers here, and few hashes are for many of them
    PathIndex index;
    const auto find = [&](std::uint64_t path) {
      return index.find(path % 3, [&](std::uint32_t place) { return list.at(place) == path; });
    };
    for (const std::uint8_t path : steps) {
      if (find(path)) continue;
      const std::size_t place = path % (list.size() + 1);
      index.make_room(static_cast<std::uint32_t>(place));
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), path);
      index.add(path % 3, static_cast<std::uint32_t>(place));
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::uint32_t* place = find(list[i]);
      RC_ASSERT(place != nullptr);
      RC_ASSERT(*place == i);
    }
    RC_ASSERT(find(300) == nullptr);
  });
}
