#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/draft.h"
#include "planner/lineage.h"

namespace zr {

// One source dataset, one target, and what has to happen between them. Internal to planning.
class PairPlanner {
 public:
  PairPlanner(Draft&, const Pair&, FutureDataset& source, FutureDataset& target);

  // Plans the pair, or, for a job that is only known and not acted on, pins what it rests on.
  void run();
  // Another source has the same target: neither is sent.
  void collide(const std::string& others);

 private:
  // What may be sent, by index into the source's versions, oldest first.
  using Selection = std::vector<std::size_t>;

  void look();
  Selection selected() const;
  Selection younger_selected() const;

  // The snapshot that the source is a clone of, at both ends.
  struct CloneBase {
    const FutureDataset* source;
    std::size_t source_version;
    FutureDataset* target;
    std::size_t target_version;
  };
  std::optional<CloneBase> clone_base() const;

  // Partially received state: taken up again (false: all is planned) or dropped (true: go on).
  bool resume();
  bool token_usable(const struct DecodedToken&) const;
  bool abort(const std::string& why);  // false: a conflict
  std::optional<DatasetName> below_target() const;

  void initial();
  bool renamed();  // its history is under another name: a conflict
  void incremental();
  bool clear_target();  // rolls back where that is wanted; false: a conflict
  std::string rollback_obstacle() const;
  std::string further_base_obstacle() const;
  std::vector<std::size_t> younger_than_base() const;  // of the target; snapshots and bookmarks
  bool may_release(const std::string& tag) const;
  void roll_back();

  bool fits(const Selection&);  // encryption, names and their lengths; false: a conflict
  bool encryption_fits();
  bool names_fit(const Selection&);
  bool is_target_only(std::size_t version) const;
  bool volume_fits();
  bool make_parents();

  void stream(std::optional<std::size_t> from, const Selection&);
  Selection one_of_each_txg(const Selection&) const;
  void send(std::optional<std::size_t> from, std::size_t to, bool intermediates,
            const Selection& carried);
  std::vector<StepRef> before_send(std::optional<std::size_t> from, const Selection&) const;
  std::vector<StepRef> before_receive() const;
  void begin_from_origin(Send&, Recv&, std::vector<StepRef>& before_receive) const;
  Recv receive_into_target() const;
  void land(std::size_t source_version, StepRef recv);
  std::uint64_t bytes_between(std::optional<std::size_t> from, std::size_t to) const;

  // Cursor and hold for a version that both have, where they are missing.
  void mark(std::size_t source_version, std::size_t target_version);
  // The same for the pair's last word in this plan: the older marks go, the base stays.
  void settle(std::size_t source_version, std::size_t target_version);
  void drop_older_cursors(std::size_t source_version);
  void drop_older_holds(std::size_t target_version);
  std::optional<std::size_t> cursor_of(Guid) const;

  void pin_inactive();
  void await(const Selection&);
  void conflict(ConflictKind, std::string message, std::string help);
  void rest_on(FutureDataset&, std::size_t version);
  void rest_on_newest_selected();

  bool raw() const { return job_.send.raw.value_or(source_.encrypted); }
  // Raw streams are so anyway.
  bool compressed() const { return job_.send.compressed.value_or(source_.compresses && !raw()); }
  TargetHold hold() const { return {draft_.policy.site, job_.id}; }
  std::string where() const;

  Draft& draft_;
  const Replication& job_;
  const Pair& pair_;
  const Draft::Cause cause_;
  FutureDataset& source_;
  FutureDataset& target_;

  Lineage lineage_;                    // in indices of the two datasets' versions
  std::optional<CloneBase> clone_of_;  // a first stream starts from it
  std::optional<StepRef> last_;        // the pair's last step on the target: streams go one by one
  std::optional<StepRef> bookmarked_;  // the newest cursor's and hold's steps, where in this plan
  std::optional<StepRef> held_;
};

}  // namespace zr
