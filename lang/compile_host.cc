#include "lang/compile_host.h"

#include "lang/body.h"
#include "lang/reader.h"

namespace zr {
namespace {

constexpr std::uint64_t max_slots = 64;

bool is_later_transport(std::string_view word) { return word == "ssh" || word == "command"; }

void read_transport(Context& context, const ast::Statement& s, Host& host) {
  Reader reader(context, s);
  if (reader.at(ast::TokenKind::word) && is_later_transport(context.text(*reader.peek()))) {
    const std::string word(context.text(*reader.peek()));
    reader.fail(Code::not_in_this_version, reader.here(),
                "this version does not have `transport " + word + "` yet", "",
                {advice("it has `transport local` and `transport sim \"file.json\"`")});
    return;
  }
  const auto kind = reader.choice({"local", "sim"});
  if (!kind) return;
  if (*kind == "sim") {
    if (auto file = reader.string("the simulator's file")) {
      host.transport = SimTransport{std::move(*file)};
    }
  } else {
    host.transport = LocalTransport{};
  }
  reader.end();
}

}  // namespace

Host compile_host(Context& context, const ast::Statement& s, HostName name) {
  Host host;
  host.name = std::move(name);
  host.origin = context.origin(context.span(s));
  Body body(context, s,
            {{"transport"},
             {"zfs"},
             {"slots"},
             {"state"},
             {"agent", Key::Use::later},
             {"rate", Key::Use::later}});
  if (const auto* transport = body.require("transport", "transport local")) {
    read_transport(context, *transport, host);
  }
  if (const auto* zfs = body.find("zfs")) {
    Reader reader(context, *zfs);
    if (auto argv = reader.strings()) host.zfs_argv = std::move(*argv);
    reader.end();
  }
  if (const auto* slots = body.find("slots")) {
    Reader reader(context, *slots);
    if (const auto count = reader.number(max_slots)) host.slots = static_cast<unsigned>(*count);
    reader.end();
  }
  if (const auto* state = body.find("state")) {
    Reader reader(context, *state);
    if (auto dir = reader.string("a folder")) host.state_dir = std::move(*dir);
    reader.end();
  }
  return host;
}

}  // namespace zr
