#include "lang/stdlib.h"

#include "lang/embedded.h"

namespace zr {

std::optional<std::string_view> stdlib_text(std::string_view path) {
  for (const EmbeddedText& file : embedded_stdlib()) {
    if (path == "std/" + std::string(file.name)) return file.text;
  }
  return std::nullopt;
}

std::vector<std::string> stdlib_names() {
  std::vector<std::string> names;
  for (const EmbeddedText& file : embedded_stdlib())
    names.push_back("std/" + std::string(file.name));
  return names;
}

}  // namespace zr
