#include "planner/render_text.h"

#include <fmt/format.h>

#include "lang/utf8.h"

namespace zr {

std::string escaped(std::string_view text) { return printable(text, std::string_view::npos); }

std::string shown(std::string_view name) {
  if (!name.empty() && name.find_first_of(" \"") == name.npos) return escaped(name);
  std::string out = "\"";
  for (const char c : escaped(name)) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string shown(VersionKind kind, std::string_view name) {
  return (kind == VersionKind::snapshot ? "@" : "#") + shown(name);
}

std::string shown(const HostName& host, std::string_view dataset) {
  return escaped(host.value) + ":" + shown(dataset);
}

std::string count_of(std::uint64_t n, std::string_view singular, std::string_view plural) {
  if (n == 1) return fmt::format("1 {}", singular);
  return plural.empty() ? fmt::format("{} {}s", n, singular) : fmt::format("{} {}", n, plural);
}

}  // namespace zr
