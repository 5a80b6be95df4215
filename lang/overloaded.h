#pragma once

namespace zr {

// For std::visit: one function for each alternative, so that a new one is a compile error wherever
// it has no place yet.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace zr
