#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "planner/json.h"

namespace zr {

struct JsonMember;

// A JSON value as it was read. Internal to reading worlds and plans.
struct JsonValue {
  using Null = std::monostate;
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>;  // no key twice

  std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

// The way to a value from the top of its document.
struct JsonPlace {
  struct Part {
    bool in_array = false;
    std::string key;        // in an object
    std::size_t index = 0;  // in an array
  };
  std::vector<Part> parts;

  std::string str() const;  // "hosts.nas.datasets[3]"
};

// The arrays whose elements are handed over one by one, as soon as each is complete, instead of
// being kept: so a document is never in memory as a whole. "*" stands for any key or index.
struct JsonStreamed {
  std::vector<std::string_view> array;
  std::function<void(const JsonPlace&, const JsonValue&)> take;
};

// What is left when the streamed arrays are taken out. Strict JSON in UTF-8, nested at most 32
// deep, no key twice in an object.
std::variant<JsonValue, JsonError> parse_json(std::string_view text,
                                              const std::vector<JsonStreamed>&);

// Reads the members of an object, each by the type it has to have. The first thing wrong is kept in
// `error`, with its place; from then on values are defaults and nobody has to look.
class JsonFields {
 public:
  // Both outlive this. `below` is the way from the place to the value: ".origin".
  JsonFields(const JsonValue&, const JsonPlace&, std::string& error, std::string below = {});

  // Null is as good as absent.
  const JsonValue* find(std::string_view key) const;
  bool ok() const { return error_.empty(); }
  void fail(std::string_view key, std::string_view problem) const;

  std::string text(std::string_view key) const;
  std::optional<std::string> optional_text(std::string_view key) const;
  std::uint64_t number(std::string_view key, std::uint64_t max = UINT64_MAX) const;
  std::uint64_t number_or_zero(std::string_view key) const;
  bool flag(std::string_view key) const;  // absent: false
  std::vector<std::string> texts(std::string_view key) const;
  std::optional<std::uint64_t> decimal(std::string_view key) const;  // a guid; none where absent
  JsonFields object(std::string_view key, const JsonValue&) const;
  std::vector<JsonFields> objects(std::string_view key) const;
  // The members of the object `key`, all of them text.
  std::vector<std::pair<std::string, std::string>> text_members(std::string_view key) const;

  // What `parse` makes of the text of `key`; it returns an optional, and none is "no `what`".
  template <class Parse>
  auto parsed(std::string_view key, std::string_view what, Parse parse) const {
    const std::string value = text(key);
    auto result = ok() ? parse(std::string_view(value)) : decltype(parse(std::string_view())){};
    if (!result) fail_value(key, value, what);
    return result;
  }

 private:
  const JsonValue* require(std::string_view key) const;
  void fail_value(std::string_view key, std::string_view value, std::string_view what) const;

  const JsonValue::Object* members_ = nullptr;
  const JsonPlace& place_;
  std::string& error_;
  std::string below_;
};

// The top of every document: an object with a format_version "1.x". Says what is wrong, if
// anything.
std::string check_format_version(const JsonValue& document);

}  // namespace zr
