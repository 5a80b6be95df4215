#include "tests/support/sample_plan.h"

#include <utility>

namespace zr {
namespace {

const HostName nas{std::string("nas")};
const HostName vault{std::string("vault")};
const HostName cloud{std::string("cloud")};

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t gib = 1024 * mib;

DatasetName dataset(const char* name) { return DatasetName::parse(name).value(); }

VersionRef snapshot(std::string name, std::optional<std::uint64_t> guid = {}) {
  VersionRef v{VersionKind::snapshot, std::move(name), {}};
  if (guid) v.guid = Guid(*guid);
  return v;
}

VersionRef bookmark(std::string name, std::uint64_t guid) {
  return {VersionKind::bookmark, std::move(name), Guid(guid)};
}

Origin line(std::uint32_t number) { return {"site.zr", number}; }

const JobId autosnap{JobKind::autosnap, "production"};
const JobId pull{JobKind::pull, "offsite"};
const JobId prune{JobKind::prune, "nas"};

// Collects steps in the order in which they are added, and numbers them.
class Steps {
 public:
  StepId add(const HostName& host, Action action, const JobId& job, std::uint32_t at,
             std::vector<StepId> after, std::string reason) {
    const auto id = static_cast<StepId>(all.size() + 1);
    all.push_back(
        Step{id, host, std::move(action), job, std::move(after), std::move(reason), line(at)});
    return id;
  }
  StepId add_recv(StepId sender, const char* target, bool over_placeholder = false,
                  std::vector<StepId> after = {}) {
    Recv recv{dataset(target),          sender,         over_placeholder,
              {{"canmount", "noauto"}}, {"mountpoint"}, 80 * mib};
    return add(vault, std::move(recv), pull, 38, std::move(after), "the other end");
  }

  std::vector<Step> all;
};

void add_database(Steps& s, const std::string& now) {
  const StepId taken = s.add(nas, TakeSnapshot{dataset("tank/db"), now}, autosnap, 31, {},
                             "the newest is from an earlier slot of 15m");
  const StepId sent = s.add(nas,
                            Send{dataset("tank/db"), snapshot("zrepl_20261122_060000_000", 17),
                                 snapshot(now), true, 1258291, false, true},
                            pull, 38, {taken}, "new since what the target has");
  const StepId landed = s.add_recv(sent, "fast/db");
  const StepId held =
      s.add(vault, PlaceHold{dataset("fast/db"), snapshot(now), "zrepl:office:pull.offsite"}, pull,
            38, {landed}, "keeps the newest that both have");
  const StepId marked = s.add(nas, CreateBookmark{dataset("tank/db"), snapshot(now), ""}, pull, 38,
                              {landed}, "the cursor of pull.offsite");
  s.add(vault,
        ReleaseHold{dataset("fast/db"), snapshot("zrepl_20261122_060000_000", 17),
                    "zrepl:office:pull.offsite"},
        pull, 38, {held}, "a newer one is held");
  s.add(nas,
        DestroyVersion{dataset("tank/db"),
                       bookmark("zrepl:office:pull.offsite:0000000000000011", 17)},
        pull, 38, {marked}, "a newer cursor takes its place");
  for (const int day : {18, 19, 20}) {
    const std::string name = "zrepl_202611" + std::to_string(day) + "_060000_000";
    s.add(nas,
          DestroyVersion{dataset("tank/db"), snapshot(name, 100u + static_cast<unsigned>(day))},
          prune, 62, {landed}, "daily interval of 2026-11-" + std::to_string(day) + " is over");
  }
}

void add_rest(Steps& s, const std::string& now) {
  const StepId parent = s.add(vault, CreatePlaceholder{dataset("backup"), false}, pull, 38, {},
                              "a parent of backup/www");
  const StepId www = s.add(nas,
                           Send{dataset("tank/www"),
                                {},
                                snapshot("zrepl_20261122_060000_000", 51),
                                false,
                                212 * gib,
                                true,
                                false},
                           pull, 38, {}, "vault:backup/www does not exist, and `initial all`");
  s.add_recv(www, "backup/www", false, {parent});
  const StepId resumed =
      s.add(nas,
            Resume{dataset("tank/home"), ResumeToken(std::string("1-abc-def-0123")),
                   snapshot("a", 61), snapshot("b", 62), 800 * mib},
            pull, 38, {}, "was cut off");
  s.add_recv(resumed, "backup/home");
  s.add(vault, AbortReceive{dataset("backup/old"), ResumeToken(std::string("1-fff-def-0123"))},
        pull, 38, {}, "its snapshot is gone from nas:tank/old");
  const StepId back = s.add(
      vault,
      Rollback{dataset("backup/mail"), snapshot("1", 71), {snapshot("2", 72), bookmark("x", 73)}},
      pull, 38, {}, "it has diverged, and `on_diverged rollback`");
  const StepId mail =
      s.add(nas,
            Send{dataset("tank/mail"), bookmark("zrepl:other:push.a:0000000000000047", 71),
                 snapshot(now), false, 0, false, false},
            pull, 38, {}, "new since what the target has");
  s.add_recv(mail, "backup/mail", true, {back});
  s.add(vault, RenameDataset{dataset("backup/vm"), dataset("backup/vm-old"), Guid(81)}, pull, 38,
        {}, "it is the copy of nas:tank/vm-old, and `on_rename follow`");
  Send clone{dataset("tank/fork"), snapshot("base", 91), snapshot("own", 92), false, 4 * mib};
  clone.clone_of = dataset("tank/db");
  const StepId fork = s.add(nas, std::move(clone), pull, 38, {}, "a clone of vault:fast/db");
  const StepId forked = s.add_recv(fork, "fast/fork");
  std::get<Recv>(s.all[forked - 1].action).clone_of =
      CloneOrigin{dataset("fast/db"), snapshot("base", 91)};
}

Plan empty_plan() {
  Plan plan;
  plan.site_file = "site.zr";
  plan.site = SiteName(std::string("office"));
  plan.policy_hash = "7c1fa93b02de4455667788990011223344556677889900aabbccddeeff001122";
  plan.now = Millis(std::chrono::milliseconds(1795329000000));
  plan.hosts = {nas, vault};
  return plan;
}

}  // namespace

Plan sample_plan() {
  Plan plan = empty_plan();
  Steps steps;
  add_database(steps, "zrepl_20261122_063000_000");
  add_rest(steps, "zrepl_20261122_063000_000");
  plan.steps = std::move(steps.all);
  Step tidy{
      static_cast<StepId>(plan.steps.size() + 1),
      nas,
      DestroyVersion{dataset("tank/db"), bookmark("zrepl:office:pull.gone:0000000000000009", 9)},
      {},
      {},
      "pull.gone is no longer a job of this site",
      {}};
  plan.steps.push_back(std::move(tidy));
  for (const char* name : {"keep1", "keep2"}) {
    plan.blocked.push_back(
        Blocked{nas, dataset("tank/db"), snapshot(name, 5), prune, "held by \"legal\"", line(62)});
  }
  plan.conflicts = {
      Conflict{ConflictKind::diverged, vault, "backup/git", pull,
               "@3 and 1 more are on the target only",
               "write `on_diverged rollback`, or move the target away", line(38)},
      Conflict{ConflictKind::host_unreachable,
               cloud,
               {},
               JobId{JobKind::push, "cloud"},
               "cloud can't be reached: no route to host",
               "run it again when cloud is back",
               line(50)},
  };
  plan.unreachable_hosts = {cloud};
  plan.notes = {"nas:tank/db: @zrepl_20261121_060000_000 was created in the future"};
  plan.over_budget = {OverBudget{Budgeted::destroy, nas, 3, 1, 2, 14},
                      OverBudget{Budgeted::create, vault, 1, 0, 0, 0}};
  plan.budget_hash = "3f9a0c1b2d4e";
  return plan;
}

Plan sample_noop() { return empty_plan(); }

Plan hostile_plan() {
  Plan plan = empty_plan();
  const std::string evil = "\x1b[2J\"<b>&\\`;\n\xff\xe2\x80\xae";
  const auto odd = dataset("tank/a b:c.d_e-f");
  plan.site_file = evil + ".zr";
  plan.policy_hash = evil;
  const Origin nowhere{evil, 1};
  plan.steps = {
      Step{1, nas, TakeSnapshot{odd, "a b:c.d_e-f"}, autosnap, {}, evil, nowhere},
      Step{2, nas, PlaceHold{odd, snapshot("a b:c.d_e-f"), evil}, pull, {1}, evil, nowhere},
      Step{3,
           nas,
           Send{odd, {}, snapshot("a b:c.d_e-f"), false, 1, false, false},
           pull,
           {1},
           evil,
           nowhere},
      Step{4, vault, Recv{odd, 3, false, {{"canmount", evil}}, {}, {}}, pull, {}, evil, nowhere},
      Step{5, nas, DestroyVersion{odd, snapshot(" ", 1)}, prune, {4}, evil, nowhere},
  };
  plan.blocked = {Blocked{nas, odd, snapshot("x y", 2), prune, evil, nowhere}};
  plan.conflicts = {Conflict{ConflictKind::name_too_long, vault, evil, pull, evil, evil, nowhere}};
  plan.notes = {evil};
  plan.over_budget = {OverBudget{Budgeted::destroy, nas, UINT64_MAX, 0, 0, UINT64_MAX}};
  plan.budget_hash = evil;
  return plan;
}

}  // namespace zr
