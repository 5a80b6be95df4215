#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

// Writes a JSON document as it goes, without building it first. Containers are laid out with a line
// for each element, or within one line; what is inside of one of the latter is too. The caller
// closes what it opens and gives every value of an object a key.
class JsonWriter {
 public:
  enum class Layout { lines, one_line };

  void begin_object(Layout layout) { begin('{', layout); }
  void begin_array(Layout layout) { begin('[', layout); }
  void end_object() { end('}'); }
  void end_array() { end(']'); }

  JsonWriter& key(std::string_view);
  // Bytes that are not UTF-8 become U+FFFD.
  void text(std::string_view);
  void text_or_null(const std::optional<std::string>&);
  void number(std::uint64_t);
  void number_or_null(std::optional<std::uint64_t>);
  void decimal(std::uint64_t);  // as text: "17"
  void flag(bool);
  void null();

  // The document; the writer is done.
  std::string take() &&;

 private:
  struct Container {
    Layout layout;
    bool empty = true;
  };
  void begin(char bracket, Layout);
  void end(char bracket);
  void before_value();
  void new_line();

  std::string out_;
  std::vector<Container> open_;
  bool after_key_ = false;
};

}  // namespace zr
