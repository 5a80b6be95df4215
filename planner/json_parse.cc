#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lang/utf8.h"
#include "planner/json_value.h"
#include "planner/render_text.h"

namespace zr {
namespace {

constexpr std::size_t max_depth = 32;

bool matches(const std::vector<std::string_view>& pattern, const JsonPlace& place) {
  const auto fits = [](std::string_view wanted, const JsonPlace::Part& part) {
    return wanted == "*" || (!part.in_array && wanted == part.key);
  };
  return std::equal(pattern.begin(), pattern.end(), place.parts.begin(), place.parts.end(), fits);
}

const std::string* repeated_key(const JsonValue::Object& members) {
  std::vector<const std::string*> keys;
  keys.reserve(members.size());
  for (const JsonMember& m : members) keys.push_back(&m.key);
  std::sort(keys.begin(), keys.end(), [](auto* a, auto* b) { return *a < *b; });
  const auto it =
      std::adjacent_find(keys.begin(), keys.end(), [](auto* a, auto* b) { return *a == *b; });
  return it == keys.end() ? nullptr : *it;
}

// Builds values from the parser's events. Keeps its own stack, so that depth costs no recursion.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(const std::vector<JsonStreamed>& streamed) : streamed_(streamed) {}

  JsonValue root;
  std::string error;

  bool null() override { return add({}); }
  bool boolean(bool v) override { return add({v}); }
  bool number_integer(number_integer_t v) override { return add({std::int64_t{v}}); }
  bool number_unsigned(number_unsigned_t v) override { return add({std::uint64_t{v}}); }
  bool number_float(number_float_t v, const string_t&) override { return add({v}); }
  bool string(string_t& v) override { return add({std::move(v)}); }
  bool binary(binary_t&) override { return fail("binary data"); }

  bool start_object(std::size_t) override { return open({JsonValue::Object{}}, false); }
  bool key(string_t& k) override {
    place_.parts.back().key = std::move(k);
    return true;
  }
  bool end_object() override {
    const auto& members = std::get<JsonValue::Object>(open_.back().value.data);
    if (const std::string* twice = repeated_key(members)) {
      place_.parts.back().key = *twice;
      return fail("is there twice");
    }
    return close();
  }
  bool start_array(std::size_t) override { return open({JsonValue::Array{}}, true); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    const std::string_view what = e.what();
    const auto begin = what.find("] ");
    error = printable(what.substr(begin == what.npos ? 0 : begin + 2), 300);
    return false;
  }

 private:
  struct Open {
    JsonValue value;
    const JsonStreamed* streamed = nullptr;
  };

  bool fail(std::string_view problem) {
    error = fmt::format("{}: {}", place_.str(), problem);
    return false;
  }

  bool open(JsonValue container, bool is_array) {
    if (open_.size() == max_depth) return fail("nested too deeply");
    const JsonStreamed* streamed = nullptr;
    for (const JsonStreamed& s : streamed_) {
      if (is_array && matches(s.array, place_)) streamed = &s;
    }
    open_.push_back({std::move(container), streamed});
    place_.parts.push_back({is_array, {}, 0});
    return true;
  }

  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    place_.parts.pop_back();
    return add(std::move(value));
  }

  bool add(JsonValue value) {
    if (open_.empty()) {
      root = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    JsonPlace::Part& part = place_.parts.back();
    if (!part.in_array) {
      auto& members = std::get<JsonValue::Object>(parent.value.data);
      members.push_back({std::move(part.key), std::move(value)});
      return true;
    }
    if (parent.streamed) {
      parent.streamed->take(place_, value);
    } else {
      std::get<JsonValue::Array>(parent.value.data).push_back(std::move(value));
    }
    ++part.index;
    return true;
  }

  const std::vector<JsonStreamed>& streamed_;
  JsonPlace place_;
  std::vector<Open> open_;
};

}  // namespace

std::string JsonPlace::str() const {
  std::string out;
  for (const Part& part : parts) {
    if (part.in_array) {
      out += fmt::format("[{}]", part.index);
    } else {
      out += (out.empty() ? "" : ".") + shown(part.key);
    }
  }
  return out.empty() ? "document" : out;
}

std::variant<JsonValue, JsonError> parse_json(std::string_view text,
                                              const std::vector<JsonStreamed>& streamed) {
  // The parser would take a NUL for the end and what is after it for nothing.
  if (text.find('\0') != text.npos) return JsonError{"a NUL is no JSON"};
  Builder builder(streamed);
  const bool complete = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (!complete) return JsonError{std::move(builder.error)};
  return std::move(builder.root);
}

}  // namespace zr
