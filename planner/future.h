#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lang/policy.h"
#include "planner/lineage.h"
#include "planner/marks.h"
#include "planner/world.h"

namespace zr {

// The world as it will be once the steps drafted so far have been carried out: the observed world,
// which is not copied, and what is added to it and taken from it. Internal to planning.

using StepRef = std::size_t;  // a drafted step, by its place in the draft

// A hold as it will be.
struct FutureHold {
  std::string tag;
  std::optional<StepRef> placed_by;
};

class FutureDataset {
 public:
  FutureDataset(HostName host, DatasetName name, const Dataset* was);

  const HostName host;
  DatasetName name;          // as it will be
  const Dataset* const was;  // as it is, by the name that it has now; null: not there yet
  bool exists;
  bool placeholder;
  DatasetType type;
  bool encrypted;
  bool compresses;
  std::uint64_t written_bytes;
  std::optional<ResumeToken> resume_token;
  std::optional<StepRef> created_by;  // the step after which it can be used, when in this plan
  // Made by this plan as a clone of that snapshot.
  struct Origin {
    DatasetName dataset;
    std::string snapshot;
  };
  std::optional<Origin> clone_of;
  // The step after which the name is this dataset's, or free: a rename, or the end of what was only
  // partially received.
  std::optional<StepRef> named_by;
  // Steps that gave it a snapshot: what retention decides by rests on them.
  std::vector<StepRef> grown_by;

  // Versions by index: the observed ones, then those that the plan adds.
  std::size_t size() const;
  const Version& version(std::size_t i) const;
  bool alive(std::size_t i) const { return !gone_.contains(i); }
  std::optional<StepRef> made_by(std::size_t i) const;
  // Made by this plan, so that its guid is only a stand-in.
  bool guid_known(std::size_t i) const;

  // The living, oldest first. Bookmarks added by the plan are not among them: whatever they stand
  // for is.
  std::vector<std::size_t> history() const;
  std::vector<std::size_t> snapshots() const;
  std::optional<std::size_t> newest_snapshot() const;
  std::optional<std::size_t> find(VersionKind, std::string_view name) const;
  std::optional<std::size_t> find_cursor(const Cursor&) const;  // by name and guid
  std::optional<std::size_t> find_snapshot(Guid) const;

  std::size_t add(Version, std::optional<StepRef> made_by, bool guid_known);
  void remove(std::size_t i) { gone_.insert(i); }

  // Without what was being received into it as soon as the plan has dealt with that.
  std::vector<std::string> clones(std::size_t i) const;
  void add_clone(std::size_t i, const std::string& clone);
  void remove_clone(std::size_t i, const std::string& clone, StepRef);

  std::vector<FutureHold> holds(std::size_t i) const;
  bool has_hold(std::size_t i, const std::string& tag) const;
  void place_hold(std::size_t i, std::string tag, std::optional<StepRef>);
  void release_hold(std::size_t i, const std::string& tag, StepRef);

  // `step` needs the version, or makes it dispensable: a destroy comes after it.
  void use(std::size_t i, StepRef step) { uses_[i].push_back(step); }
  std::vector<StepRef> uses(std::size_t i) const;

  // The version may not go, whatever retention says; the first reason is kept.
  void pin(std::size_t i, std::string reason) { pins_.try_emplace(i, std::move(reason)); }
  void pin_all(const std::string& reason) { pin_all_.emplace(reason); }
  std::optional<std::string> pinned(std::size_t i) const;

  // Any version that was observed may be the job's base: bookmarks may not go, and a snapshot that
  // goes has to leave the job's cursor.
  void remember_for(const Replication& job, const std::string& reason);
  std::vector<const Replication*> remembered_for(std::size_t i) const;

  // A job will still send the snapshot.
  void await(std::size_t i) { awaited_.insert(i); }
  bool awaited(std::size_t i) const { return awaited_.contains(i); }

 private:
  struct Added {
    Version version;
    std::optional<StepRef> made_by;
    bool guid_known;
  };
  std::size_t observed() const { return was ? was->versions.size() : 0; }

  // Nearly always empty, and there are tens of thousands of datasets: containers that cost nothing
  // while they are.
  std::vector<Added> added_;
  std::set<std::size_t> gone_;
  std::map<std::size_t, std::vector<FutureHold>> holds_;  // where they change
  std::map<std::size_t, std::vector<StepRef>> uses_;
  std::map<std::size_t, std::vector<std::string>> clones_;  // where they change
  std::map<std::size_t, std::string> pins_;
  std::optional<std::string> pin_all_;
  std::vector<const Replication*> remembered_for_;
  std::optional<std::string> pin_bookmarks_;
  std::set<std::size_t> awaited_;
};

// In indices of their versions.
Lineage compare(const FutureDataset& source, const FutureDataset& target);

class Future {
 public:
  // Only the hosts that the policy names: others in the same file are none of its business.
  Future(const Policy&, const World&);

  bool reachable(const HostName&) const;
  // Null when the host is unreachable or nothing is known or planned under the name.
  FutureDataset* find(const HostName&, const DatasetName&);
  const FutureDataset* find(const HostName&, const DatasetName&) const;
  // The nearest ancestor that is there; null: none is.
  FutureDataset* above(const HostName&, const DatasetName&);
  // Makes an entry (for a dataset that does not exist) where there is none. The host is reachable.
  FutureDataset& at(const HostName&, const DatasetName&);

  // The dataset and all below it get new names, after the step; their old ones are free after it.
  // Nothing has the new names.
  void rename(const HostName&, const DatasetName& from, const DatasetName& to, StepRef);

  // What a dataset that was observed will be called.
  DatasetName renamed(const HostName&, DatasetName observed) const;

  using Host = std::map<DatasetName, FutureDataset>;
  std::map<HostName, Host>& hosts() { return hosts_; }
  const std::map<HostName, Host>& hosts() const { return hosts_; }

  // A guid that no version has, to stand for one that only ZFS will know.
  Guid stand_in();

 private:
  struct Renaming {
    HostName host;
    DatasetName from, to;
  };
  std::map<HostName, Host> hosts_;
  std::vector<Renaming> renamings_;  // in order
  std::set<Guid> high_guids_;        // observed ones in the range that stand-ins are taken from
  Guid next_stand_in_;
};

}  // namespace zr
