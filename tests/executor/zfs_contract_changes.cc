#include "planner/marks.h"
#include "tests/executor/zfs_contract.h"
#include "tests/executor/zfs_contract_steps.h"

namespace zr {
namespace {

constexpr End source = End::source;

// ---- listing ------------------------------------------------------------------------------------

void listing_tells_what_is_there(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.create(source, in(f, source, "db2"));
  f.create_volume(source, in(f, source, "vol"));
  f.snapshot(source, db, "a");
  f.snapshot(source, db, "b");
  f.clone(source, db, "a", in(f, source, "copy"));
  SUCCEEDS(apply(f, source, {PlaceHold{db, ref(f, source, "db", "@a"), "z tag"}}));
  SUCCEEDS(apply(f, source, {PlaceHold{db, ref(f, source, "db", "@a"), "a tag"}}));

  const auto dataset = look(f, source, "db");
  REQUIRE(dataset);
  CHECK(dataset->type == DatasetType::filesystem);
  CHECK(dataset->guid != Guid());
  CHECK_FALSE(dataset->placeholder);
  CHECK_FALSE(dataset->encrypted());
  CHECK(dataset->key_status == KeyStatus::none);
  CHECK(!dataset->resume_token);
  CHECK(versions(f, source, "db") == "@a @b");
  const Version a = version(f, source, "db", "@a"), b = version(f, source, "db", "@b");
  CHECK(a.holds == std::vector<std::string>{"a tag", "z tag"});
  CHECK(b.holds.empty());
  CHECK(a.clones == std::vector<std::string>{in(f, source, "copy").str()});
  CHECK(a.guid != b.guid);
  CHECK(a.createtxg < b.createtxg);
  CHECK(look(f, source, "copy")->origin == db.str() + "@a");
  CHECK(look(f, source, "vol")->type == DatasetType::volume);
}

std::string names(const Result<Inventory>& listed) {
  if (!listed) return "failed: " + listed.error().message;
  std::string all;
  for (const Dataset& d : listed->datasets) all += (all.empty() ? "" : " ") + d.name.str();
  return all;
}

void listing_is_of_the_roots(ZfsFixture& f) {
  const std::string root = f.root(source).str() + "/";
  for (const char* name : {"a", "a/b", "a/b/c", "ab", "c"}) f.create(source, in(f, source, name));
  f.snapshot(source, in(f, source, "a/b"), "s");
  const auto zfs = f.open(source);
  const auto at = [&](std::string_view below) { return in(f, source, below); };

  CHECK(names(zfs->list(Roots{false, {at("a")}, {}})) ==
        root + "a " + root + "a/b " + root + "a/b/c");
  CHECK(names(zfs->list(Roots{false, {}, {at("a"), at("c")}})) == root + "a " + root + "c");
  CHECK(names(zfs->list(Roots{false, {at("a/b")}, {at("a"), at("a/b/c")}})) ==
        root + "a " + root + "a/b " + root + "a/b/c");
  CHECK(names(zfs->list(Roots{false, {at("missing")}, {at("missing too"), at("c")}})) ==
        root + "c");
  CHECK(names(zfs->list(Roots{false, {at("missing")}, {}})) == "");
  CHECK(names(zfs->list(Roots{})) == "");
  Roots above{false, {at("a/b/c")}, {at("ab")}, false, {at("a"), at("a/b"), at("missing")}};
  CHECK(names(zfs->list(above)) == root + "a/b/c " + root + "ab");
  above.trees.push_back(at("a/b/missing/d"));
  const auto way = zfs->list(above);
  CHECK(names(way) == root + "a " + root + "a/b " + root + "a/b/c " + root + "ab");
  REQUIRE(way);
  CHECK(way->find(at("a/b"))->versions.empty());
  above = {false, {}, {at("missing/too")}, false, {at("missing"), at("c")}};
  CHECK(names(zfs->list(above)) == "");
  const auto lone = zfs->list(Roots{false, {}, {at("a/b")}});
  REQUIRE(lone);
  REQUIRE(lone->datasets.size() == 1);
  CHECK(lone->datasets[0].find(VersionKind::snapshot, "s") != nullptr);
  const auto everything = zfs->list(Roots{true, {}, {}});
  REQUIRE(everything);
  CHECK(everything->find(at("a/b/c")) != nullptr);
}

// ---- snapshots ----------------------------------------------------------------------------------

void snapshots_are_one_moment(ZfsFixture& f) {
  for (const char* name : {"a", "b", "b/c"}) f.create(source, in(f, source, name));
  const auto take = [&](const char* dataset, const char* name) -> Change {
    return TakeSnapshot{in(f, source, dataset), name};
  };
  SUCCEEDS(apply(f, source, {take("a", "1"), take("b", "1"), take("b/c", "1")}));
  SUCCEEDS(apply(f, source, {take("a", "2"), take("b", "2")}));
  const Version a1 = version(f, source, "a", "@1"), a2 = version(f, source, "a", "@2");
  CHECK(version(f, source, "b", "@1").createtxg == a1.createtxg);
  CHECK(version(f, source, "b/c", "@1").createtxg == a1.createtxg);
  CHECK(version(f, source, "b", "@1").guid != a1.guid);
  CHECK(a1.createtxg < a2.createtxg);
  CHECK(versions(f, source, "b/c") == "@1");
}

void a_snapshot_that_is_there_is_success(ZfsFixture& f) {
  for (const char* name : {"a", "b"}) f.create(source, in(f, source, name));
  f.snapshot(source, in(f, source, "a"), "1");
  const Version before = version(f, source, "a", "@1");
  const std::vector<Change> both = {TakeSnapshot{in(f, source, "a"), "1"},
                                    TakeSnapshot{in(f, source, "b"), "1"}};
  SUCCEEDS(apply(f, source, both));
  SUCCEEDS(apply(f, source, both));
  CHECK(version(f, source, "a", "@1") == before);
  CHECK(versions(f, source, "b") == "@1");
}

void snapshots_are_taken_all_or_none(ZfsFixture& f) {
  f.create(source, in(f, source, "a"));
  FAILS_WITH(Remedy::replan, apply(f, source,
                                   {TakeSnapshot{in(f, source, "a"), "1"},
                                    TakeSnapshot{in(f, source, "gone"), "1"}}));
  CHECK(versions(f, source, "a") == "");
}

void two_snapshots_of_a_dataset_follow_each_other(ZfsFixture& f) {
  f.create(source, in(f, source, "a"));
  SUCCEEDS(apply(f, source,
                 {TakeSnapshot{in(f, source, "a"), "1"}, TakeSnapshot{in(f, source, "a"), "2"}}));
  CHECK(versions(f, source, "a") == "@1 @2");
  CHECK(version(f, source, "a", "@1").createtxg < version(f, source, "a", "@2").createtxg);
}

// ---- bookmarks ----------------------------------------------------------------------------------

void a_bookmark_carries_its_origin(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "a");
  const VersionRef a = ref(f, source, "db", "@a");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, a, "mark"}}));
  SUCCEEDS(apply(f, source, {CreateBookmark{db, a, "mark"}}));
  f.destroy(source, db, "a");
  CHECK(versions(f, source, "db") == "#mark");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, ref(f, source, "db", "#mark"), "copy"}}));
  f.snapshot(source, db, "b");

  const auto dataset = look(f, source, "db");
  REQUIRE(dataset);
  CHECK(versions(f, source, "db") == "#copy #mark @b");
  const Version mark = version(f, source, "db", "#mark"), copy = version(f, source, "db", "#copy");
  CHECK(mark.guid == a.guid);
  CHECK(copy.guid == a.guid);
  CHECK(copy.createtxg == mark.createtxg);
  CHECK(copy.creation == mark.creation);
  CHECK(mark.createtxg < version(f, source, "db", "@b").createtxg);
}

void a_bookmark_is_of_the_guid_that_was_meant(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "a");
  f.snapshot(source, db, "b");
  const VersionRef a = ref(f, source, "db", "@a"), b = ref(f, source, "db", "@b");
  FAILS_WITH(Remedy::replan, apply(f, source, {CreateBookmark{db, other_guid(a), "mark"}}));
  CHECK(versions(f, source, "db") == "@a @b");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, a, "mark"}}));
  FAILS(apply(f, source, {CreateBookmark{db, b, "mark"}}));
  CHECK(version(f, source, "db", "#mark").guid == a.guid);
  f.destroy(source, db, "b");
  FAILS_WITH(Remedy::replan, apply(f, source, {CreateBookmark{db, b, "late"}}));
}

// ---- holds --------------------------------------------------------------------------------------

void holds_come_and_go(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "a");
  f.snapshot(source, db, "b");
  const VersionRef a = ref(f, source, "db", "@a"), b = ref(f, source, "db", "@b");
  const auto holds = [&](std::string_view name) { return version(f, source, "db", name).holds; };
  using Tags = std::vector<std::string>;

  SUCCEEDS(apply(f, source, {PlaceHold{db, a, "x"}, PlaceHold{db, b, "x"}, PlaceHold{db, b, "y"}}));
  SUCCEEDS(apply(f, source, {PlaceHold{db, a, "x"}, PlaceHold{db, a, "y"}}));
  CHECK(holds("@a") == Tags{"x", "y"});
  CHECK(holds("@b") == Tags{"x", "y"});
  SUCCEEDS(apply(f, source, {ReleaseHold{db, a, "x"}, ReleaseHold{db, b, "never placed"}}));
  SUCCEEDS(apply(f, source, {ReleaseHold{db, a, "x"}, ReleaseHold{db, b, "x"}}));
  CHECK(holds("@a") == Tags{"y"});
  CHECK(holds("@b") == Tags{"y"});
}

void holds_are_of_the_guid_that_was_meant(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "a");
  f.snapshot(source, db, "b");
  const VersionRef a = ref(f, source, "db", "@a"), b = ref(f, source, "db", "@b");
  SUCCEEDS(apply(f, source, {PlaceHold{db, a, "x"}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {PlaceHold{db, other_guid(a), "y"}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {ReleaseHold{db, other_guid(a), "x"}}));
  CHECK(version(f, source, "db", "@a").holds == std::vector<std::string>{"x"});
  f.destroy(source, db, "b");
  FAILS_WITH(Remedy::replan, apply(f, source, {PlaceHold{db, b, "x"}}));
  SUCCEEDS(apply(f, source, {ReleaseHold{db, b, "x"}}));
}

// ---- destroying ---------------------------------------------------------------------------------

void versions_are_destroyed(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  for (const char* name : {"a", "b", "c", "d"}) f.snapshot(source, db, name);
  SUCCEEDS(apply(f, source, {CreateBookmark{db, ref(f, source, "db", "@a"), "mark"}}));
  const std::vector<Change> some = {DestroyVersion{db, ref(f, source, "db", "@a")},
                                    DestroyVersion{db, ref(f, source, "db", "@c")}};
  const Change mark = DestroyVersion{db, ref(f, source, "db", "#mark")};
  SUCCEEDS(apply(f, source, some));
  CHECK(versions(f, source, "db") == "#mark @b @d");
  SUCCEEDS(apply(f, source, some));
  SUCCEEDS(apply(f, source, {mark}));
  SUCCEEDS(apply(f, source, {mark}));
  CHECK(versions(f, source, "db") == "@b @d");
}

void only_the_guid_that_was_meant_is_destroyed(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "a");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, ref(f, source, "db", "@a"), "mark"}}));
  const VersionRef old = ref(f, source, "db", "@a");
  const VersionRef mark = ref(f, source, "db", "#mark");
  f.destroy(source, db, "a");
  f.snapshot(source, db, "a");
  FAILS_WITH(Remedy::replan, apply(f, source, {DestroyVersion{db, old}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {DestroyVersion{db, other_guid(mark)}}));
  CHECK(versions(f, source, "db") == "#mark @a");
}

void what_is_held_or_cloned_stays(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  f.snapshot(source, db, "held");
  f.snapshot(source, db, "cloned");
  f.clone(source, db, "cloned", in(f, source, "copy"));
  SUCCEEDS(apply(f, source, {PlaceHold{db, ref(f, source, "db", "@held"), "x"}}));
  FAILS(apply(f, source, {DestroyVersion{db, ref(f, source, "db", "@held")}}));
  FAILS(apply(f, source, {DestroyVersion{db, ref(f, source, "db", "@cloned")}}));
  CHECK(versions(f, source, "db") == "@held @cloned");
}

// ---- rolling back -------------------------------------------------------------------------------

void a_rollback_destroys_what_was_planned(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  for (const char* name : {"a", "b", "c"}) f.snapshot(source, db, name);
  SUCCEEDS(apply(f, source,
                 {CreateBookmark{db, ref(f, source, "db", "@a"), "old"},
                  CreateBookmark{db, ref(f, source, "db", "@b"), "young"}}));
  f.write(source, db, f.data_bytes());
  CHECK(look(f, source, "db")->written_bytes != 0);
  const Rollback back{
      db,
      ref(f, source, "db", "@a"),
      {ref(f, source, "db", "@b"), ref(f, source, "db", "#young"), ref(f, source, "db", "@c")}};
  SUCCEEDS(apply(f, source, {back}));
  CHECK(versions(f, source, "db") == "#old @a");
  CHECK(look(f, source, "db")->written_bytes == 0);
  SUCCEEDS(apply(f, source, {back}));
  CHECK(versions(f, source, "db") == "#old @a");
}

void a_rollback_destroys_nothing_else(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  for (const char* name : {"a", "b", "c"}) f.snapshot(source, db, name);
  const VersionRef a = ref(f, source, "db", "@a"), b = ref(f, source, "db", "@b"),
                   c = ref(f, source, "db", "@c");
  FAILS_WITH(Remedy::replan, apply(f, source, {Rollback{db, a, {b}}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {Rollback{db, a, {b, other_guid(c)}}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {Rollback{db, other_guid(a), {b, c}}}));
  CHECK(versions(f, source, "db") == "@a @b @c");
  SUCCEEDS(apply(f, source, {CreateBookmark{db, c, "mark"}}));
  FAILS_WITH(Remedy::replan, apply(f, source, {Rollback{db, a, {b, c}}}));
  CHECK(versions(f, source, "db") == "@a @b #mark @c");
}

void a_rollback_stops_at_holds_and_clones(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  for (const char* name : {"a", "b", "c"}) f.snapshot(source, db, name);
  const VersionRef a = ref(f, source, "db", "@a"), b = ref(f, source, "db", "@b"),
                   c = ref(f, source, "db", "@c");
  SUCCEEDS(apply(f, source, {PlaceHold{db, c, "x"}}));
  FAILS(apply(f, source, {Rollback{db, a, {b, c}}}));
  CHECK(versions(f, source, "db") == "@a @b @c");
  SUCCEEDS(apply(f, source, {ReleaseHold{db, c, "x"}}));
  f.clone(source, db, "b", in(f, source, "copy"));
  FAILS(apply(f, source, {Rollback{db, a, {b, c}}}));
  CHECK(version(f, source, "db", "@b").guid == b.guid);
}

// ---- placeholders -------------------------------------------------------------------------------

void placeholders_are_marked(ZfsFixture& f) {
  const auto p = in(f, source, "p");
  SUCCEEDS(apply(f, source, {CreatePlaceholder{p}}));
  SUCCEEDS(apply(f, source, {CreatePlaceholder{p}}));
  SUCCEEDS(apply(f, source, {CreatePlaceholder{in(f, source, "p/q")}}));
  f.create(source, in(f, source, "p/child"));
  CHECK(look(f, source, "p")->placeholder);
  CHECK(look(f, source, "p/q")->placeholder);
  CHECK_FALSE(look(f, source, "p/child")->placeholder);
  CHECK(look(f, source, "p")->type == DatasetType::filesystem);
}

void placeholders_need_a_place(ZfsFixture& f) {
  f.create(source, in(f, source, "there"));
  FAILS(apply(f, source, {CreatePlaceholder{in(f, source, "there")}}));
  CHECK_FALSE(look(f, source, "there")->placeholder);
  FAILS(apply(f, source, {CreatePlaceholder{in(f, source, "missing/p")}}));
  CHECK(!look(f, source, "missing"));
  FAILS(apply(f, source, {CreatePlaceholder{*DatasetName::parse("nosuchpool/p")}}));
}

// ---- names --------------------------------------------------------------------------------------

void every_legal_character_is_just_a_name(ZfsFixture& f) {
  const char* odd = "a b-c_d.e:f  G0";
  const auto ds = in(f, source, odd);
  f.create(source, ds);
  const std::string snap = "x y-z_.:  0", mark = "m n-o_.:  1", tag = "t$(id) `u`;'\"\\ *?";
  SUCCEEDS(apply(f, source, {TakeSnapshot{ds, snap}}));
  const VersionRef made = ref(f, source, odd, "@" + snap);
  SUCCEEDS(apply(f, source, {CreateBookmark{ds, made, mark}}));
  SUCCEEDS(apply(f, source, {PlaceHold{ds, made, tag}}));
  CHECK(version(f, source, odd, "@" + snap).holds == std::vector<std::string>{tag});
  SUCCEEDS(apply(f, source, {ReleaseHold{ds, made, tag}}));
  SUCCEEDS(apply(f, source, {DestroyVersion{ds, made}}));
  CHECK(versions(f, source, odd) == "#" + mark);
}

void names_that_are_too_long_are_refused(ZfsFixture& f) {
  const auto db = in(f, source, "db");
  f.create(source, db);
  FAILS(apply(f, source, {TakeSnapshot{db, std::string(250, 's')}}));
  FAILS(apply(f, source, {CreatePlaceholder{in(f, source, std::string(250, 'p'))}}));
  CHECK(versions(f, source, "db") == "");
}

void versions_alone_are_what_they_are(ZfsFixture& f) {
  for (const char* name : {"db", "db/wal"}) f.create(source, in(f, source, name));
  for (const char* name : {"a", "b"}) f.snapshot(source, in(f, source, "db"), name);
  f.snapshot(source, in(f, source, "db/wal"), "c");
  const Dataset all = *look(f, source, "db");
  const auto listed =
      f.open(source)->list(Roots{false, {}, {in(f, source, "db"), in(f, source, "gone")}, true});
  REQUIRE(listed);
  const Dataset* found = listed->find(in(f, source, "db"));
  REQUIRE(found);
  REQUIRE(found->versions.size() == all.versions.size());
  for (std::size_t i = 0; i < all.versions.size(); ++i) {
    CHECK(found->versions[i].str() == all.versions[i].str());
    CHECK(found->versions[i].guid == all.versions[i].guid);
  }
  CHECK(!listed->find(in(f, source, "gone")));
  CHECK(!listed->find(in(f, source, "db/wal")));
}

// ---- renames ------------------------------------------------------------------------------------

RenameDataset renamed(ZfsFixture& f, std::string_view from, std::string_view to) {
  return {in(f, source, from), in(f, source, to), look(f, source, from)->guid};
}

void a_rename_takes_along_what_is_below(ZfsFixture& f) {
  for (const char* name : {"db", "db/wal", "other"}) f.create(source, in(f, source, name));
  f.snapshot(source, in(f, source, "db"), "a");
  f.snapshot(source, in(f, source, "db/wal"), "b");
  f.clone(source, in(f, source, "db"), "a", in(f, source, "copy"));
  const Dataset before = *look(f, source, "db");
  const RenameDataset rename = renamed(f, "db", "other/new");
  SUCCEEDS(apply(f, source, {rename}));
  CHECK(!look(f, source, "db"));
  CHECK(!look(f, source, "db/wal"));
  CHECK(look(f, source, "other/new")->guid == before.guid);
  CHECK(version(f, source, "other/new", "@a").guid == before.versions[0].guid);
  CHECK(versions(f, source, "other/new/wal") == "@b");
  CHECK(look(f, source, "copy")->origin == in(f, source, "other/new").str() + "@a");
  SUCCEEDS(apply(f, source, {rename}));
  f.clone(source, in(f, source, "other/new"), "a", in(f, source, "second"));
  SUCCEEDS(apply(f, source, {renamed(f, "second", "third")}));
  CHECK(version(f, source, "other/new", "@a").clones ==
        std::vector{in(f, source, "copy").str(), in(f, source, "third").str()});
}

void only_the_dataset_that_was_meant_is_renamed(ZfsFixture& f) {
  f.create(source, in(f, source, "db"));
  f.create(source, in(f, source, "there"));
  RenameDataset other = renamed(f, "db", "new");
  other.guid = Guid(other.guid.value ^ 1);
  FAILS_WITH(Remedy::replan, apply(f, source, {other}));
  FAILS_WITH(Remedy::replan, apply(f, source, {renamed(f, "db", "there")}));
  FAILS_WITH(Remedy::replan, apply(f, source, {renamed(f, "db", "missing/new")}));
  FAILS(apply(f, source, {renamed(f, "db", "db/below")}));
  FAILS(apply(
      f, source,
      {RenameDataset{in(f, source, "db"), in(f, End::target, "db"), look(f, source, "db")->guid}}));
  CHECK(look(f, source, "db"));
  RenameDataset gone = renamed(f, "db", "new");
  gone.dataset = in(f, source, "gone");
  FAILS_WITH(Remedy::replan, apply(f, source, {gone}));
}

void a_rename_keeps_what_is_encrypted_where_its_key_is(ZfsFixture& f) {
  f.create_encrypted(source, in(f, source, "safe"));
  f.create(source, in(f, source, "safe/inner"));
  FAILS(apply(f, source, {renamed(f, "safe/inner", "outside")}));
  SUCCEEDS(apply(f, source, {renamed(f, "safe", "vault")}));
  CHECK(look(f, source, "vault/inner")->encryption_root == in(f, source, "vault"));
}

void a_volume_is_renamed(ZfsFixture& f) {
  f.create_volume(source, in(f, source, "vol"));
  f.snapshot(source, in(f, source, "vol"), "a");
  SUCCEEDS(apply(f, source, {renamed(f, "vol", "vol2")}));
  CHECK(versions(f, source, "vol2") == "@a");
  f.create(source, in(f, source, "db"));
  FAILS(apply(f, source, {renamed(f, "db", "vol2/db")}));
}

}  // namespace

std::vector<ContractCase> change_contract() {
  return {
      {"a listing tells what is there", listing_tells_what_is_there},
      {"a listing is of the roots that were asked for", listing_is_of_the_roots},
      {"snapshots of one call are of one moment", snapshots_are_one_moment},
      {"a snapshot that is there already is success", a_snapshot_that_is_there_is_success},
      {"snapshots are taken all or none", snapshots_are_taken_all_or_none},
      {"two snapshots of one dataset follow each other",
       two_snapshots_of_a_dataset_follow_each_other},
      {"a bookmark carries what its origin did", a_bookmark_carries_its_origin},
      {"a bookmark is made of the guid that was meant", a_bookmark_is_of_the_guid_that_was_meant},
      {"holds come and go", holds_come_and_go},
      {"holds are of the guid that was meant", holds_are_of_the_guid_that_was_meant},
      {"snapshots and bookmarks are destroyed", versions_are_destroyed},
      {"only the guid that was meant is destroyed", only_the_guid_that_was_meant_is_destroyed},
      {"what is held or cloned stays", what_is_held_or_cloned_stays},
      {"a rollback destroys what was planned", a_rollback_destroys_what_was_planned},
      {"a rollback destroys nothing else", a_rollback_destroys_nothing_else},
      {"a rollback stops at holds and clones", a_rollback_stops_at_holds_and_clones},
      {"placeholders are marked, and what is below is not", placeholders_are_marked},
      {"placeholders need a place", placeholders_need_a_place},
      {"every legal character is just a name", every_legal_character_is_just_a_name},
      {"names that are too long are refused", names_that_are_too_long_are_refused},
      {"versions alone are what they are", versions_alone_are_what_they_are},
      {"a rename takes along what is below", a_rename_takes_along_what_is_below},
      {"only the dataset that was meant is renamed", only_the_dataset_that_was_meant_is_renamed},
      {"a rename keeps what is encrypted where its key is",
       a_rename_keeps_what_is_encrypted_where_its_key_is},
      {"a volume is renamed", a_volume_is_renamed},
  };
}

}  // namespace zr
