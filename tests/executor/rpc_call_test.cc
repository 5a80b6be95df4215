// Calls as JSON: each comes through whole, and what is none, or names what it can't, is refused.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "executor/rpc/call.h"
#include "executor/rpc/frame.h"

namespace zr {
namespace {

bool operator==(const Roots& a, const Roots& b) {
  return a.everything == b.everything && a.trees == b.trees && a.alone == b.alone &&
         a.above == b.above && a.versions_only == b.versions_only;
}
bool operator==(const ReceiveRequest& a, const ReceiveRequest& b) {
  return a.target == b.target && a.over_placeholder == b.over_placeholder &&
         a.resuming == b.resuming && a.set == b.set && a.exclude == b.exclude &&
         a.clone_of == b.clone_of;
}

bool same(const Call& a, const Call& b) {
  if (a.index() != b.index()) return false;
  return std::visit([&](const auto& x) { return x == std::get<std::decay_t<decltype(x)>>(b); }, a);
}

bool any_flag() { return *rc::gen::arbitrary<bool>(); }
std::uint64_t any64() { return *rc::gen::arbitrary<std::uint64_t>(); }

std::string random_name() {
  static const std::string legal =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.: ";
  std::string name = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(legal)));
  return name == "." || name == ".." ? "dots" : name;
}
DatasetName random_dataset() { return DatasetName::parse("tank")->append("d" + random_name()); }
std::vector<DatasetName> random_datasets() {
  std::vector<DatasetName> names;
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) names.push_back(random_dataset());
  return names;
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
ResumeToken random_token() {
  return ResumeToken("1-" + *rc::gen::element<std::string>("0-f", "12ab-cd-ef"));
}

Change random_change() {
  const DatasetName d = random_dataset();
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return CreatePlaceholder{d, any_flag()};
    case 1:
      return TakeSnapshot{d, random_name()};
    case 2:
      return AbortReceive{d, random_token()};
    case 3:
      return CreateBookmark{d, random_ref(), any_flag() ? std::string() : random_name()};
    case 4:
      return PlaceHold{d, random_ref(true), "a tag"};
    case 5:
      return ReleaseHold{d, random_ref(true), "zrepl:office:pull.x"};
    case 6:
      return Rollback{d, random_ref(true), {random_ref(), random_ref()}};
    case 7:
      return DestroyVersion{d, random_ref()};
    default:
      return RenameDataset{d, random_dataset(), Guid(any64())};
  }
}

SendRequest random_send() {
  if (any_flag()) return Resume{random_dataset(), random_token(), maybe_ref(), random_ref(), 7};
  Send send{random_dataset(), maybe_ref(), random_ref()};
  send.intermediates = any_flag();
  send.stream_bytes = any64();
  send.raw = any_flag();
  send.compressed = any_flag();
  if (any_flag()) send.clone_of = random_dataset();
  return send;
}

ReceiveRequest random_receive() {
  ReceiveRequest request{random_dataset(), any_flag(), any_flag(), {}, {}};
  if (any_flag()) request.set["org.x:y"] = "\"quoted\\\" \t\n\xc3\xa4";
  if (any_flag()) request.set["compression"] = "";
  if (any_flag()) request.exclude = {"mountpoint", "org.x:z"};
  if (any_flag()) request.clone_of = CloneOrigin{random_dataset(), random_ref(true)};
  return request;
}

Call random_call() {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return Roots{any_flag(), random_datasets(), random_datasets(), any_flag(), random_datasets()};
    case 1: {
      std::vector<Change> changes;
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n) changes.push_back(random_change());
      return changes;
    }
    case 2:
      return random_send();
    default:
      return random_receive();
  }
}

// Why it is refused; empty when it is not.
std::string refused(const std::string& text) {
  const auto call = call_from_json(text);
  const auto* error = std::get_if<JsonError>(&call);
  return error ? error->message : "";
}

std::string listing_of(const std::string& names) {
  return R"({"call":"list","everything":false,"trees":)" + names +
         R"(,"alone":[],"above":[],"versions_only":false})";
}
std::string applying(const std::string& action) {
  return R"({"call":"apply","actions":[)" + action + "]}";
}
std::string destroying(const std::string& dataset, const std::string& snapshot,
                       const std::string& guid) {
  return applying(R"({"kind":"destroy","dataset":")" + dataset + R"(","snapshot":")" + snapshot +
                  R"(","guid":)" + guid + "}");
}
std::string receiving(const std::string& members) {
  return R"({"call":"receive","resuming":false,"actions":[{"kind":"recv","dataset":"tank/a",)"
         R"("stream_of":0,"over_placeholder":false,)" +
         members + "}]}";
}

TEST_CASE("every call comes through whole") {
  rc::check([] {
    const Call call = random_call();
    const auto back = call_from_json(call_to_json(call));
    RC_ASSERT(std::holds_alternative<Call>(back));
    RC_ASSERT(same(std::get<Call>(back), call));
  });
}

TEST_CASE("a call that was changed on its way is a call that can be written again, or none") {
  rc::check([] {
    std::string text = call_to_json(random_call());
    for (int changes = *rc::gen::inRange(1, 4); changes > 0; --changes) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      text[at] = *rc::gen::oneOf(rc::gen::arbitrary<char>(),
                                 rc::gen::elementOf(std::string("{}[]\",:0\\@#/")));
    }
    text.resize(*rc::gen::inRange(text.size() / 2, text.size() + 1));
    const auto call = call_from_json(text);
    if (!std::holds_alternative<Call>(call)) return;
    const auto back = call_from_json(call_to_json(std::get<Call>(call)));
    RC_ASSERT(std::holds_alternative<Call>(back));
    RC_ASSERT(same(std::get<Call>(back), std::get<Call>(call)));
  });
}

TEST_CASE("a call is one of those that there are") {
  CHECK(refused(listing_of("[]")).empty());
  CHECK(refused("").size() > 0);
  CHECK(refused("[]").size() > 0);
  CHECK(refused("{}").size() > 0);
  CHECK(refused("null").size() > 0);
  CHECK(refused(R"({"call":"destroy"})") != "");
  CHECK(refused(R"({"call":"List"})") != "");
  CHECK(refused(R"({"call":["list"]})") != "");
  CHECK(refused(R"({"call":"list)") != "");
  CHECK(refused(listing_of("[]") + "x") != "");
  CHECK(refused(listing_of("[]") + std::string(1, '\0')) != "");
  CHECK(refused(listing_of(std::string(10'000, '['))) != "");
  CHECK(refused(std::string(1'000'000, '[')) != "");
}

TEST_CASE("a call names only what can be a dataset") {
  CHECK(refused(listing_of(R"(["tank/a b:c"])")).empty());
  const std::string long_name(5000, 'a');
  for (const std::string& name :
       {std::string(), std::string("/tank"), std::string("tank/"), std::string("tank//a"),
        std::string("tank/../other"), std::string("tank/."), std::string("tank/a@b"),
        std::string("tank/a#b"), std::string("tank/a\\u0000"), std::string("\\u0000"),
        std::string("tank/%recv"), std::string("-r"), std::string("0tank"), "tank/" + long_name,
        std::string("t\xc3\xa4nk"), std::string("tank\\n"), std::string("tank\xff"),
        std::string("tank/\\u202e"), std::string("tank\\/..")}) {
    CAPTURE(name);
    CHECK(refused(listing_of("[\"" + name + "\"]")) != "");
    CHECK(refused(destroying(name, "s", "\"1\"")) != "");
    CHECK(refused(applying(R"({"kind":"rename","dataset":"tank/a","to":")" + name +
                           R"(","guid":"1"})")) != "");
    CHECK(refused(receiving(R"("set":{},"exclude":[],"clone_of":")" + name +
                            R"(@s","clone_of_guid":"1")")) != "");
  }
  CHECK(refused(listing_of("[1]")) != "");
  CHECK(refused(listing_of("\"tank\"")) != "");
}

TEST_CASE("a call names only what can be a version, and guids are text") {
  CHECK(refused(destroying("tank/a", "s", "\"1\"")).empty());
  for (const char* name : {"", ".", "..", "a/b", "a@b", "a#b", "a\\u0000", "a%b", "a,b", "%"}) {
    CAPTURE(name);
    CHECK(refused(destroying("tank/a", name, "\"1\"")) != "");
  }
  for (const char* guid : {"1", "1.5", "\"\"", "\"-1\"", "\"+1\"", "\" 1\"", "\"0x1\"", "\"1 \"",
                           "\"18446744073709551616\"", "true", "[\"1\"]"}) {
    CAPTURE(guid);
    CHECK(refused(destroying("tank/a", "s", guid)) != "");
  }
}

TEST_CASE("a change is one that a plan may have") {
  for (const char* action :
       {R"({"kind":"frobnicate","dataset":"tank/a"})", R"({"kind":"","dataset":"tank/a"})",
        R"({"dataset":"tank/a"})", R"({"kind":"create"})", "1", "null", "[]",
        R"({"kind":"send","dataset":"tank/a","from":null,"from_guid":null,"to":"@s","to_guid":"1",)"
        R"("intermediates":false,"bytes":0,"raw":false,"compressed":false})",
        R"({"kind":"hold","dataset":"tank/a","snapshot":"s","guid":"1","tag":""})",
        R"({"kind":"hold","dataset":"tank/a","snapshot":"s","guid":"1","tag":"a\u0000b"})",
        R"({"kind":"abort","dataset":"tank/a","token":"1-x; reboot"})",
        R"({"kind":"abort","dataset":"tank/a","token":""})"}) {
    CAPTURE(action);
    CHECK(refused(applying(action)) != "");
  }
  CHECK(refused(R"({"call":"apply","actions":{}})") != "");
  CHECK(refused(R"({"call":"send","actions":[]})") != "");
  CHECK(refused(R"({"call":"send","actions":[{"kind":"create","dataset":"tank/a"}]})") != "");
  CHECK(refused(R"({"call":"receive","actions":[{"kind":"create","dataset":"tank/a"}]})") != "");
}

TEST_CASE("properties of a receive are such as an argument can name") {
  CHECK(refused(receiving(R"("set":{"org.x:y":"a=b"},"exclude":["mountpoint"])")).empty());
  for (const char* property : {"", "-o", "a b", "A", "a\\u0000", "a=b", "a@b", "a,b"}) {
    CAPTURE(property);
    CHECK(refused(receiving(R"("set":{")" + std::string(property) + R"(":"v"},"exclude":[])")) !=
          "");
    CHECK(refused(receiving(R"("set":{},"exclude":[")" + std::string(property) + "\"]")) != "");
  }
  CHECK_MESSAGE(refused(receiving(R"("set":{"compression":"off\u0000on"},"exclude":[])")) != "",
                "an argument would end at the NUL");
}

TEST_CASE("an answer brings its error and its remedy") {
  CHECK(reply_from_json(reply_to_json({})));
  for (const Remedy remedy : {Remedy::retry, Remedy::reconnect, Remedy::replan, Remedy::give_up}) {
    for (const bool lacks_property : {false, true}) {
      const auto back =
          reply_from_json(reply_to_json(Error{remedy, "can't \"do\"\n\xc3\xa4", lacks_property}));
      REQUIRE_FALSE(back);
      CHECK(back.error().remedy == remedy);
      CHECK(back.error().message == "can't \"do\"\n\xc3\xa4");
      CHECK(back.error().lacks_property == lacks_property);
    }
  }
}

TEST_CASE("an answer that is none is an error, never a success") {
  for (const char* text :
       {"", "{}", "[]", "true", R"({"ok":1})", R"({"ok":"true"})", R"({"ok":null})",
        R"({"ok":false})", R"({"ok":false,"message":1,"remedy":"retry"})", R"({"ok":true)",
        R"({"ok":true}x)", R"({"ok":false,"ok":true})", "{\"ok\":true,\"m\":\"\xff\"}"}) {
    CAPTURE(text);
    const auto back = reply_from_json(text);
    REQUIRE_FALSE(back);
    CHECK(back.error().remedy == Remedy::give_up);
  }
  const auto later = reply_from_json(R"({"ok":false,"message":"m","remedy":"pray"})");
  REQUIRE_FALSE(later);
  CHECK(later.error().remedy == Remedy::give_up);
}

TEST_CASE("a message without end is cut, so that its answer arrives") {
  const auto said = reply_to_json(Error{Remedy::retry, std::string(max_message_bytes, 'x')});
  CHECK(said.size() < max_text_bytes + 1000);
  CHECK(reply_from_json(said).error().message.size() == max_text_bytes);
}

TEST_CASE("the message of an answer may be any bytes") {
  const auto back = reply_from_json(reply_to_json(Error{Remedy::retry, "no UTF-8: \xff\xfe"}));
  REQUIRE_FALSE(back);
  CHECK_MESSAGE(back.error().remedy == Remedy::retry, "the remedy is lost: ", back.error().message);
}

}  // namespace
}  // namespace zr
