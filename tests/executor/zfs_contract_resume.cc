#include "planner/resume_token.h"
#include "tests/executor/zfs_contract.h"
#include "tests/executor/zfs_contract_steps.h"

namespace zr {
namespace {

constexpr End source = End::source;
constexpr End target = End::target;

// ---- cut and resumed ----------------------------------------------------------------------------

void a_cut_initial_stream_is_resumed(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), f.cut_bytes()));
  const auto cut = look(f, target, "db");
  REQUIRE(cut);
  REQUIRE(cut->resume_token);
  CHECK(cut->versions.empty());
  const auto token = decode(*cut->resume_token);
  REQUIRE(token);
  CHECK(token->toguid == version(f, source, "db", "@a").guid);
  CHECK(!token->fromguid);
  CHECK(token->toname == in(f, source, "db").str() + "@a");
  CHECK(token->received_bytes > 0);

  FAILS(transfer(f, full(f, "db", "@a"), into(f, "db")));  // the token is in the way
  CHECK(look(f, target, "db")->resume_token == cut->resume_token);
  SUCCEEDS(transfer(f, resume(f, "db", "@a"), resuming(into(f, "db"))));
  CHECK(versions(f, target, "db") == "@a");
  CHECK(version(f, target, "db", "@a").guid == token->toguid);
  CHECK(!look(f, target, "db")->resume_token);
}

void a_resume_can_be_cut_too(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), f.cut_bytes()));
  const auto first = decode(*look(f, target, "db")->resume_token);
  SUCCEEDS(transfer(f, resume(f, "db", "@a"), resuming(into(f, "db")), f.cut_bytes()));
  REQUIRE(look(f, target, "db")->resume_token);
  const auto second = decode(*look(f, target, "db")->resume_token);
  CHECK(second->received_bytes >= first->received_bytes);
  SUCCEEDS(transfer(f, resume(f, "db", "@a"), resuming(into(f, "db"))));
  CHECK(versions(f, target, "db") == "@a");
}

void a_stream_cut_at_once_leaves_nothing(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), 0));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), 4));
  CHECK(!look(f, target, "db"));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db")));
}

void a_cut_incremental_stream_is_resumed(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  const Send send = incremental(f, "db", "@a", "@b");
  SUCCEEDS(transfer(f, send, into(f, "db"), f.cut_bytes()));
  const auto cut = look(f, target, "db");
  REQUIRE(cut->resume_token);
  const auto token = decode(*cut->resume_token);
  CHECK(token->fromguid == send.from->guid);
  CHECK(token->toguid == send.to.guid);
  CHECK(versions(f, target, "db") == "@a");
  FAILS(apply(f, target, {DestroyVersion{in(f, target, "db"), ref(f, target, "db", "@a")}}));
  FAILS(transfer(f, send, into(f, "db")));
  CHECK(versions(f, target, "db") == "@a");
  Resume rest = resume(f, "db", "@b");
  rest.from = send.from;
  SUCCEEDS(transfer(f, rest, resuming(into(f, "db"))));
  CHECK(versions(f, target, "db") == "@a @b");
  CHECK(version(f, target, "db", "@a").clones.empty());
}

void what_landed_before_the_cut_stays(ZfsFixture& f) {
  replicate_first(f, {"a", "b", "c", "d"});
  const Send send = with_intermediates(incremental(f, "db", "@a", "@d"));
  SUCCEEDS(transfer(f, send, into(f, "db"), f.cut_bytes() + f.stream_bytes()));
  CHECK(versions(f, target, "db") == "@a @b");
  const auto token = decode(*look(f, target, "db")->resume_token);
  CHECK(token->fromguid == version(f, source, "db", "@b").guid);
  CHECK(token->toguid == version(f, source, "db", "@c").guid);
  SUCCEEDS(transfer(f, resume(f, "db", "@c"), resuming(into(f, "db"))));
  CHECK(versions(f, target, "db") == "@a @b @c");
  SUCCEEDS(transfer(f, with_intermediates(incremental(f, "db", "@c", "@d")), into(f, "db")));
  CHECK(versions(f, target, "db") == "@a @b @c @d");
}

void a_placeholder_is_replaced_in_two_goes(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "db")}}));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), over_placeholder(into(f, "db")), f.cut_bytes()));
  REQUIRE(look(f, target, "db")->resume_token);
  CHECK(look(f, target, "db")->placeholder);
  FAILS(transfer(f, resume(f, "db", "@a"), resuming(into(f, "db"))));
  CHECK(look(f, target, "db")->placeholder);
  SUCCEEDS(transfer(f, resume(f, "db", "@a"), resuming(over_placeholder(into(f, "db")))));
  CHECK(versions(f, target, "db") == "@a");
  CHECK_FALSE(look(f, target, "db")->placeholder);
}

void a_resume_needs_its_source(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db"), f.cut_bytes()));
  const Resume rest = resume(f, "db", "@b");
  Resume nonsense = rest;
  nonsense.token = ResumeToken("1-2-3-4");
  FAILS(transfer(f, nonsense, resuming(into(f, "db"))));
  f.destroy(source, in(f, source, "db"), "b");
  FAILS_WITH(Remedy::replan, transfer(f, rest, resuming(into(f, "db"))));
  CHECK(look(f, target, "db")->resume_token == rest.token);
}

void a_used_up_token_is_refused(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), f.cut_bytes()));
  const Resume rest = resume(f, "db", "@a");
  SUCCEEDS(transfer(f, rest, resuming(into(f, "db"))));
  FAILS(transfer(f, rest, resuming(into(f, "db"))));
  CHECK(versions(f, target, "db") == "@a");
}

// ---- dropping what was partially received -------------------------------------------------------

void an_abort_takes_what_the_stream_made(ZfsFixture& f) {
  history(f, "db", {"a"});
  const auto db = in(f, target, "db");
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db"), f.cut_bytes()));
  const ResumeToken token = *look(f, target, "db")->resume_token;
  FAILS_WITH(Remedy::replan, apply(f, target, {AbortReceive{db, ResumeToken("1-2-3-4")}}));
  CHECK(look(f, target, "db")->resume_token == token);
  SUCCEEDS(apply(f, target, {AbortReceive{db, token}}));
  CHECK(!look(f, target, "db"));
  SUCCEEDS(apply(f, target, {AbortReceive{db, token}}));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), into(f, "db")));
}

void an_abort_leaves_what_was_there(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db"), f.cut_bytes()));
  const ResumeToken token = *look(f, target, "db")->resume_token;
  SUCCEEDS(apply(f, target, {AbortReceive{in(f, target, "db"), token}}));
  CHECK(versions(f, target, "db") == "@a");
  CHECK(!look(f, target, "db")->resume_token);
  CHECK(version(f, target, "db", "@a").clones.empty());
  SUCCEEDS(apply(f, target, {AbortReceive{in(f, target, "db"), token}}));
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db")));
}

void an_abort_leaves_the_placeholder(ZfsFixture& f) {
  history(f, "db", {"a"});
  SUCCEEDS(apply(f, target, {CreatePlaceholder{in(f, target, "p")}}));
  SUCCEEDS(transfer(f, full(f, "db", "@a"), over_placeholder(into(f, "p")), f.cut_bytes()));
  const ResumeToken token = *look(f, target, "p")->resume_token;
  SUCCEEDS(apply(f, target, {AbortReceive{in(f, target, "p"), token}}));
  REQUIRE(look(f, target, "p"));
  CHECK(look(f, target, "p")->placeholder);
  CHECK(!look(f, target, "p")->resume_token);
}

void a_cut_clone_is_resumed(ZfsFixture& f) {
  replicate_first(f, {"a"});
  clone_of_db(f);
  SUCCEEDS(transfer(f, clone_stream(f), as_clone(f), f.cut_bytes()));
  const auto cut = look(f, target, "copy");
  REQUIRE(cut);
  REQUIRE(cut->resume_token);
  CHECK(cut->versions.empty());
  CHECK(decode(*cut->resume_token)->fromguid == version(f, source, "db", "@a").guid);
  FAILS(apply(f, target, {DestroyVersion{in(f, target, "db"), ref(f, target, "db", "@a")}}));
  ReceiveRequest rest = resuming(into(f, "copy"));
  SUCCEEDS(transfer(f, resume(f, "copy", "@1"), rest));
  CHECK(versions(f, target, "copy") == "@1");
  CHECK(look(f, target, "copy")->origin == in(f, target, "db").str() + "@a");
}

void an_abort_takes_a_cut_clone(ZfsFixture& f) {
  replicate_first(f, {"a"});
  clone_of_db(f);
  SUCCEEDS(transfer(f, clone_stream(f), as_clone(f), f.cut_bytes()));
  const ResumeToken token = *look(f, target, "copy")->resume_token;
  SUCCEEDS(apply(f, target, {AbortReceive{in(f, target, "copy"), token}}));
  CHECK(!look(f, target, "copy"));
  CHECK(version(f, target, "db", "@a").clones.empty());
  SUCCEEDS(transfer(f, clone_stream(f), as_clone(f)));
}

void partial_state_moves_with_a_rename(ZfsFixture& f) {
  replicate_first(f, {"a", "b"});
  SUCCEEDS(transfer(f, incremental(f, "db", "@a", "@b"), into(f, "db"), f.cut_bytes()));
  const ResumeToken token = *look(f, target, "db")->resume_token;
  const auto moved = in(f, target, "moved");
  SUCCEEDS(
      apply(f, target, {RenameDataset{in(f, target, "db"), moved, look(f, target, "db")->guid}}));
  CHECK(look(f, target, "moved")->resume_token == token);
  Resume rest = resume(f, "db", "@b");
  rest.token = token;
  SUCCEEDS(transfer(f, rest, resuming(into(f, "moved"))));
  CHECK(versions(f, target, "moved") == "@a @b");
}

}  // namespace

std::vector<ContractCase> resume_contract() {
  return {
      {"a cut initial stream is resumed", a_cut_initial_stream_is_resumed},
      {"a resume can be cut too", a_resume_can_be_cut_too},
      {"a stream cut at once leaves nothing", a_stream_cut_at_once_leaves_nothing},
      {"a cut incremental stream is resumed, and its base stays",
       a_cut_incremental_stream_is_resumed},
      {"what landed before the cut stays", what_landed_before_the_cut_stays},
      {"a placeholder is replaced in two goes", a_placeholder_is_replaced_in_two_goes},
      {"a resume needs its source", a_resume_needs_its_source},
      {"a token that was used up is refused", a_used_up_token_is_refused},
      {"an abort takes away what the stream made", an_abort_takes_what_the_stream_made},
      {"an abort leaves what was there before", an_abort_leaves_what_was_there},
      {"an abort leaves the placeholder", an_abort_leaves_the_placeholder},
      {"a cut clone is resumed", a_cut_clone_is_resumed},
      {"an abort takes a cut clone", an_abort_takes_a_cut_clone},
      {"partial state moves with a rename", partial_state_moves_with_a_rename},
  };
}

}  // namespace zr
