#include "lang/names.h"

#include <algorithm>
#include <array>

namespace zr {
namespace {

constexpr std::size_t max_dataset_bytes = 4096;
constexpr std::size_t max_identifier_bytes = 64;
constexpr std::size_t max_tag_bytes = 255;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == ' ';
}

std::string component_problem(std::string_view component) {
  if (component.empty()) return "a component is empty";
  if (component == "." || component == "..") return "a component may not be `.` or `..`";
  if (!std::all_of(component.begin(), component.end(), is_name_char)) {
    return "ZFS allows only letters, digits, `_`, `-`, `.`, `:` and spaces between slashes";
  }
  return {};
}

// The order of names in which '/' comes before everything else.
unsigned rank(char c) { return c == '/' ? 0U : 1U + static_cast<unsigned char>(c); }

constexpr std::array<std::pair<JobKind, std::string_view>, 4> kinds{{
    {JobKind::autosnap, "autosnap"},
    {JobKind::push, "push"},
    {JobKind::pull, "pull"},
    {JobKind::prune, "prune"},
}};

}  // namespace

std::optional<DatasetName> DatasetName::parse(std::string_view text) {
  if (!problem(text).empty()) return std::nullopt;
  return DatasetName(std::string(text));
}

std::string DatasetName::problem(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > max_dataset_bytes) return "it is longer than 4096 bytes";
  if (text.front() == '/') return "it begins with a slash; datasets begin with the pool's name";
  if (text.back() == '/') return "it ends with a slash";
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    std::string why = component_problem(text.substr(begin, end - begin));
    if (!why.empty()) return why;
    begin = end + 1;
  }
  if (!is_letter(text.front())) return "a pool's name begins with a letter";
  return {};
}

std::string_view DatasetName::pool() const {
  return std::string_view(text_).substr(0, text_.find('/'));
}

std::optional<DatasetName> DatasetName::parent() const {
  const std::size_t slash = text_.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  return DatasetName(text_.substr(0, slash));
}

bool DatasetName::is_within(const DatasetName& other) const {
  const std::string_view text = text_;
  const std::size_t size = other.text_.size();
  return text.substr(0, size) == other.text_ && (text.size() == size || text[size] == '/');
}

std::string_view DatasetName::below(const DatasetName& ancestor) const {
  const std::string_view text = text_;
  return text.size() <= ancestor.text_.size() ? std::string_view{}
                                              : text.substr(ancestor.text_.size() + 1);
}

DatasetName DatasetName::append(std::string_view components) const {
  if (components.empty()) return *this;
  std::string text;
  text.reserve(text_.size() + 1 + components.size());
  text.append(text_).append("/").append(components);
  return DatasetName(std::move(text));
}

std::strong_ordering DatasetName::operator<=>(const DatasetName& other) const {
  const auto [mine, theirs] =
      std::mismatch(text_.begin(), text_.end(), other.text_.begin(), other.text_.end());
  if (mine == text_.end() || theirs == other.text_.end()) {
    return text_.size() <=> other.text_.size();
  }
  return rank(*mine) <=> rank(*theirs);
}

bool is_version_name(std::string_view text) { return component_problem(text).empty(); }

bool is_hold_tag(std::string_view text) {
  return !text.empty() && text.size() <= max_tag_bytes &&
         std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= max_identifier_bytes && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_job_name(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_identifier(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view to_string(JobKind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) return name;
  }
  return {};
}

std::optional<JobKind> parse_job_kind(std::string_view text) {
  for (const auto& [kind, name] : kinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

std::optional<JobId> JobId::parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto kind = parse_job_kind(text.substr(0, dot));
  const std::string_view name = text.substr(dot + 1);
  if (!kind || !is_job_name(name)) return std::nullopt;
  return JobId{*kind, std::string(name)};
}

std::string JobId::str() const {
  std::string text(to_string(kind));
  return text.append(".").append(name);
}

}  // namespace zr
