#include "executor/serve/client_grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "executor/serve/stream_properties.h"
#include "lang/granting.h"
#include "lang/overloaded.h"
#include "lang/utf8.h"
#include "planner/marks.h"
#include "planner/plan.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

using Side = ClientView::Side;

std::string call_of(const Change& change) {
  return std::visit([](const auto& c) { return std::string(kind_of(Action(c))); }, change);
}

// A version as it may become part of an argument of zfs(8): `a%b` and `a,b` are ranges there.
bool is_exact(const VersionRef& version) {
  return version.guid && *version.guid != Guid() && is_version_name(version.name);
}

bool is_hold(std::string_view tag, Side side) {
  const auto hold = TargetHold::parse(tag);
  return hold && is_hold_tag(tag) && may_mark(hold->job, side);
}
bool is_cursor_of(const VersionRef& version, std::string_view bookmark, Side side) {
  const auto cursor = Cursor::parse(bookmark);
  return cursor && is_version_name(bookmark) && may_mark(cursor->job, side) &&
         version.guid == cursor->guid;
}

constexpr const char* not_granted = "no `sink` and no `pull_acl` grants that dataset";
constexpr const char* no_version = "it names no version with its guid";

// Judges one change; a text where it is refused.
class Judge {
 public:
  explicit Judge(Side side) : side_(side) {}

  const char* operator()(const CreatePlaceholder&) const {
    return side_ == Side::sink ? nullptr : "what it pulls it may not add to";
  }
  const char* operator()(const TakeSnapshot&) const { return "a client takes no snapshots here"; }
  const char* operator()(const Rollback&) const { return "a client rolls nothing back here"; }
  const char* operator()(const RenameDataset&) const { return "a client renames nothing here"; }
  const char* operator()(const CreateBookmark& c) const {
    if (!is_exact(c.of)) return no_version;
    if (is_cursor_of(c.of, c.bookmark, side_)) return nullptr;
    return side_ == Side::sink ? "only a push's or a pull's cursor of that version may be made"
                               : "only a pull's cursor of that version may be made";
  }
  const char* operator()(const PlaceHold& c) const { return hold(c.snapshot, c.tag); }
  const char* operator()(const ReleaseHold& c) const { return hold(c.snapshot, c.tag); }
  const char* operator()(const DestroyVersion& c) const {
    if (side_ == Side::sink) return "what was received is pruned by this host alone";
    if (!is_exact(c.version)) return no_version;
    const bool bookmark = c.version.kind == VersionKind::bookmark;
    if (bookmark && is_cursor_of(c.version, c.version.name, side_)) return nullptr;
    return "only the cursors of pulls may be destroyed";
  }
  // That it is the token which is there now is looked at when it is dropped. One that can't be
  // decoded may go too: it may be of a ZFS that is newer than this program.
  const char* operator()(const AbortReceive& c) const {
    if (side_ != Side::sink) return "only what it sent itself may be dropped";
    if (!is_resume_token(c.token.value)) return "that is no resume token";
    return nullptr;
  }

 private:
  const char* hold(const VersionRef& snapshot, std::string_view tag) const {
    if (!is_exact(snapshot) || snapshot.kind != VersionKind::snapshot) return no_version;
    if (is_hold(tag, side_)) return nullptr;
    return side_ == Side::sink ? "only the hold of a push or a pull may be placed or released"
                               : "only the hold of a pull may be placed or released";
  }

  Side side_;
};

// ---- streams ------------------------------------------------------------------------------------

const char* judge(const ClientView& view, const Send& send) {
  if (!is_exact(send.to) || send.to.kind != VersionKind::snapshot) return no_version;
  if (send.from && !is_exact(*send.from)) return no_version;
  if (!send.clone_of) return nullptr;
  if (!send.from) return "a clone is sent from its origin";
  return view.side_of(*send.clone_of) == Side::pull ? nullptr : not_granted;
}

// The dataset that the stream of a token is of; none where it is not `dataset@snapshot`.
std::optional<DatasetName> dataset_of(const DecodedToken& token) {
  const std::size_t at = token.toname.find('@');
  if (at == token.toname.npos) return std::nullopt;
  const std::string_view name = token.toname;
  if (!is_version_name(name.substr(at + 1))) return std::nullopt;
  return DatasetName::parse(name.substr(0, at));
}

const char* judge(const ClientView&, const Resume& resume) {
  if (!is_exact(resume.to) || resume.to.kind != VersionKind::snapshot) return no_version;
  if (resume.from && !is_exact(*resume.from)) return no_version;
  const auto token = decode(resume.token);
  if (!token) return "its resume token can't be read";
  if (dataset_of(*token) != resume.dataset) return "its resume token is of another dataset";
  const bool agrees =
      token->toguid == resume.to.guid && (!resume.from || token->fromguid == resume.from->guid);
  return agrees ? nullptr : "its resume token is of another stream";
}

SendRequest as_judged(const Send& send) { return send; }
// The token is written anew from what was read, so that zfs reads the same: one that was forged may
// say a thing twice, or say more.
SendRequest as_judged(const Resume& resume) {
  Resume here = resume;
  here.token = encode(*decode(resume.token));
  return here;
}

std::optional<std::string> judge(const Rights& rights, const ReceiveRequest& request) {
  for (const auto& [property, value] : request.set) {
    const bool granted = std::find(rights.properties.begin(), rights.properties.end(), property) !=
                         rights.properties.end();
    if (granted && settable_by_client(property)) continue;
    return fmt::format("the sink lets no client set '{}'", printable(property));
  }
  for (const std::string& property : request.exclude) {
    if (!is_property_name(property)) return "what it excludes is no property";
  }
  return std::nullopt;
}

// The snapshot or bookmark of a dataset with that guid.
const Version* find(const Dataset& d, Guid guid, bool snapshots_only) {
  const auto found = std::find_if(d.versions.begin(), d.versions.end(), [&](const Version& v) {
    return v.guid == guid && (v.is_snapshot() || !snapshots_only);
  });
  return found == d.versions.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Refusal> misfit(const SendRequest& request, const Dataset& here,
                              const Dataset* origin) {
  const auto refuse = [&](std::string why, Remedy remedy) {
    return Refusal{"send", here.name.str(), std::move(why), remedy};
  };
  const auto* resume = std::get_if<Resume>(&request);
  const auto token = resume ? decode(resume->token) : std::nullopt;
  const bool raw = token ? token->raw : std::get<Send>(request).raw;
  if (here.encrypted() && !raw)
    return refuse("it is encrypted, and leaves as it is", Remedy::give_up);
  if (!token) return std::nullopt;
  const bool to = find(here, token->toguid, true) != nullptr;
  const bool from = !token->fromguid || find(here, *token->fromguid, false) != nullptr ||
                    (origin != nullptr && find(*origin, *token->fromguid, true) != nullptr);
  if (to && from) return std::nullopt;
  return refuse("what its resume token is of is not there, or not any more: plan again",
                Remedy::replan);
}

Granted<Change> grant(const ClientView& view, const Change& change) {
  const DatasetName& name = dataset_of(change);
  const auto refuse = [&](const char* why) { return Refusal{call_of(change), name.str(), why}; };
  const Side side = view.side_of(name);
  if (side == Side::none) return refuse(not_granted);
  Change here = change;
  if (const char* why = std::visit(Judge(side), here)) return refuse(why);
  std::visit([&](auto& c) { c.dataset = *view.on_host(name); }, here);
  return here;
}

Granted<SendRequest> grant(const ClientView& view, const SendRequest& request) {
  return std::visit(
      [&](const auto& r) -> Granted<SendRequest> {
        const Side side = view.side_of(r.dataset);
        const char* why = judge(view, r);
        if (side == Side::none) why = not_granted;
        if (side == Side::sink) why = "what is in a sink is not sent back";
        if (why != nullptr) return Refusal{"send", r.dataset.str(), why};
        return as_judged(r);
      },
      request);
}

Granted<ReceiveRequest> grant(const ClientView& view, const Rights& rights,
                              const ReceiveRequest& request) {
  const auto refuse = [&](std::string why) {
    return Refusal{"recv", request.target.str(), std::move(why)};
  };
  const Side side = view.side_of(request.target);
  if (side == Side::none) return refuse(not_granted);
  if (side == Side::pull) return refuse("what it pulls it may not write to");
  if (auto why = judge(rights, request)) return refuse(*std::move(why));
  ReceiveRequest here = request;
  here.target = *view.on_host(request.target);
  if (request.clone_of) {
    const CloneOrigin& origin = *request.clone_of;
    if (view.side_of(origin.dataset) != Side::sink) return refuse("its origin is not in the sink");
    if (!is_exact(origin.snapshot) || origin.snapshot.kind != VersionKind::snapshot)
      return refuse(no_version);
    here.clone_of->dataset = *view.on_host(origin.dataset);
  }
  std::set<std::string> exclude(request.exclude.begin(), request.exclude.end());
  exclude.insert(kept_out_of_streams().begin(), kept_out_of_streams().end());
  // ZFS takes no property that is both set and left out.
  for (const auto& [property, value] : request.set) exclude.erase(property);
  here.exclude.assign(exclude.begin(), exclude.end());
  return here;
}

}  // namespace zr
