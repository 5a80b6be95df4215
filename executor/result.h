#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace zr {

// What the caller can do about a failed operation, which is all that it needs to branch on.
enum class Remedy {
  retry,      // the same again may work: busy, a passing fault
  reconnect,  // over a new connection
  replan,     // the world is not the one that was planned for
  give_up,    // a person has to do something
};

// Whether the same again may work after a while, over a new connection or not.
inline bool may_pass(Remedy remedy) {
  return remedy == Remedy::retry || remedy == Remedy::reconnect;
}

struct Error {
  Remedy remedy = Remedy::give_up;
  std::string message;  // names the thing and, where there is one, the way out
  // Of a stream that may have landed nevertheless: it lacks a property that it should have.
  bool lacks_property = false;
};

// A value or an error, with std::expected's member names.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return assert(has_value()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(has_value()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return assert(!has_value()), *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return assert(!has_value()), *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace zr
