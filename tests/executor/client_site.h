#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor/serve/client_zfs.h"
#include "executor/sim/sim_zfs.h"
#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

// A serving host, `vault`, and a client's own host, `lab`, with simulated pools.
namespace zr {

inline const HostName vault("vault"), lab("lab");
inline DatasetName name(std::string_view text) { return DatasetName::parse(text).value(); }

// The same world as world_to_text spells it.
inline std::string canonical(std::string_view text) { return world_to_text(world_from_text(text)); }

class ClientSite {
 public:
  // The world in the text of world_text.h; a sink's map and an ACL's rules, empty for none.
  ClientSite(std::string_view world, const std::string& map, const std::string& acl = "")
      : file_(SimFile::in_memory(world_from_text(world))) {
    std::string policy = "site home\nhost vault { transport local }\n";
    if (!map.empty()) policy += "sink office { on vault; map { " + map + " } }\n";
    if (!acl.empty()) policy += "pull_acl office { on vault; datasets { " + acl + " } }\n";
    rights = *rights_of(policy_from_text(policy), vault, "office");
  }

  Rights rights;
  mutable std::vector<Denial> denials;

  std::unique_ptr<Zfs> client() const { return client(open(vault)); }
  std::unique_ptr<Zfs> client(std::unique_ptr<Zfs> inner) const {
    return std::make_unique<ClientZfs>(std::move(inner), rights,
                                       [this](const Denial& d) { denials.push_back(d); });
  }
  std::unique_ptr<Zfs> open(const HostName& host) const {
    return *SimZfs::open(file_, host, SimOptions{Seconds(std::chrono::seconds(1000)), 64 * 1024});
  }

  // What the client sees, in the text of world_text.h.
  std::string seen(const Roots& roots = {true, {}, {}}) const {
    auto listed = client()->list(roots);
    REQUIRE_MESSAGE(listed, listed.error().message);
    World world;
    world.hosts[vault] = *std::move(listed);
    return world_to_text(world);
  }
  std::string text() const { return world_to_text(*file_->world()); }
  Dataset at(const HostName& host, std::string_view dataset) const {
    const World world = *file_->world();
    const Dataset* found = world.hosts.at(host).find(name(dataset));
    REQUIRE(found != nullptr);
    return *found;
  }
  bool has(std::string_view dataset) const {
    return file_->world()->hosts.at(vault).find(name(dataset)) != nullptr;
  }

  Result<void> apply(const Change& change) const {
    const std::vector<Change> one{change};
    return client()->apply(one);
  }

  // The client sends a version of its own, in full or from another, and the host receives it.
  // `most` bytes get here.
  Result<void> push(std::string_view dataset, const Send& send, std::size_t most = ~0U) const {
    return push(ReceiveRequest{name(dataset), false, false, {}, {}}, send, most);
  }
  Result<void> push(const ReceiveRequest& request, const SendRequest& send,
                    std::size_t most = ~0U) const {
    auto sending = open(lab)->send(send);
    if (!sending) return sending.error();
    const auto zfs = client();
    auto receiving = zfs->receive(request);
    if (!receiving) return receiving.error();
    return pump(**sending, **receiving, most);
  }

  static Result<void> pump(SendStream& from, ReceiveStream& to, std::size_t most) {
    std::vector<std::byte> buffer(777);
    while (most > 0) {
      const auto n = from.read(std::span(buffer).first(std::min(buffer.size(), most)));
      if (!n) return n.error();
      if (*n == 0) return to.finish();
      if (auto ok = to.write(std::span(buffer).first(*n)); !ok) return ok;
      most -= *n;
    }
    return {};
  }

 private:
  std::shared_ptr<SimFile> file_;
};

inline VersionRef snapshot(std::string_view version) {
  return {VersionKind::snapshot, std::string(version), version_guid(version)};
}
inline VersionRef bookmark(std::string_view version) {
  return {VersionKind::bookmark, std::string(version), version_guid(version)};
}
inline Send full(std::string_view dataset, std::string_view to) {
  return {name(dataset), {}, snapshot(to)};
}
inline Send incremental(std::string_view dataset, std::string_view from, std::string_view to) {
  return {name(dataset), snapshot(from), snapshot(to)};
}

// Whether it is denied: a person has to do something, and the log has it.
inline bool denied(const ClientSite& site, const Result<void>& result) {
  const bool logged = !std::exchange(site.denials, {}).empty();
  return !result && result.error().remedy == Remedy::give_up && logged &&
         result.error().message.starts_with("denied to office: ");
}
template <class T>
bool denied(const ClientSite& site, const Result<T>& result) {
  return denied(site, result ? Result<void>() : Result<void>(result.error()));
}

}  // namespace zr
