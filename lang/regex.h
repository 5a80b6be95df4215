#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace zr {

// A compiled RE2 expression as a value: unanchored, case-sensitive, bounded memory, linear time.
// Copies share the program; matching is safe from several threads. Equal when the texts are.
class Regex {
 public:
  // On a bad expression `error` says why and the result never matches.
  static Regex compile(std::string_view text, std::string& error);

  bool matches(std::string_view) const;
  const std::string& text() const { return text_; }

  bool operator==(const Regex& o) const { return text_ == o.text_; }

 private:
  std::string text_;
  std::shared_ptr<const re2::RE2> program_;
};

}  // namespace zr
