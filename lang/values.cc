#include "lang/values.h"

#include <algorithm>
#include <array>
#include <utility>

namespace zr {
namespace {

constexpr std::array<std::pair<Type, std::string_view>, 11> keywords{
    {{Type::host, "host"},
     {Type::dataset, "dataset"},
     {Type::pattern, "pattern"},
     {Type::rules, "rules"},
     {Type::retention, "retention"},
     {Type::duration, "duration"},
     {Type::size, "size"},
     {Type::rate, "rate"},
     {Type::string, "string"},
     {Type::integer, "int"},
     {Type::boolean, "bool"}}};

}  // namespace

std::string_view to_string(Type type) {
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [type](const auto& k) { return k.first == type; });
  return found == keywords.end() ? "word" : found->second;
}

std::string describe(Type type) {
  switch (type) {
    case Type::rules:
      return "a block of rules";
    case Type::integer:
      return "a whole number";
    case Type::boolean:
      return "`on` or `off`";
    default:
      return "a " + std::string(to_string(type));
  }
}

std::optional<Type> parse_type(std::string_view word) {
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [word](const auto& k) { return k.second == word; });
  if (found == keywords.end()) return std::nullopt;
  return found->first;
}

std::vector<std::string> type_keywords() {
  std::vector<std::string> words;
  words.reserve(keywords.size());
  for (const auto& [type, word] : keywords) words.emplace_back(word);
  return words;
}

}  // namespace zr
