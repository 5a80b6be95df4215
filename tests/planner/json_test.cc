#include "planner/json.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "planner/json_time.h"
#include "tests/support/golden.h"
#include "tests/support/sample_plan.h"
#include "tests/support/world_text.h"

using namespace zr;
using nlohmann::json;

namespace {

const std::string root = ZREPL_SOURCE_DIR;

json schema(const std::string& name) {
  std::ifstream file(root + "/planner/" + name);
  return json::parse(file);
}

World world_of(std::string_view text) {
  const auto result = world_from_json(text);
  if (const auto* error = std::get_if<JsonError>(&result)) FAIL(error->message);
  return std::get<World>(result);
}

std::string world_error(std::string_view text) {
  const auto result = world_from_json(text);
  const auto* error = std::get_if<JsonError>(&result);
  return error ? error->message : "none";
}

std::string plan_error(std::string_view text) {
  const auto result = plan_from_json(text);
  const auto* error = std::get_if<JsonError>(&result);
  return error ? error->message : "none";
}

// A world that has just this in the array of the datasets of nas.
std::string with_datasets(const std::string& datasets) {
  return R"({"format_version":"1.0","hosts":{"nas":{"datasets":[)" + datasets + "]}}}";
}

std::string with_version(const std::string& members) {
  return with_datasets(R"({"name":"tank","versions":[{)" + members + "}]}");
}

// The sample plan as JSON with one change made to it.
template <class Change>
std::string changed_plan(Change change) {
  json document = json::parse(plan_to_json(sample_plan()));
  change(document);
  return document.dump();
}

std::string random_name() {
  static const std::string legal =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.: ";
  std::string name = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(legal)));
  return name == "." || name == ".." ? "dots" : name;
}

DatasetName random_dataset() { return DatasetName::parse("tank")->append("d" + random_name()); }

std::uint64_t any64() { return *rc::gen::arbitrary<std::uint64_t>(); }
bool any_flag() { return *rc::gen::arbitrary<bool>(); }

Seconds random_time() {
  const auto last = last_json_time.time_since_epoch().count();
  return Seconds(std::chrono::seconds(*rc::gen::inRange<std::int64_t>(0, last)));
}

Version random_version(std::size_t number) {
  Version v;
  v.kind = any_flag() ? VersionKind::snapshot : VersionKind::bookmark;
  v.name = fmt::format("{}{}", random_name(), number);
  v.guid = Guid(any64());
  v.createtxg = CreateTxg(any64());
  v.creation = random_time();
  if (!v.is_snapshot()) return v;
  v.bytes = any64();
  if (any_flag()) v.holds = {"a tag", "zrepl:office:pull.x"};
  if (any_flag()) v.clones = {"tank/clone a", "tank/copy/%recv"};
  return v;
}

World random_world() {
  World world;
  world.observed_at = random_time();
  for (const char* name : {"nas", "vault"}) {
    if (any_flag()) {
      world.unreachable[HostName(std::string(name))] = "no \"route\"\n\xc3\xa4";
      continue;
    }
    Inventory& inventory = world.hosts[HostName(std::string(name))];
    const auto count = *rc::gen::inRange(0, 3);
    for (int i = 0; i < count; ++i) {
      Dataset d(random_dataset());
      if (inventory.find(d.name)) continue;
      d.type = any_flag() ? DatasetType::volume : DatasetType::filesystem;
      d.guid = Guid(any64());
      d.placeholder = any_flag();
      if (any_flag()) d.origin = "tank/a b@c d";
      if (any_flag()) d.encryption_root = random_dataset();
      d.key_status =
          *rc::gen::element(KeyStatus::none, KeyStatus::available, KeyStatus::unavailable);
      d.written_bytes = any64();
      if (any_flag()) d.resume_token = ResumeToken(std::string("1-ab-cd-ef"));
      const auto versions = *rc::gen::inRange<std::size_t>(0, 4);
      for (std::size_t v = 0; v < versions; ++v) d.versions.push_back(random_version(v));
      inventory.datasets.push_back(std::move(d));
      inventory.sort();
    }
  }
  return world;
}

VersionRef random_ref(bool snapshot_only = false) {
  VersionRef v;
  v.kind = snapshot_only || any_flag() ? VersionKind::snapshot : VersionKind::bookmark;
  v.name = random_name();
  if (any_flag()) v.guid = Guid(any64());
  return v;
}

std::optional<VersionRef> maybe_ref() {
  if (any_flag()) return {};
  return random_ref();
}

std::string random_text() { return *rc::gen::element<std::string>("", "why", "\"a\\\n\t\x01ü"); }

Origin random_origin() {
  return any_flag() ? Origin{} : Origin{"a \"site\".zr", *rc::gen::arbitrary<std::uint32_t>()};
}

std::optional<JobId> random_job() {
  if (any_flag()) return {};
  return JobId{*rc::gen::element(JobKind::autosnap, JobKind::push, JobKind::pull, JobKind::prune),
               *rc::gen::element<std::string>("a_b-c", "a.b")};
}

// Any action but the ends of streams, which come in pairs.
Action random_change() {
  const DatasetName d = random_dataset();
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return CreatePlaceholder{d, any_flag()};
    case 1:
      return TakeSnapshot{d, random_name()};
    case 2:
      return AbortReceive{d, ResumeToken(std::string("1-0-f"))};
    case 3:
      return CreateBookmark{d, random_ref(), any_flag() ? std::string() : random_name()};
    case 4:
      return PlaceHold{d, random_ref(true), "a tag"};
    case 5:
      return ReleaseHold{d, random_ref(true), "a tag"};
    case 6:
      return Rollback{d, random_ref(true), {random_ref(), random_ref()}};
    case 7:
      return RenameDataset{d, random_dataset(), Guid(any64())};
    default:
      return DestroyVersion{d, random_ref()};
  }
}

Plan random_plan() {
  Plan plan = sample_noop();
  plan.now = random_time();
  const auto add = [&](Action action) {
    const auto id = static_cast<StepId>(plan.steps.size() + 1);
    std::vector<StepId> after;
    for (StepId earlier = 1; earlier < id; ++earlier) {
      if (any_flag()) after.push_back(earlier);
    }
    plan.steps.push_back(Step{id, HostName(std::string("nas")), std::move(action), random_job(),
                              after, random_text(), random_origin()});
    return id;
  };
  const auto count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    add(random_change());
    if (any_flag()) continue;
    const StepId sender = any_flag() ? add(Send{random_dataset(), maybe_ref(), random_ref(),
                                                any_flag(), any64(), any_flag(), any_flag()})
                                     : add(Resume{random_dataset(), ResumeToken(std::string("1-a")),
                                                  maybe_ref(), random_ref(), any64()});
    Recv recv{random_dataset(), sender, any_flag(), {}, {}, {}};
    if (any_flag()) recv.set = {{"canmount", random_text()}, {"user:prop", "x"}};
    if (any_flag()) recv.exclude = {"mountpoint"};
    if (any_flag()) recv.rate_bytes_per_second = any64();
    if (any_flag()) {
      recv.clone_of = CloneOrigin{random_dataset(), random_ref()};
      recv.clone_of->snapshot.kind = VersionKind::snapshot;
    }
    add(std::move(recv));
  }
  if (any_flag()) {
    plan.blocked.push_back(Blocked{HostName(std::string("nas")), random_dataset(), random_ref(),
                                   random_job(), random_text(), random_origin()});
  }
  if (any_flag()) {
    plan.conflicts.push_back(
        Conflict{ConflictKind::name_taken, HostName(std::string("vault")),
                 any_flag() ? std::optional<std::string>("x//y") : std::nullopt, random_job(),
                 random_text(), random_text(), random_origin()});
  }
  if (any_flag()) plan.notes = {random_text()};
  return plan;
}

// Every key in `value` is one that the schema knows at that place. `known` is the schema of the
// place, `all` the document with the definitions.
void check_keys(const json& value, const json& known, const json& all, const std::string& where) {
  if (known.contains("$ref")) {
    const auto path = known["$ref"].get<std::string>().substr(1);
    return check_keys(value, all.at(json::json_pointer(path)), all, where);
  }
  if (known.contains("oneOf")) {
    for (const json& kind : known["oneOf"]) {
      const json& target = all.at(json::json_pointer(kind["$ref"].get<std::string>().substr(1)));
      if (target["properties"]["kind"]["const"] == value["kind"]) {
        return check_keys(value, target, all, where);
      }
    }
    FAIL_CHECK(where << ": no kind fits " << value["kind"]);
  }
  if (value.is_array()) {
    for (const json& element : value) check_keys(element, known.at("items"), all, where + "[]");
  } else if (value.is_object() && known.contains("properties")) {
    for (const auto& member : value.items()) {
      const std::string place = where + "." + member.key();
      const bool is_known = known["properties"].contains(member.key());
      CHECK_MESSAGE(is_known, place << " is not described");
      if (is_known) check_keys(member.value(), known["properties"][member.key()], all, place);
    }
    for (const json& key : known.value("required", json::array())) {
      CHECK_MESSAGE(value.contains(key.get<std::string>()), where << "." << key << " is missing");
    }
  } else if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      check_keys(inner, known.at("additionalProperties"), all, where + "." + key);
    }
  }
}

}  // namespace

TEST_CASE("a world needs little to be one") {
  const World world = world_of(R"({"format_version":"1.0","hosts":{"nas":{"datasets":[
      {"name":"tank","versions":[
        {"type":"snapshot","name":"b","guid":"2","createtxg":20,"creation":7200},
        {"type":"snapshot","name":"a","guid":"1","createtxg":10,"creation":3600}]}]},
      "spare":{}}})");
  CHECK(world_to_text(world) == "nas: tank @a=1^10~3600 @b=2^20~7200\nspare:\n");
}

TEST_CASE("the world of the documentation is understood") {
  const World world = world_of(R"(
{ "format_version": "1.0", "observed_at": "2026-11-22T06:30:00Z",
  "hosts": { "nas": { "datasets": [
    { "name": "tank/db", "type": "filesystem", "guid": "9223372036854775901", "placeholder": false, "origin": null, "encryption_root": null, "key_status": null,
      "written": 0, "receive_resume_token": null,
      "versions": [ { "type": "snapshot", "name": "zrepl_20261122_060000_000", "guid": "17", "createtxg": 812, "creation": 1795327200, "holds": ["tag"], "clones": [], "bytes": 4096 },
                    { "type": "bookmark", "name": "zrepl:office:pull.offsite:0000000000000011", "guid": "17", "createtxg": 812, "creation": 1795327200 } ] } ] } } })");
  CHECK(world_to_text(world) ==
        "observed 1795329000\n"
        "nas: tank/db #zrepl:office:pull.offsite:0000000000000011^812~1795327200 "
        "@zrepl_20261122_060000_000=17+4096!tag guid=9223372036854775901\n");
}

TEST_CASE("worlds come back from JSON as they were") {
  CHECK(rc::check("round trip", [] {
    const World world = random_world();
    const auto again = world_from_json(world_to_json(world));
    if (const auto* error = std::get_if<JsonError>(&again)) RC_FAIL(error->message);
    RC_ASSERT(std::get<World>(again) == world);
  }));
}

TEST_CASE("keys that are not known are ignored, and later minor versions are read") {
  CHECK(world_error(R"({"format_version":"1.7","new":{"a":[1,2.5,{}]},"hosts":{"nas":{"x":1,
      "datasets":[{"name":"tank","y":null,"versions":[]}]}}})") == "none");
}

TEST_CASE("another major version is refused by its name") {
  CHECK(world_error(R"({"hosts":{"nas":[]},"format_version":"2.0"})") ==
        "format_version: this is version 2.0, and only versions 1.x are understood");
  CHECK(world_error(R"({"hosts":{}})") == "format_version: missing");
  CHECK(world_error(R"({"format_version":1,"hosts":{}})") == "format_version: not a string");
  CHECK(plan_error(R"({"format_version":"10.0"})") ==
        "format_version: this is version 10.0, and only versions 1.x are understood");
}

TEST_CASE("what is wrong in a world is named with its place") {
  CHECK(world_error(with_version(
            R"("type":"snapshot","name":"a","guid":"x","createtxg":1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].guid: \"x\" is no decimal number of 64 bits");
  CHECK(world_error(
            with_version(R"("type":"snapshot","name":"a","guid":7,"createtxg":1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].guid: not a string");
  CHECK(world_error(with_version(R"("type":"snapshot","name":"a","createtxg":1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].guid: missing");
  CHECK(world_error(with_version(
            R"("type":"snapshot","name":"a/b","guid":"1","createtxg":1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].name: \"a/b\" is no name of a version");
  CHECK(world_error(
            with_version(R"("type":"clone","name":"a","guid":"1","createtxg":1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].type: \"clone\" is no snapshot or bookmark");
  CHECK(world_error(with_version(
            R"("type":"snapshot","name":"a","guid":"1","createtxg":-1,"creation":1)")) ==
        "hosts.nas.datasets[0].versions[0].createtxg: not a whole number from 0 to "
        "18446744073709551615");
  CHECK(
      world_error(with_version(
          R"("type":"snapshot","name":"a","guid":"1","createtxg":1,"creation":99999999999999999999)")) ==
      "hosts.nas.datasets[0].versions[0].creation: not a whole number from 0 to 253402300799");
  CHECK(world_error(with_datasets(R"({"name":"tank"},{"name":"/tank"})")) ==
        "hosts.nas.datasets[1].name: \"/tank\" is no dataset");
  CHECK(world_error(with_datasets("17")) == "hosts.nas.datasets[0]: not an object");
  CHECK(world_error(R"({"format_version":"1.0","hosts":{"Nas":{}}})") ==
        "hosts.Nas: no name of a host");
  CHECK(world_error(R"({"format_version":"1.0","hosts":{"nas":{"datasets":{}}}})") ==
        "hosts.nas.datasets: not an array");
  CHECK(world_error(R"({"format_version":"1.0"})") == "hosts: missing");
  CHECK(world_error(R"({"format_version":"1.0","observed_at":"now","hosts":{}})") ==
        "observed_at: \"now\" is no time");
}

TEST_CASE("what is there twice is refused") {
  CHECK(world_error(with_datasets(R"({"name":"tank/a"},{"name":"tank"},{"name":"tank/a"})")) ==
        "hosts.nas.datasets: tank/a is there twice");
  const std::string a = R"({"type":"snapshot","name":"a b","guid":"1","createtxg":1,"creation":1})";
  CHECK(world_error(with_datasets(R"({"name":"tank","versions":[)" + a + "," + a + "]}")) ==
        "hosts.nas.datasets[0].versions: @\"a b\" is there twice");
  CHECK(world_error(R"({"format_version":"1.0","hosts":{"nas":{},"nas":{}}})") ==
        "hosts.nas: is there twice");
}

TEST_CASE("a text that is no JSON is refused with its place, however it is broken") {
  CHECK(world_error("").find("line 1, column 1") != std::string::npos);
  CHECK(world_error("{\n\"a\": nul}").find("line 2") != std::string::npos);
  CHECK(world_error("{\"a\":\"\xff\"}").find("UTF-8") != std::string::npos);
  CHECK(world_error("[]") == "document: not an object");
  CHECK(world_error("{} {}") != "none");
  CHECK(world_error(std::string(1000000, '[')).find("nested too deeply") != std::string::npos);
  CHECK(world_error("{\"a\":1e999}") != "none");
  CHECK(world_error(std::string("{\"\x1b[2J\":1,\"") + "\x1b").find('\x1b') == std::string::npos);
}

TEST_CASE("damaged worlds never crash the reader") {
  const std::string good = world_to_json(world_from_text(
      "nas: tank @1!keep @2&tank/c #1 written=5 partial=1>2\nnas: tank/c origin=tank@2 encrypted"));
  CHECK(rc::check("some bytes are changed", [&] {
    std::string bad = good;
    const auto count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bad.size());
      bad[at] = *rc::gen::arbitrary<char>();
    }
    bad.resize(*rc::gen::inRange<std::size_t>(bad.size() / 2, bad.size() + 1));
    const auto result = world_from_json(bad);
    if (const auto* error = std::get_if<JsonError>(&result)) RC_ASSERT(!error->message.empty());
  }));
}

TEST_CASE("plans come back from JSON as they were") {
  const auto again = plan_from_json(plan_to_json(sample_plan()));
  if (const auto* error = std::get_if<JsonError>(&again)) FAIL(error->message);
  CHECK(std::get<Plan>(again) == sample_plan());
  CHECK(rc::check("round trip", [] {
    const Plan plan = random_plan();
    const auto result = plan_from_json(plan_to_json(plan));
    if (const auto* error = std::get_if<JsonError>(&result)) RC_FAIL(error->message);
    RC_ASSERT(std::get<Plan>(result) == plan);
  }));
}

TEST_CASE("the JSON of a plan is what it was") {
  check_golden(root + "/tests/cases/render/sample.plan.json", plan_to_json(sample_plan()));
  check_golden(root + "/tests/cases/render/sample.world.json",
               world_to_json(world_from_text("observed 1795329000\n"
                                             "unreachable cloud: no route to host\n"
                                             "nas: tank/db @1!keep&tank/c #1 @2+4096 written=5\n"
                                             "nas: tank/c origin=tank/db@1 encrypted\n"
                                             "vault: backup placeholder token=1-ab-cd-ef\n")));
}

TEST_CASE("a plan that could not be carried out is refused with its place") {
  const auto first = [](const std::string& key, json value) {
    return changed_plan([&](json& d) { d["steps"][0][key] = value; });
  };
  CHECK(plan_error(first("id", 2)) == "steps[0].id: steps are not numbered from 1");
  CHECK(plan_error(first("kind", "format_disk")) ==
        "steps[0].kind: there is no step of the kind format_disk");
  CHECK(plan_error(first("dataset", "tank@1")) == "steps[0].dataset: \"tank@1\" is no dataset");
  CHECK(plan_error(first("snapshot", "-r x")) == "none");  // a legal name, and never an option
  CHECK(plan_error(first("snapshot", "a@b")) ==
        "steps[0].snapshot: \"a@b\" is no name of a version");
  CHECK(plan_error(first("after", {1})) ==
        "steps[0].after: not the ids of earlier steps in rising order");
  CHECK(plan_error(first("job", "pull")) == "steps[0].job: \"pull\" is no job");
  CHECK(plan_error(first("host", "../nas")) == "steps[0].host: \"../nas\" is no name of a host");
  CHECK(plan_error(first("origin", {{"file", "x"}})) == "steps[0].origin.line: missing");
  CHECK(plan_error(changed_plan([](json& d) { d["steps"][2]["stream_of"] = 1; })) ==
        "steps[2]: stream_of names no send of its own");
  CHECK(plan_error(changed_plan([](json& d) {
          d["steps"][2]["set"] = {{"-o x", "y"}};
        })) == "steps[2].set: \"-o x\" is no property");
  CHECK(plan_error(changed_plan([](json& d) { d["conflicts"][0]["kind"] = "bad_luck"; })) ==
        "conflicts[0].kind: \"bad_luck\" is no kind of conflict");
  CHECK(plan_error(changed_plan([](json& d) {
          d["over_budget"]["limits"][0]["what"] = "spend";
        })) == "over_budget.limits[0].what: \"spend\" is no kind of budget");
  CHECK(plan_error(changed_plan([](json& d) { d.erase("steps"); })) == "steps: missing");
  CHECK(plan_error(changed_plan([](json& d) { d["now"] = 5; })) == "now: not a string");
}

TEST_CASE("text that is not UTF-8 is written as JSON all the same") {
  CHECK(json::accept(plan_to_json(hostile_plan())));
}

TEST_CASE("the schemas know every key of a plan and of a world") {
  const json plan_schema = schema("plan.schema.json");
  check_keys(json::parse(plan_to_json(sample_plan())), plan_schema, plan_schema, "plan");
  const json world_schema = schema("world.schema.json");
  const World world = world_from_text(
      "unreachable cloud: x\nnas: tank @1!keep&tank/c #1 encrypted partial=1>2\nnas: tank/c "
      "origin=tank@1");
  check_keys(json::parse(world_to_json(world)), world_schema, world_schema, "world");
}

TEST_CASE("the sample has a step of every kind") {
  std::set<std::string> kinds;
  const json document = json::parse(plan_to_json(sample_plan()));
  for (const json& step : document["steps"]) kinds.insert(step["kind"].get<std::string>());
  CHECK(kinds.size() == std::variant_size_v<Action>);
  CHECK(document["summary"]["full_send"] == 1);
  CHECK(document["noop"] == false);
}
