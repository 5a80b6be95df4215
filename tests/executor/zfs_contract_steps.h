#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "executor/machine/descriptor.h"
#include "planner/plan.h"
#include "tests/executor/zfs_contract.h"

#define SUCCEEDS(expression)                                                      \
  do {                                                                            \
    const auto result_of_it = (expression);                                       \
    CHECK_MESSAGE(result_of_it.has_value(),                                       \
                  (result_of_it ? std::string() : result_of_it.error().message)); \
  } while (false)

#define FAILS(expression)                                           \
  do {                                                              \
    const auto result_of_it = (expression);                         \
    CHECK(!result_of_it.has_value());                               \
    CHECK((result_of_it || !result_of_it.error().message.empty())); \
  } while (false)

#define FAILS_WITH(wanted, expression)                                                    \
  do {                                                                                    \
    const auto result_of_it = (expression);                                               \
    REQUIRE(!result_of_it.has_value());                                                   \
    CHECK_MESSAGE(result_of_it.error().remedy == (wanted), result_of_it.error().message); \
  } while (false)

namespace zr {

// The steps that the cases of the contract are written in.

inline DatasetName in(const ZfsFixture& f, End end, std::string_view below) {
  return f.root(end).append(below);
}

inline std::optional<Dataset> look(ZfsFixture& f, End end, std::string_view below) {
  auto listed = f.open(end)->list(Roots{false, {f.root(end)}, {}});
  if (!listed) throw std::runtime_error(listed.error().message);
  const Dataset* found = listed->find(in(f, end, below));
  return found == nullptr ? std::nullopt : std::optional(*found);
}

// "@a #b @c", oldest first; empty when there is no such dataset.
inline std::string versions(ZfsFixture& f, End end, std::string_view below) {
  const auto dataset = look(f, end, below);
  std::string all;
  if (!dataset) return all;
  for (const Version& v : dataset->versions) all += (all.empty() ? "" : " ") + v.str();
  return all;
}

inline VersionKind kind_of_text(std::string_view version) {
  return version.front() == '@' ? VersionKind::snapshot : VersionKind::bookmark;
}

// A version as it is now: "@a" or "#b".
inline Version version(ZfsFixture& f, End end, std::string_view below, std::string_view name) {
  const auto dataset = look(f, end, below);
  const Version* found = dataset ? dataset->find(kind_of_text(name), name.substr(1)) : nullptr;
  if (found == nullptr) throw std::runtime_error("the test has no " + std::string(name));
  return *found;
}

inline VersionRef ref(ZfsFixture& f, End end, std::string_view below, std::string_view name) {
  const Version v = version(f, end, below, name);
  return {v.kind, v.name, v.guid};
}

inline VersionRef other_guid(VersionRef r) {
  r.guid = Guid(r.guid->value ^ 1);
  return r;
}

inline Result<void> apply(ZfsFixture& f, End end, const std::vector<Change>& changes) {
  return f.open(end)->apply(changes);
}

// Fills a source dataset with snapshots, each of which adds data.
inline void history(ZfsFixture& f, std::string_view below, std::vector<std::string> names) {
  f.create(End::source, in(f, End::source, below));
  for (const std::string& name : names) {
    f.write(End::source, in(f, End::source, below), f.data_bytes());
    f.snapshot(End::source, in(f, End::source, below), name);
  }
}

// ---- streams ------------------------------------------------------------------------------------

Result<void> pump(SendStream&, ReceiveStream&, std::optional<std::uint64_t> cut_after);

// All of it, or cut off after some bytes, which is success too.
inline Result<void> transfer(ZfsFixture& f, const SendRequest& send, const ReceiveRequest& receive,
                             std::optional<std::uint64_t> cut_after = {}) {
  const auto from = f.open(End::source);
  const auto to = f.open(End::target);
  auto sending = from->send(send);
  if (!sending) return sending.error();
  auto receiving = to->receive(receive);
  if (!receiving) return receiving.error();
  return pump(**sending, **receiving, cut_after);
}

inline Send full(ZfsFixture& f, std::string_view below, std::string_view to) {
  Send send{in(f, End::source, below), {}, ref(f, End::source, below, to)};
  return send;
}

inline Send incremental(ZfsFixture& f, std::string_view below, std::string_view from,
                        std::string_view to) {
  Send send = full(f, below, to);
  send.from = ref(f, End::source, below, from);
  return send;
}

inline Send with_intermediates(Send send) {
  send.intermediates = true;
  return send;
}

inline ReceiveRequest into(ZfsFixture& f, std::string_view below) {
  return ReceiveRequest{in(f, End::target, below), false, false, {}, {}};
}

inline ReceiveRequest over_placeholder(ReceiveRequest request) {
  request.over_placeholder = true;
  return request;
}

inline ReceiveRequest resuming(ReceiveRequest request) {
  request.resuming = true;
  return request;
}

inline Resume resume(ZfsFixture& f, std::string_view below, std::string_view to) {
  Resume r{in(f, End::source, below), {}, {}, ref(f, End::source, below, to)};
  const auto dataset = look(f, End::target, below);
  if (dataset && dataset->resume_token) r.token = *dataset->resume_token;
  return r;
}

// `copy`, a clone of the source's `db` at @a, with a snapshot @1 that adds data.
inline void clone_of_db(ZfsFixture& f) {
  const auto copy = in(f, End::source, "copy");
  f.clone(End::source, in(f, End::source, "db"), "a", copy);
  f.write(End::source, copy, f.data_bytes());
  f.snapshot(End::source, copy, "1");
}

// The same clone's first stream, from the origin to @1.
inline Send clone_stream(ZfsFixture& f) {
  Send send = full(f, "copy", "@1");
  send.from = ref(f, End::source, "db", "@a");
  send.clone_of = in(f, End::source, "db");
  return send;
}

inline ReceiveRequest as_clone(ZfsFixture& f) {
  ReceiveRequest request = into(f, "copy");
  request.clone_of = CloneOrigin{in(f, End::target, "db"), ref(f, End::target, "db", "@a")};
  return request;
}

// A source with these snapshots, the first of which is on the target.
inline void replicate_first(ZfsFixture& f, const std::vector<std::string>& names) {
  history(f, "db", names);
  SUCCEEDS(transfer(f, full(f, "db", "@" + names.front()), into(f, "db")));
}

}  // namespace zr
