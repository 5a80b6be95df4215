#include "executor/rpc/listing.h"

#include <array>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "executor/rpc/channel_streams.h"
#include "planner/json.h"

namespace zr {
namespace {

constexpr std::size_t max_listing_bytes = std::size_t{1} << 30;
const HostName the_host{"host"};

}  // namespace

Result<void> write_listing(Channel& channel, const Inventory& inventory,
                           const std::stop_token& stop) {
  const std::string text = world_to_json(World{{}, {{the_host, inventory}}, {}});
  if (auto ok = channel.write(std::as_bytes(std::span(text)), stop); !ok) return ok;
  return channel.end();
}

Result<Inventory> read_listing(Channel& channel, const std::stop_token& stop) {
  std::string text;
  ChannelReader body(channel, stop);
  std::array<std::byte, std::size_t{64} * 1024> piece;
  for (;;) {
    const auto n = body.read(piece);
    if (!n) return n.error();
    if (*n == 0) break;
    if (text.size() + *n > max_listing_bytes) {
      return Error{Remedy::give_up, "the other end lists more than 1 GiB"};
    }
    text.append(reinterpret_cast<const char*>(piece.data()), *n);
  }
  if (auto whole = body.finish(); !whole) return whole.error();
  auto world = world_from_json(text);
  if (const auto* error = std::get_if<JsonError>(&world)) {
    return Error{Remedy::give_up, "the other end's listing is none: " + error->message};
  }
  auto& hosts = std::get<World>(world).hosts;
  const auto it = hosts.find(the_host);
  if (it == hosts.end()) return Error{Remedy::give_up, "the other end's listing is none"};
  return std::move(it->second);
}

}  // namespace zr
