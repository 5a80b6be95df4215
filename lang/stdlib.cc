#include "lang/stdlib.h"

#include "lang/embedded.h"

namespace zr {

std::optional<std::string_view> stdlib_text(std::string_view path) {
  for (const EmbeddedText& file : stdlib_texts()) {
    if (path == "std/" + std::string(file.stem)) return file.text;
  }
  return std::nullopt;
}

std::vector<std::string> stdlib_names() {
  std::vector<std::string> names;
  for (const EmbeddedText& file : stdlib_texts()) names.push_back("std/" + std::string(file.stem));
  return names;
}

}  // namespace zr
