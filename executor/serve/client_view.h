#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "executor/serve/rights.h"
#include "executor/zfs.h"

namespace zr {

// The names of one client and those of this host, both ways. In a sink the client speaks in its
// own names, of what it may pull in this host's; where a name could be either it is the sink's. A
// value: nothing here knows what exists.
class ClientView {
 public:
  // The pools that the client speaks of in a call. A rule for `<` drops the pool on the way here,
  // and only among these can it be found again.
  using Pools = std::set<std::string, std::less<>>;
  enum class Side : std::uint8_t { none, sink, pull };

  explicit ClientView(const Rights&);

  // What a name is that the client says.
  Side side_of(const DatasetName&) const;
  // Where it is here; none where it has no side.
  std::optional<DatasetName> on_host(const DatasetName&) const;
  // What is to be looked at here for what the client wants to see: enough, and nothing that is not
  // next to it. May be empty.
  Roots on_host(const Roots&) const;
  Roots whole_sink() const;

  // What the client calls a dataset of this host; none where it has no name for it, or no single
  // one.
  std::optional<DatasetName> shown_as(const DatasetName&, const Pools&) const;
  // Whether the client's names lead there.
  bool is_in_sink(const DatasetName& on_host) const;
  // What the client gets to see of what was found here.
  Inventory shown(const Inventory& found, const Roots& wanted) const;

  // The pools of this host that the client's names lead into.
  const Pools& target_pools() const { return target_pools_; }

 private:
  std::optional<DatasetName> in_sink(const DatasetName&, const Pools&) const;
  bool is_pulled(const DatasetName&) const;
  void add_tree(const DatasetName&, Roots& on_host) const;
  Roots everything() const;
  std::optional<std::string> seen(std::string_view dataset, const Pools&) const;
  std::vector<std::string> seen_clones(const Version&, Side, const Pools&) const;
  Inventory seen_of(const Inventory& found, const Roots& wanted, const Pools&) const;
  Dataset as_seen(Dataset, const DatasetName& as, Side, const Pools&) const;

  Rules sink_map_;
  Rules pull_;
  Pools target_pools_;
  // What is above the names that the sink takes, and is not taken itself. A client would make
  // placeholders of it, so it is shown as such; nothing of this host stands behind it.
  std::set<DatasetName> way_;
};

ClientView::Pools pools_of(const Roots&);

// Whether the marks of a job are a client's to see, to make and to drop. Of what it pulls only
// those of pulls: where this host pushes the same dataset elsewhere, its own are beside them, and
// to a client whose site happens to be called the same they would look like its own.
bool may_mark(const JobId&, ClientView::Side);

}  // namespace zr
