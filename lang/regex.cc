#include "lang/regex.h"

#include <re2/re2.h>

namespace zr {
namespace {

constexpr std::size_t max_expression_bytes = 4096;
constexpr std::int64_t max_program_bytes = 4 << 20;

}  // namespace

Regex Regex::compile(std::string_view text, std::string& error) {
  error.clear();
  Regex regex;
  regex.text_ = text;
  if (text.size() > max_expression_bytes) {
    error = "longer than 4096 bytes";
    return regex;
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_program_bytes);
  auto program = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (program->ok()) {
    regex.program_ = std::move(program);
  } else {
    error = program->error();
  }
  return regex;
}

bool Regex::matches(std::string_view subject) const {
  return program_ != nullptr &&
         RE2::PartialMatch(re2::StringPiece(subject.data(), subject.size()), *program_);
}

}  // namespace zr
