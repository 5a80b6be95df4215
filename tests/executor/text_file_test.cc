#include "executor/text_file.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace zr {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "zrepl-test.XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
  fs::path path;
};

std::string message_of(const fs::path& path, std::size_t limit) {
  const auto text = read_text_file(path, limit);
  return text ? "read: " + *text : text.error().message;
}

TEST_CASE("a file is read whole, up to the limit") {
  const Folder folder;
  const fs::path file = folder.path / "f";
  std::ofstream(file) << std::string(100'000, 'x');
  CHECK(read_text_file(file, 100'000).value().size() == 100'000);
  CHECK(message_of(file, 99'999) == file.string() +
                                        " is larger than 97.7 KiB, which is the most "
                                        "that is read");
  CHECK(message_of("/dev/zero", 1 << 20) ==
        "/dev/zero is larger than 1 MiB, which is the most that is read");
  CHECK(message_of("/dev/null", 0) == "read: ");
}

TEST_CASE("what can't be read is named, with the reason") {
  const Folder folder;
  CHECK(message_of(folder.path, 10) == "cannot read " + folder.path.string() + ": Is a directory");
  CHECK(message_of("/no/such/file", 10) == "cannot read /no/such/file: No such file or directory");
}

TEST_CASE("writing replaces a file whole and leaves nothing beside it") {
  const Folder folder;
  const fs::path file = folder.path / "f";
  std::ofstream(file) << "old and longer";
  CHECK(write_text_file(file, "new"));
  CHECK(read_text_file(file, 100).value() == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("writing through a link keeps the link") {
  const Folder folder;
  fs::create_symlink("target", folder.path / "link");
  std::ofstream(folder.path / "target") << "old";
  CHECK(write_text_file(folder.path / "link", "new"));
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(read_text_file(folder.path / "target", 100).value() == "new");
}

TEST_CASE("a full disk is an error") {
  CHECK(write_text_file("/dev/full", "x").error().message ==
        "cannot write /dev/full: No space left on device");
  CHECK(write_text_file("/dev/null", "x"));
}

TEST_CASE("a folder is not written over") {
  const Folder folder;
  CHECK(write_text_file(folder.path, "x").error().message ==
        "cannot write " + folder.path.string() + ": Is a directory");
  CHECK(write_text_file("/no/such/folder/f", "x").error().message ==
        "cannot write /no/such/folder/f: No such file or directory");
}

}  // namespace
}  // namespace zr
