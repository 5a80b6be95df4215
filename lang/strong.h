#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace zr {

// A value that is not to be mixed up with another of the same representation: a guid is not a
// createtxg, a hold's tag is not a snapshot's name. Tag is never defined.
template <class Tag, class T>
struct Strong {
  T value{};

  Strong() = default;
  explicit Strong(T v) : value(std::move(v)) {}

  auto operator<=>(const Strong&) const = default;
  bool operator==(const Strong&) const = default;
};

}  // namespace zr

template <class Tag, class T>
struct std::hash<zr::Strong<Tag, T>> {
  std::size_t operator()(const zr::Strong<Tag, T>& v) const noexcept {
    return std::hash<T>{}(v.value);
  }
};
