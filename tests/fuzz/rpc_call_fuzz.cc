// Any bytes as a call, as a reply and as a hello: what is taken for one can be written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "executor/rpc/call.h"
#include "executor/rpc/hello.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto call = zr::call_from_json(text);
  if (const auto* good = std::get_if<zr::Call>(&call)) {
    const std::string written = zr::call_to_json(*good);
    const auto again = zr::call_from_json(written);
    if (!std::holds_alternative<zr::Call>(again)) std::abort();
    if (zr::call_to_json(std::get<zr::Call>(again)) != written) std::abort();
  }
  const auto reply = zr::reply_from_json(text);
  const auto again = zr::reply_from_json(zr::reply_to_json(reply));
  if (reply.has_value() != again.has_value()) std::abort();
  if (!reply && reply.error().remedy != again.error().remedy) std::abort();
  (void)zr::hello_from_json(text);
  return 0;
}
