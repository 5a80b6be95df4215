#include <fmt/format.h>

#include <charconv>

#include "lang/utf8.h"
#include "planner/json_value.h"
#include "planner/render_text.h"

namespace zr {
namespace {

const std::string* text_in(const JsonValue& value) { return std::get_if<std::string>(&value.data); }

}  // namespace

JsonFields::JsonFields(const JsonValue& value, const JsonPlace& place, std::string& error,
                       std::string below)
    : members_(std::get_if<JsonValue::Object>(&value.data)),
      place_(place),
      error_(error),
      below_(std::move(below)) {
  if (!members_) fail({}, "not an object");
}

const JsonValue* JsonFields::find(std::string_view key) const {
  if (!members_) return nullptr;
  for (const JsonMember& member : *members_) {
    if (member.key != key) continue;
    return std::holds_alternative<JsonValue::Null>(member.value.data) ? nullptr : &member.value;
  }
  return nullptr;
}

void JsonFields::fail(std::string_view key, std::string_view problem) const {
  if (!error_.empty()) return;
  std::string where = place_.parts.empty() ? below_ : place_.str() + below_;
  if (!key.empty()) where += (where.empty() ? "" : ".") + shown(key);
  error_ = fmt::format("{}: {}", where.empty() ? "document" : where, problem);
}

void JsonFields::fail_value(std::string_view key, std::string_view value,
                            std::string_view what) const {
  fail(key, fmt::format("\"{}\" is no {}", printable(value), what));
}

const JsonValue* JsonFields::require(std::string_view key) const {
  const JsonValue* value = find(key);
  if (!value) fail(key, "missing");
  return value;
}

std::string JsonFields::text(std::string_view key) const {
  const JsonValue* value = require(key);
  const std::string* text = value ? text_in(*value) : nullptr;
  if (value && !text) fail(key, "not a string");
  return text ? *text : std::string();
}

std::optional<std::string> JsonFields::optional_text(std::string_view key) const {
  if (!find(key)) return {};
  return text(key);
}

std::uint64_t JsonFields::number(std::string_view key, std::uint64_t max) const {
  const JsonValue* value = require(key);
  if (!value) return 0;
  const auto* number = std::get_if<std::uint64_t>(&value->data);
  if (!number || *number > max) {
    fail(key, fmt::format("not a whole number from 0 to {}", max));
    return 0;
  }
  return *number;
}

std::uint64_t JsonFields::number_or_zero(std::string_view key) const {
  return find(key) ? number(key) : 0;
}

bool JsonFields::flag(std::string_view key) const {
  const JsonValue* value = find(key);
  if (!value) return false;
  const bool* flag = std::get_if<bool>(&value->data);
  if (!flag) fail(key, "neither true nor false");
  return flag && *flag;
}

std::vector<std::string> JsonFields::texts(std::string_view key) const {
  const JsonValue* value = find(key);
  if (!value) return {};
  const auto* array = std::get_if<JsonValue::Array>(&value->data);
  if (!array) fail(key, "not an array");
  std::vector<std::string> out;
  for (std::size_t i = 0; array && i < array->size(); ++i) {
    const std::string* text = text_in((*array)[i]);
    if (!text) fail(fmt::format("{}[{}]", key, i), "not a string");
    if (text) out.push_back(*text);
  }
  return out;
}

std::optional<std::uint64_t> JsonFields::decimal(std::string_view key) const {
  if (!find(key)) return {};
  const std::string digits = text(key);
  std::uint64_t value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, problem] = std::from_chars(digits.data(), last, value);
  if (problem != std::errc() || end != last) {
    fail(key, fmt::format("\"{}\" is no decimal number of 64 bits", printable(digits)));
  }
  return value;
}

JsonFields JsonFields::object(std::string_view key, const JsonValue& value) const {
  const bool at_top = place_.parts.empty() && below_.empty();
  return {value, place_, error_, fmt::format("{}{}{}", below_, at_top ? "" : ".", key)};
}

std::vector<JsonFields> JsonFields::objects(std::string_view key) const {
  const JsonValue* value = find(key);
  if (!value) return {};
  const auto* array = std::get_if<JsonValue::Array>(&value->data);
  if (!array) fail(key, "not an array");
  std::vector<JsonFields> out;
  for (std::size_t i = 0; array && i < array->size(); ++i) {
    out.push_back(object(fmt::format("{}[{}]", key, i), (*array)[i]));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> JsonFields::text_members(
    std::string_view key) const {
  const JsonValue* value = find(key);
  if (!value) return {};
  const JsonFields inner = object(key, *value);
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; inner.members_ && i < inner.members_->size(); ++i) {
    const std::string& name = (*inner.members_)[i].key;
    out.emplace_back(name, inner.text(name));
  }
  return out;
}

std::string check_format_version(const JsonValue& document) {
  std::string error;
  const JsonPlace nowhere;
  const JsonFields top(document, nowhere, error);
  const std::string version = top.text("format_version");
  if (!error.empty()) return error;
  if (version.size() < 3 || version.substr(0, 2) != "1." ||
      version.find_first_not_of("0123456789", 2) != version.npos) {
    return fmt::format("format_version: this is version {}, and only versions 1.x are understood",
                       printable(version));
  }
  return {};
}

}  // namespace zr
