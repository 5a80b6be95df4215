// Any bytes as a token, and any bytes as what a token with a fitting checksum carries.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "planner/resume_token.h"

namespace {

std::string wrap(const std::uint8_t* data, std::size_t size) {
  uLongf packed_size = compressBound(size);
  std::vector<unsigned char> packed(packed_size);
  compress(packed.data(), &packed_size, data, size);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 4 <= packed_size; i += 4) {
    sum += packed[i] | static_cast<std::uint64_t>(packed[i + 1]) << 8 |
           static_cast<std::uint64_t>(packed[i + 2]) << 16 |
           static_cast<std::uint64_t>(packed[i + 3]) << 24;
  }
  char text[64];
  std::snprintf(text, sizeof text, "1-%llx-%zx-", static_cast<unsigned long long>(sum), size);
  std::string token = text;
  for (std::size_t i = 0; i < packed_size; ++i) {
    std::snprintf(text, sizeof text, "%02x", static_cast<unsigned>(packed[i]));
    token += text;
  }
  return token;
}

void check(const std::string& text) {
  const auto token = zr::decode(zr::ResumeToken(text));
  if (token && zr::decode(zr::encode(*token)) != token) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::string(reinterpret_cast<const char*>(data), size));
  check(wrap(data, size));
  return 0;
}
