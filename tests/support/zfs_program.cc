// A `zfs` over simulated pools: what executor/ asks of zfs(8), and nothing more, with the texts and
// exit statuses of tests/lab/FACTS.md (of 2.3 where versions differ). The world file is
// $ZREPL_SIM_FILE, the host in it $ZREPL_SIM_HOST. Optional: $ZREPL_SIM_NOW, seconds for new
// snapshots' creation; $ZREPL_SIM_LOG, a file that gets a JSON line for each call: its arguments;
// $ZREPL_SIM_FILLER, how long the stand-in for a snapshot's data may be in a stream;
// $ZREPL_SIM_GRANTS, a file with what `zfs allow` prints.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "executor/sim/sim_zfs.h"
#include "planner/marks.h"
#include "planner/resume_token.h"
#include "tests/support/zfs_program_list.h"
#include "tests/support/zfs_program_pools.h"

namespace zr::zfs_program {
namespace {

std::string_view before_way_out(std::string_view message) {
  return message.substr(0, message.find("; "));
}

// The simulator says what zfs says, in one line and with a way out behind it.
std::string zfs_text(const std::string& message) {
  std::string text(before_way_out(message));
  constexpr std::array<std::array<std::string_view, 2>, 6> breaks = {
      {{"exists, must specify", "exists\nmust specify"},
       {", must specify", "\nmust specify"},
       {", must destroy them", "\nmust destroy them"},
       {", cannot overwrite", "\ncannot overwrite"},
       {"does not match incremental", "does not\nmatch incremental"},
       {"has been modified since", "has been modified\nsince"}}};
  for (const auto& [one_line, two_lines] : breaks) {
    const auto at = text.find(one_line);
    if (at == text.npos) continue;
    text.replace(at, one_line.size(), two_lines);
    break;
  }
  return text;
}

void must_do(const Result<void>& result) {
  if (!result) fail(zfs_text(result.error().message));
}

// ---- changes ------------------------------------------------------------------------------------

DatasetName dataset_name(const std::string& text) {
  const auto name = DatasetName::parse(text);
  if (!name) usage(fmt::format("cannot open '{}': invalid dataset name", text));
  return *name;
}

int snapshot(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "", "");
  std::vector<Change> changes;
  std::set<std::string> datasets, in_pools;
  for (const std::string& full : args.operands) {
    const FullName name(full);
    if (pools.dataset(name.dataset) == nullptr) usage(Pools::missing(name.dataset));
    if (pools.version(name) != nullptr) {
      fail(
          fmt::format("cannot create snapshot '{}': dataset already exists\n"
                      "no snapshots were created",
                      full));
    }
    const DatasetName dataset = dataset_name(name.dataset);
    in_pools.insert(std::string(dataset.pool()));
    if (!datasets.insert(name.dataset).second || in_pools.size() > 1) {
      fail(
          "cannot create snapshots : multiple snapshots of same fs not allowed\n"
          "no snapshots were created");
    }
    changes.push_back(TakeSnapshot{dataset, name.version.substr(1)});
  }
  must_do(zfs.apply(changes));
  return 0;
}

int bookmark(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "", "");
  if (args.operands.size() != 2) usage("wrong number of arguments");
  const FullName of(args.operands[0]), made(args.operands[1]);
  if (pools.version(of) == nullptr) usage(Pools::missing(args.operands[0]));
  if (pools.version(made) != nullptr) {
    fail(fmt::format("cannot create bookmark '{}': bookmark exists", args.operands[1]));
  }
  const std::vector<Change> change = {CreateBookmark{
      dataset_name(made.dataset), pools.ref(args.operands[0]), made.version.substr(1)}};
  must_do(zfs.apply(change));
  return 0;
}

// Holds and releases: what can't be done is said, the rest is done.
int hold_or_release(const Pools& pools, Zfs& zfs, const Names& words, bool hold) {
  const Arguments args(words, "", "");
  if (args.operands.size() < 2) usage("missing tag or snapshot argument");
  const std::string& tag = args.operands[0];
  if (tag.starts_with('.')) usage("tag may not start with '.'");
  std::vector<Change> changes;
  std::string err;
  const std::string_view what = hold ? "hold snapshot" : "release hold from snapshot";
  for (std::size_t i = 1; i < args.operands.size(); ++i) {
    const std::string& full = args.operands[i];
    const FullName name(full);
    const Version* v = pools.version(name);
    const bool has = v && std::find(v->holds.begin(), v->holds.end(), tag) != v->holds.end();
    if (pools.dataset(name.dataset) == nullptr) {
      err += Pools::missing(name.dataset) + "\n";
    } else if (v == nullptr) {
      err += fmt::format("cannot {} '{}': dataset does not exist\n", what, full);
    } else if (tag.size() > 255) {
      err += fmt::format("cannot {} '{}': tag too long\n", what, full);
    } else if (has == hold) {
      err += fmt::format("cannot {} '{}': {} on this dataset\n", what, full,
                         hold ? "tag already exists" : "no such tag");
    } else if (hold) {
      changes.push_back(PlaceHold{dataset_name(name.dataset), pools.ref(full), tag});
    } else {
      changes.push_back(ReleaseHold{dataset_name(name.dataset), pools.ref(full), tag});
    }
  }
  must_do(zfs.apply(changes));
  print(2, err);
  return err.empty() ? 0 : 1;
}

// Why a snapshot stays, as zfs destroy says it.
void check_free(const std::string& full, const Version& v) {
  if (!v.holds.empty()) {
    fail(
        fmt::format("cannot destroy snapshot {0}: it's being held. Run 'zfs holds -r {0}' to see "
                    "holders.",
                    full));
  }
  if (!v.clones.empty()) {
    fail(
        fmt::format("cannot destroy '{}': snapshot has dependent clones\nuse '-R' to destroy the "
                    "following datasets:\n{}",
                    full, v.clones.front()));
  }
}

int destroy(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "", "");
  const FullName name(args.only());
  if (name.version.empty()) usage("only snapshots and bookmarks are destroyed here");
  std::vector<Change> changes;
  if (name.version[0] == '#') {
    if (!pools.version(name)) fail(fmt::format("bookmark '{}' does not exist.", args.only()));
    changes.push_back(DestroyVersion{dataset_name(name.dataset), pools.ref(args.only())});
  } else {
    if (!pools.dataset(name.dataset)) fail(Pools::missing(name.dataset));
    for (const std::string& one : split(name.version.substr(1), ',')) {
      const std::string full = name.dataset + "@" + one;
      const Version* v = pools.version(FullName(full));
      if (v == nullptr) continue;
      check_free(full, *v);
      changes.push_back(DestroyVersion{dataset_name(name.dataset), pools.ref(full)});
    }
    if (changes.empty()) fail("could not find any snapshots to destroy; check snapshot names.");
  }
  must_do(zfs.apply(changes));
  return 0;
}

int rollback(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "r", "");
  const FullName name(args.only());
  const Version* to = pools.version(name);
  if (to == nullptr) fail(Pools::missing(args.only()));
  Rollback change{dataset_name(name.dataset), pools.ref(args.only()), {}};
  std::string younger;
  for (const Version& v : pools.dataset(name.dataset)->versions) {
    if (v.createtxg <= to->createtxg) continue;
    change.destroys.push_back({v.kind, v.name, v.guid});
    younger += "\n" + name.dataset + v.str();
    if (args.has('r') && !v.holds.empty()) {
      fail(fmt::format("cannot destroy '{}': dataset is busy", name.dataset + v.str()));
    }
    if (args.has('r') && !v.clones.empty()) {
      fail(
          fmt::format("cannot rollback to '{}': clones of previous snapshots exist\nuse '-R' to "
                      "force deletion of the following clones and dependents:\n{}",
                      args.only(), v.clones.front()));
    }
  }
  if (!younger.empty() && !args.has('r')) {
    fail(fmt::format(
        "cannot rollback to '{}': more recent snapshots or bookmarks exist\nuse '-r' to "
        "force deletion of the following snapshots and bookmarks:{}",
        args.only(), younger));
  }
  const std::vector<Change> changes = {change};
  must_do(zfs.apply(changes));
  return 0;
}

int rename(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "u", "");
  if (args.operands.size() != 2) usage("wrong number of arguments");
  const Dataset* d = pools.dataset(args.operands[0]);
  if (d == nullptr) fail(Pools::missing(args.operands[0]));
  if (d->type == DatasetType::volume && args.has('u')) {
    fail(fmt::format("cannot open '{}': operation not applicable to datasets of this type",
                     args.operands[0]));
  }
  const std::vector<Change> change = {
      RenameDataset{d->name, dataset_name(args.operands[1]), d->guid}};
  must_do(zfs.apply(change));
  return 0;
}

std::map<std::string, std::string> settings(const Arguments& args) {
  std::map<std::string, std::string> set;
  const auto [first, last] = args.values.equal_range('o');
  for (auto it = first; it != last; ++it) {
    const auto equals = it->second.find('=');
    if (equals == it->second.npos) usage("missing '=' for property=value argument");
    set[it->second.substr(0, equals)] = it->second.substr(equals + 1);
  }
  return set;
}

int create(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "", "o");
  const auto set = settings(args);
  const std::string& name = args.only();
  if (pools.dataset(name)) fail(fmt::format("cannot create '{}': dataset already exists", name));
  const bool as_planned = set.contains(std::string(placeholder_property)) &&
                          set.contains("mountpoint") && set.contains("canmount");
  if (!as_planned) usage("only placeholders are created here");
  const bool plain = set.contains("encryption") && set.at("encryption") == "off";
  const std::vector<Change> change = {CreatePlaceholder{dataset_name(name), plain}};
  must_do(zfs.apply(change));
  return 0;
}

// ---- streams ------------------------------------------------------------------------------------

int send_all(Result<std::unique_ptr<SendStream>> opened) {
  if (!opened) {
    const std::string text = zfs_text(opened.error().message);
    if (text.starts_with("cannot resume send")) fail(text, 255);
    if (text.ends_with("multiple snapshots cannot be sent from a bookmark")) {
      fail("Error: multiple snapshots cannot be sent from a bookmark.");
    }
    fail("warning: " + text);
  }
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    const std::size_t n = must((*opened)->read(buffer));
    if (n == 0) break;
    print(1, {reinterpret_cast<const char*>(buffer.data()), n});
  }
  must_do((*opened)->finish());
  return 0;
}

int send_rest(const Pools& pools, Zfs& zfs, const std::string& text) {
  const ResumeToken token(text);
  const auto decoded = decode(token);
  if (!decoded) fail("cannot resume send: resume token is corrupt (invalid format)", 255);
  const auto [d, to] = pools.snapshot(decoded->toguid, FullName(decoded->toname).dataset);
  if (to == nullptr) {
    fail(fmt::format("cannot resume send: '{}' used in the initial send no longer exists",
                     decoded->toname),
         255);
  }
  return send_all(zfs.send(Resume{d->name, token, {}, VersionRef{to->kind, to->name, to->guid}}));
}

int send(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "wLc", "iIt");
  if (args.values.contains('t')) return send_rest(pools, zfs, args.value('t'));
  const FullName to(args.only());
  if (pools.version(to) == nullptr) fail(Pools::missing(args.only()));
  Send request{dataset_name(to.dataset), {}, pools.ref(args.only())};
  request.raw = args.has('w');
  request.compressed = args.has('c');
  request.intermediates = args.values.contains('I');
  const std::string from = args.value('I', args.value('i').c_str());
  if (!from.empty() && pools.version(FullName(from)) == nullptr) {
    if (from.find('#') == from.npos) fail(Pools::missing(from));
    fail(fmt::format("warning: cannot send '{}': incremental source ({}) does not exist",
                     args.only(), from));
  }
  if (!from.empty()) request.from = pools.ref(from);
  const std::string base = from.empty() ? to.dataset : FullName(from).dataset;
  if (base != to.dataset) request.clone_of = dataset_name(base);
  return send_all(zfs.send(request));
}

[[noreturn]] void fail_receive(Zfs& zfs, const std::string& target, const std::string& message) {
  std::string text = zfs_text(message);
  if (text.find(": parent '") != text.npos) {
    const auto parent = dataset_name(target).parent();
    fail(Pools::missing(parent->str()) +
         "\ncannot receive new filesystem stream: unable to restore to destination");
  }
  if (text.ends_with("incomplete stream")) {
    const Pools after(zfs);
    const Dataset* d = after.dataset(target);
    text += ".";
    if (d != nullptr && d->resume_token) {
      text +=
          "\nPartially received snapshot is saved.\nA resuming stream can be generated on the "
          "sending system by running:\n    zfs send -t " +
          d->resume_token->value;
    }
  }
  fail(text);
}

Result<void> receive_from_stdin(ReceiveStream& stream) {
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    const ssize_t n = ::read(0, buffer.data(), buffer.size());
    if (n <= 0) break;  // its end, or a signal: what has arrived is kept
    const auto got = std::span(buffer).first(static_cast<std::size_t>(n));
    if (auto written = stream.write(got); !written) return written;
  }
  return stream.finish();
}

int receive(const Pools& pools, Zfs& zfs, const Names& words) {
  const Arguments args(words, "suFA", "ox");
  const std::string& target = args.only();
  const Dataset* d = pools.dataset(target);
  if (args.has('A')) {
    if (d == nullptr) usage(Pools::missing(target));
    if (!d->resume_token) {
      fail(fmt::format("'{}' does not have any resumable receive state to abort", target));
    }
    const std::vector<Change> change = {AbortReceive{d->name, *d->resume_token}};
    must_do(zfs.apply(change));
    return 0;
  }
  if (!args.has('s') || !args.has('u')) usage("without -s and -u nothing is received here");
  ReceiveRequest request{dataset_name(target), args.has('F'), false, settings(args), {}};
  const auto [first, last] = args.values.equal_range('x');
  for (auto it = first; it != last; ++it) request.exclude.push_back(it->second);
  if (const auto origin = request.set.extract("origin"); !origin.empty()) {
    const FullName name(origin.mapped());
    if (pools.version(name) == nullptr) fail(Pools::missing(origin.mapped()));
    request.clone_of = CloneOrigin{dataset_name(name.dataset), pools.ref(origin.mapped())};
  }
  // -F alone leaves the property as it was.
  if (args.has('F') && d != nullptr && d->placeholder) {
    request.set.emplace(std::string(placeholder_property), "on");
  }
  auto stream = zfs.receive(request);
  if (!stream) fail_receive(zfs, target, stream.error().message);
  const auto received = receive_from_stdin(**stream);
  stream->reset();
  if (!received) fail_receive(zfs, target, received.error().message);
  return 0;
}

// ---- the program --------------------------------------------------------------------------------

void log_call(const char* path, const Names& words) {
  std::string line;
  for (const std::string& word : words) {
    line += line.empty() ? "[\"" : ", \"";
    for (const char c : word) {
      const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
      line += plain ? std::string(1, c) : fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
    line += "\"";
  }
  const int fd = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) fail(fmt::format("cannot write {}", path), 255);
  print(fd, line + "]\n");
  ::close(fd);
}

std::int64_t number_from(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoll(text);
}

int run(const Names& words) {
  if (const char* log = std::getenv("ZREPL_SIM_LOG")) log_call(log, words);
  const char* path = std::getenv("ZREPL_SIM_FILE");
  const char* host_name = std::getenv("ZREPL_SIM_HOST");
  if (path == nullptr || host_name == nullptr)
    fail("ZREPL_SIM_FILE and ZREPL_SIM_HOST say what to do it on", 255);
  if (words.empty()) usage("missing command");
  const auto file = must(SimFile::open(path));
  const HostName host{host_name};
  SimOptions options;
  options.now = Seconds(std::chrono::seconds(number_from("ZREPL_SIM_NOW", std::time(nullptr))));
  options.max_filler_bytes = static_cast<std::uint64_t>(
      number_from("ZREPL_SIM_FILLER", static_cast<std::int64_t>(options.max_filler_bytes)));
  const auto zfs = must(SimZfs::open(file, host, options));
  const Pools pools(*zfs);
  const std::string& verb = words.front();
  const Names rest(words.begin() + 1, words.end());
  if (verb == "get") return get(pools, rest);
  if (verb == "list") return list(pools, rest);
  if (verb == "holds") return holds(pools, rest);
  if (verb == "allow") return allow(pools, rest);
  if (verb == "snapshot") return snapshot(pools, *zfs, rest);
  if (verb == "bookmark") return bookmark(pools, *zfs, rest);
  if (verb == "hold" || verb == "release")
    return hold_or_release(pools, *zfs, rest, verb == "hold");
  if (verb == "destroy") return destroy(pools, *zfs, rest);
  if (verb == "rollback") return rollback(pools, *zfs, rest);
  if (verb == "rename") return rename(pools, *zfs, rest);
  if (verb == "create") return create(pools, *zfs, rest);
  if (verb == "receive") return receive(pools, *zfs, rest);
  if (verb == "send") return send(pools, *zfs, rest);
  usage(fmt::format("unrecognized command '{}'", verb));
}

}  // namespace
}  // namespace zr::zfs_program

int main(int argc, char** argv) {
  // A receive that is told to end keeps what has arrived, as the real one does.
  struct sigaction on_term {};
  on_term.sa_handler = [](int) {};
  ::sigaction(SIGTERM, &on_term, nullptr);
  try {
    return zr::zfs_program::run({argv + 1, argv + argc});
  } catch (const zr::zfs_program::Exit& exit) {
    zr::zfs_program::print(2, exit.err);
    return exit.status;
  }
}
