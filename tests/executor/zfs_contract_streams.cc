#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/executor/zfs_contract.h"
#include "tests/executor/zfs_contract_steps.h"

namespace zr {
namespace {

constexpr End source = End::source;
constexpr End target = End::target;

Result<std::size_t> read_some(SendStream& from, std::span<std::byte> out) {
  if (from.fd() < 0) return from.read(out);
  for (;;) {
    const ssize_t n = ::read(from.fd(), out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    pollfd waiting{from.fd(), POLLIN, 0};
    if (errno == EAGAIN)
      ::poll(&waiting, 1, -1);
    else if (errno != EINTR)
      return Error{Remedy::retry, "the test can't read the stream"};
  }
}

// Where the receiver is gone, finish() tells why.
Result<void> write_all(ReceiveStream& to, std::span<const std::byte> in) {
  if (to.fd() < 0) return to.write(in);
  const SigpipeGuard guard;
  while (!in.empty()) {
    const ssize_t n = ::write(to.fd(), in.data(), in.size());
    pollfd waiting{to.fd(), POLLOUT, 0};
    if (n > 0)
      in = in.subspan(static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN)
      ::poll(&waiting, 1, -1);
    else if (n < 0 && errno != EINTR)
      return to.finish();
  }
  return {};
}

}  // namespace

Result<void> pump(SendStream& from, ReceiveStream& to, std::optional<std::uint64_t> cut_after) {
  std::array<std::byte, 8192> buffer{};
  std::uint64_t moved = 0;
  for (;;) {
    std::size_t most = buffer.size();
    if (cut_after)
      most = static_cast<std::size_t>(std::min<std::uint64_t>(most, *cut_after - moved));
    if (most == 0) return {};
    const auto n = read_some(from, std::span(buffer).first(most));
    if (!n) return n.error();
    if (*n == 0) break;
    if (auto ok = write_all(to, std::span(buffer).first(*n)); !ok) return ok;
    moved += *n;
  }
  if (auto sent = from.finish(); !sent) return sent;
  return to.finish();
}

namespace {

// ---- full streams -------------------------------------------------------------------------------

void a_full_stream_makes_the_dataset(ZfsFixture& f) {
  history(f, "db", {"a", "b"});
  f.create(target, in(f, target, "other"));
  f.snapshot(target, in(f, target, "other"), "before");
  SUCCEEDS(transfer(f, full(f, "db", "@b"), into(f, "db")));
  const auto made = look(f, target, "db");
  REQUIRE(made);
  CHECK(versions(f, target, "db") == "@b");
  const Version sent = version(f, source, "db", "@b"), got = version(f, target, "db", "@b");
  CHECK(got.guid == sent.guid);
  CHECK(got.creation == sent.creation);
  CHECK(got.createtxg > version(f, target, "other", "@before").createtxg);
  CHECK(made->type == DatasetType::filesystem);
  CHECK_FALSE(made->placeholder);
  CHECK(made->written_bytes == 0);
  CHECK(!made->resume_token);
}

void a_full_stream_overwrites_nothing(ZfsFixture& f) {
  history(f, "db", {"a"});
  f.create(target, in(f, target, "there"));
  FAILS(transfer(f, full(f, "db", "@a"), into(f, "there")));
  CHECK(versions(f, target, "there") == "");
  FAILS(transfer(f, full(f, "db", "@a"), into(f, "no/parent")));
  CHECK(!look(f, target, "no"));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db")));
  FAILS(transfer(f, full(f, "db", "@a"), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a");
}

void a_placeholder_is_replaced(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "p")}}));
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "p/below")}}));
  FAILS(transfer(f, full(f, "db", "@a"), into(f, "p")));
  CHECK(look(f, target, "p")->placeholder);
  SUCCEEDS(transfer(f, full(f, "db", "@a"), over_placeholder(into(f, "p"))));
  CHECK(versions(f, target, "p") == "@a");
  CHECK_FALSE(look(f, target, "p")->placeholder);
  CHECK(look(f, target, "p/below")->placeholder);
}

void only_an_empty_placeholder_is_replaced(ZfsFixture& f) {
  history(f, "db", {"a"});
  f.create(target, in(f, target, "real"));
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "full")}}));
  f.snapshot(target, in(f, target, "full"), "precious");
  const Send send = full(f, "db", "@a");
  FAILS_WITH(Remedy::replan, transfer(f, send, over_placeholder(into(f, "real"))));
  FAILS_WITH(Remedy::replan, transfer(f, send, over_placeholder(into(f, "full"))));
  FAILS_WITH(Remedy::replan, transfer(f, send, over_placeholder(into(f, "gone"))));
  CHECK(versions(f, target, "full") == "@precious");
  CHECK(versions(f, target, "real") == "");
  CHECK(!look(f, target, "gone"));
}

void a_volume_stays_a_volume(ZfsFixture& f) {
  f.create_volume(source, in(f, source, "vol"));
  f.snapshot(source, in(f, source, "vol"), "a");
  SUCCEEDS(transfer(f, full(f, "vol", "@a"), into(f, "vol")));
  REQUIRE(look(f, target, "vol"));
  CHECK(look(f, target, "vol")->type == DatasetType::volume);
  CHECK(version(f, target, "vol", "@a").guid == version(f, source, "vol", "@a").guid);
}

void a_volume_takes_a_placeholder_without_children(ZfsFixture& f) {
  f.create_volume(source, in(f, source, "vol"));
  f.snapshot(source, in(f, source, "vol"), "a");
  for (const char* name : {"leaf", "parent", "parent/child"}) {
    SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, name)}}));
  }
  FAILS(transfer(f, full(f, "vol", "@a"), over_placeholder(into(f, "parent"))));
  CHECK(look(f, target, "parent")->placeholder);
  SUCCEEDS(transfer(f, full(f, "vol", "@a"), over_placeholder(into(f, "leaf"))));
  CHECK(look(f, target, "leaf")->type == DatasetType::volume);
}

// ---- incremental streams ------------------------------------------------------------------------

void an_incremental_stream_brings_one_snapshot(ZfsFixture& f) {
  replicate_first(f, {"a", "b", "c"});
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@c"), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @c");
  CHECK(version(f, target, "db", "@c").guid == version(f, source, "db", "@c").guid);
  CHECK(version(f, target, "db", "@a").createtxg < version(f, target, "db", "@c").createtxg);
  CHECK(look(f, target, "db")->written_bytes == 0);
}

void intermediates_come_along(ZfsFixture& f) {
  replicate_first(f, {"a", "b", "c", "d"});
  SUCCEEDS(transfer(f, with_intermediates(incremental(f, "db", "@a", "@c")), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @b @c");
  SUCCEEDS(transfer(f, with_intermediates(incremental(f, "db", "@c", "@d")), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @b @c @d");
  for (const char* name : {"@b", "@c", "@d"}) {
    CHECK(version(f, target, "db", name).guid == version(f, source, "db", name).guid);
  }
}

void a_bookmark_is_a_base(ZfsFixture& f) {
  replicate_first(f, {"a", "b", "c"});
  const auto db = in(f, source, "db");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, ref(f, source, "db", "@a"), "mark"}}));
  f.destroy(source, db, "a");
  FAILS(transfer(f, with_intermediates(incremental(f, "db", "#mark", "@c")), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a");
  SUCCEEDS(transfer(f, incremental(f, "db", "#mark", "@b"), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @b");
}

void what_is_there_already_is_passed_over(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db")));
  const Version before = version(f, target, "db", "@b");
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db")));
  CHECK(version(f, target, "db", "@b") == before);
}

void the_base_has_to_be_older(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  FAILS(transfer(f, incremental(f, "db", "@b", "@a"), into(f, "db")));
  FAILS(transfer(f, incremental(f, "db", "@a", "@a"), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a");
}

void the_target_has_to_fit(ZfsFixture& f) {
  replicate_first(f, {"a", "b", "c"});
  const Send later = incremental(f, "db", "@b", "@c");
  FAILS_WITH(Remedy::replan, transfer(f, later, into(f, "db")));  // it has no @b
  FAILS_WITH(Remedy::replan, transfer(f, later, into(f, "gone")));
  CHECK(versions(f, target, "db") == "@a");
  CHECK(!look(f, target, "gone"));

  f.write(target, in(f, target, "db"), f.data_bytes());
  const Send next = incremental(f, "db", "@a", "@b");
  FAILS_WITH(Remedy::replan, transfer(f, next, into(f, "db")));
  f.snapshot(target, in(f, target, "db"), "diverged");
  FAILS_WITH(Remedy::replan, transfer(f, next, into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @diverged");
  SUCCEEDS(apply(
      f, target,
      {Rollback{
          in(f, target, "db"), ref(f, target, "db", "@a"), {ref(f, target, "db", "@diverged")}}}));
  SUCCEEDS(transfer(f, next, into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @b");
}

void a_snapshot_that_changed_nothing_is_no_obstacle(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  f.snapshot(target, in(f, target, "db"), "local");
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @local @b");
}

void a_name_that_is_taken_stops_the_stream(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  f.snapshot(target, in(f, target, "db"), "b");
  const Version theirs = version(f, target, "db", "@b");
  FAILS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db")));
  CHECK(version(f, target, "db", "@b") == theirs);
}

void only_the_guids_that_were_meant_are_sent(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  Send wrong_to = full(f, "db", "@a");
  wrong_to.to = other_guid(wrong_to.to);
  FAILS_WITH(Remedy::replan, f.open(source)->send(wrong_to));
  Send wrong_from = incremental(f, "db", "@a", "@b");
  wrong_from.from = other_guid(*wrong_from.from);
  FAILS_WITH(Remedy::replan, f.open(source)->send(wrong_from));
  Send gone = full(f, "db", "@b");
  f.destroy(source, in(f, source, "db"), "b");
  FAILS_WITH(Remedy::replan, f.open(source)->send(gone));
}

// ---- encryption ---------------------------------------------------------------------------------

Send raw(Send send) {
  send.raw = true;
  return send;
}

void make_secret(ZfsFixture& f) {
  const auto secret = in(f, source, "secret");
  f.create_encrypted(source, secret);
  for (const char* name : {"a", "b"}) {
    f.write(source, secret, f.data_bytes());
    f.snapshot(source, secret, name);
  }
}

void a_raw_stream_stays_locked(ZfsFixture& f) {
  make_secret(f);
  CHECK(look(f, source, "secret")->encryption_root == in(f, source, "secret"));
  CHECK(look(f, source, "secret")->key_status == KeyStatus::available);
  f.unload_key(source, in(f, source, "secret"));
  SUCCEEDS(transfer(f, raw(full(f, "secret", "@a")), into(f, "secret")));
  const auto got = look(f, target, "secret");
  REQUIRE(got);
  CHECK(got->encryption_root == in(f, target, "secret"));
  CHECK(got->key_status == KeyStatus::unavailable);
  SUCCEEDS(transfer(f, raw(incremental(f, "secret", "@a", "@b")), into(f, "secret")));
  CHECK(versions(f, target, "secret") == "@a @b");
}

void without_the_key_only_raw_streams_go(ZfsFixture& f) {
  make_secret(f);
  SUCCEEDS(transfer(f, full(f, "secret", "@a"), into(f, "plain")));
  CHECK_FALSE(look(f, target, "plain")->encrypted());
  FAILS(transfer(f, raw(incremental(f, "secret", "@a", "@b")), into(f, "plain")));
  f.unload_key(source, in(f, source, "secret"));
  FAILS(transfer(f, incremental(f, "secret", "@a", "@b"), into(f, "plain")));
  CHECK(versions(f, target, "plain") == "@a");
}

void plain_and_raw_do_not_mix(ZfsFixture& f) {
  make_secret(f);
  SUCCEEDS(transfer(f, raw(full(f, "secret", "@a")), into(f, "secret")));
  FAILS(transfer(f, incremental(f, "secret", "@a", "@b"), into(f, "secret")));
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "p")}}));
  FAILS(transfer(f, raw(full(f, "secret", "@a")), over_placeholder(into(f, "p"))));
  CHECK(look(f, target, "p")->placeholder);
  CHECK(versions(f, target, "secret") == "@a");
}

void what_is_below_an_encrypted_parent(ZfsFixture& f) {
  history(f, "db", {"a"});
  const auto vault = in(f, target, "vault");
  f.create_encrypted(target, vault);
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "vault/p")}}));
  CHECK(look(f, target, "vault/p")->encryption_root == vault);
  FAILS(transfer(f, full(f, "db", "@a"), over_placeholder(into(f, "vault/p"))));
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "vault/plain"), true}}));
  CHECK_FALSE(look(f, target, "vault/plain")->encrypted());
  SUCCEEDS(transfer(f, full(f, "db", "@a"), over_placeholder(into(f, "vault/plain"))));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "vault/db")));
  CHECK(look(f, target, "vault/db")->encryption_root == vault);

  f.unload_key(target, vault);
  FAILS(apply(f, target, {CreatePlaceholder{in(f, target, "vault/q")}}));
  FAILS(transfer(f, full(f, "db", "@a"), into(f, "vault/late")));
  CHECK(!look(f, target, "vault/late"));
}

// ---- names --------------------------------------------------------------------------------------

void streams_take_every_legal_name(ZfsFixture& f) {
  const char* odd = "a b-c_d.e:f  G0";
  history(f, odd, {"x y", "z  z"});
  SUCCEEDS(transfer(f, full(f, odd, "@x y"), into(f, odd), f.cut_bytes()));
  SUCCEEDS(transfer(f, resume(f, odd, "@x y"), resuming(into(f, odd))));
  SUCCEEDS(transfer(f, with_intermediates(incremental(f, odd, "@x y", "@z  z")), into(f, odd)));
  CHECK(versions(f, target, odd) == "@x y @z  z");
}

void properties_are_checked(ZfsFixture& f) {
  history(f, "db", {"a"});
  ReceiveRequest request = into(f, "db");
  request.set = {{"nosuchproperty", "1"}};
  FAILS(transfer(f, full(f, "db", "@a"), request));
  CHECK(!look(f, target, "db"));
  request.set = {{"canmount", "noauto"}, {"zrepl:test", "with a blank=and more"}};
  request.exclude = {"mountpoint"};
  SUCCEEDS(transfer(f, full(f, "db", "@a"), request));
}

// ---- clones -------------------------------------------------------------------------------------

void a_clone_travels_as_a_clone(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  clone_of_db(f);
  SUCCEEDS(transfer(f, clone_stream(f), as_clone(f)));
  CHECK(look(f, target, "copy")->origin == in(f, target, "db").str() + "@a");
  CHECK(versions(f, target, "copy") == "@1");
  CHECK(version(f, target, "copy", "@1").guid == version(f, source, "copy", "@1").guid);
  CHECK(version(f, target, "db", "@a").clones == std::vector{in(f, target, "copy").str()});
  FAILS(apply(f, target, {DestroyVersion{in(f, target, "db"), ref(f, target, "db", "@a")}}));
  f.write(source, in(f, source, "copy"), f.data_bytes());
  f.snapshot(source, in(f, source, "copy"), "2");
  SUCCEEDS(transfer(f, incremental(f, "copy", "@1", "@2"), into(f, "copy")));
  CHECK(versions(f, target, "copy") == "@1 @2");
}

void a_clone_needs_its_origin(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  clone_of_db(f);
  Send from_another = clone_stream(f);
  from_another.from = ref(f, source, "db", "@b");
  FAILS(transfer(f, from_another, as_clone(f)));
  Send not_that = clone_stream(f);
  not_that.from = other_guid(*not_that.from);
  FAILS_WITH(Remedy::replan, transfer(f, not_that, as_clone(f)));
  ReceiveRequest of_another = as_clone(f);
  of_another.clone_of->snapshot = other_guid(of_another.clone_of->snapshot);
  FAILS_WITH(Remedy::replan, transfer(f, clone_stream(f), of_another));
  CHECK(!look(f, target, "copy"));
  f.create(target, in(f, target, "copy"));
  FAILS(transfer(f, clone_stream(f), as_clone(f)));
}

}  // namespace

std::vector<ContractCase> stream_contract() {
  return {
      {"a full stream makes the dataset", a_full_stream_makes_the_dataset},
      {"a full stream overwrites nothing", a_full_stream_overwrites_nothing},
      {"a full stream replaces a placeholder", a_placeholder_is_replaced},
      {"only an empty placeholder is replaced", only_an_empty_placeholder_is_replaced},
      {"a volume stays a volume", a_volume_stays_a_volume},
      {"a volume takes a placeholder without children",
       a_volume_takes_a_placeholder_without_children},
      {"an incremental stream brings one snapshot", an_incremental_stream_brings_one_snapshot},
      {"intermediates come along", intermediates_come_along},
      {"a bookmark is a base, but not for intermediates", a_bookmark_is_a_base},
      {"what is there already is passed over", what_is_there_already_is_passed_over},
      {"the base has to be older", the_base_has_to_be_older},
      {"the target has to fit the base", the_target_has_to_fit},
      {"a snapshot that changed nothing is no obstacle",
       a_snapshot_that_changed_nothing_is_no_obstacle},
      {"a name that is taken stops the stream", a_name_that_is_taken_stops_the_stream},
      {"only the guids that were meant are sent", only_the_guids_that_were_meant_are_sent},
      {"a raw stream stays locked", a_raw_stream_stays_locked},
      {"without the key only raw streams go", without_the_key_only_raw_streams_go},
      {"plain and raw do not mix", plain_and_raw_do_not_mix},
      {"below an encrypted parent", what_is_below_an_encrypted_parent},
      {"streams take every legal name", streams_take_every_legal_name},
      {"properties are checked", properties_are_checked},
      {"a clone travels as a clone", a_clone_travels_as_a_clone},
      {"a clone needs its origin", a_clone_needs_its_origin},
  };
}

}  // namespace zr
