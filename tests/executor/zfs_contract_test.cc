#include "tests/executor/zfs_contract.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "executor/machine/local_host.h"
#include "executor/rpc/answer.h"
#include "executor/rpc/connection.h"
#include "executor/rpc/rpc_zfs.h"
#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_zfs.h"
#include "executor/ssh/ssh_machine.h"
#include "executor/text_file.h"
#include "executor/zfs/cli_zfs.h"
#include "planner/json.h"
#include "tests/executor/temporary_folder.h"
#include "tests/support/sshd.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

std::string next_name() {
  static std::atomic<unsigned> number = 0;
  return fmt::format("contract-{}-{}", ::getpid(), ++number);
}

const SimOptions sim_options{Seconds(std::chrono::seconds(1795327200)), 64 * 1024};

// ---- simulated pools ----------------------------------------------------------------------------

HostName host_of(End end) { return HostName(end == End::source ? "nas" : "vault"); }
DatasetName pool_of(End end) { return *DatasetName::parse(end == End::source ? "tank" : "fast"); }

World empty_world() {
  World world;
  for (const End end : {End::source, End::target}) {
    Dataset pool(pool_of(end));
    pool.guid = Guid(end == End::source ? 1 : 2);
    Dataset root(pool.name.append("root"));
    root.guid = Guid(end == End::source ? 3 : 4);
    world.hosts[host_of(end)].datasets = {std::move(pool), std::move(root)};
  }
  return world;
}

class SimFixture : public ZfsFixture {
 public:
  explicit SimFixture(std::shared_ptr<SimFile> file) : file_(std::move(file)) {}

  std::unique_ptr<Zfs> open(End end) override {
    auto zfs = SimZfs::open(file_, host_of(end), sim_options);
    if (!zfs) throw std::runtime_error(zfs.error().message);
    return *std::move(zfs);
  }
  DatasetName root(End end) const override { return pool_of(end).append("root"); }
  std::uint64_t data_bytes() const override { return 1 << 20; }
  std::uint64_t stream_bytes() const override { return sim_options.max_filler_bytes; }
  std::uint64_t cut_bytes() const override { return 20000; }

  void create(End end, const DatasetName& name) override {
    Dataset made(name);
    edit(end, [&](const SimHost& host) {
      if (!inherit_encryption(made, must_find(host, *name.parent()))) {
        throw std::runtime_error("the test has no key for " + name.str());
      }
    });
    add(end, std::move(made));
  }
  void create_volume(End end, const DatasetName& name) override {
    Dataset made(name);
    made.type = DatasetType::volume;
    add(end, std::move(made));
  }
  void create_encrypted(End end, const DatasetName& name) override {
    Dataset made(name);
    made.encryption_root = name;
    made.key_status = KeyStatus::available;
    add(end, std::move(made));
  }
  void unload_key(End end, const DatasetName& name) override {
    edit(end, [&](const SimHost& host) {
      for (Dataset& d : host.pools().datasets) {
        if (d.encryption_root == name) d.key_status = KeyStatus::unavailable;
      }
    });
  }
  void write(End end, const DatasetName& name, std::uint64_t bytes) override {
    edit(end, [&](const SimHost& host) { must_find(host, name).written_bytes += bytes; });
  }
  void snapshot(End end, const DatasetName& name, const std::string& snapshot) override {
    const std::vector<Change> change = {TakeSnapshot{name, snapshot}};
    const auto zfs = SimZfs::open(file_, host_of(end), sim_options);
    if (!(*zfs)->apply(change)) throw std::runtime_error("the test can't snapshot " + name.str());
  }
  void clone(End end, const DatasetName& name, const std::string& snapshot,
             const DatasetName& to) override {
    Dataset made(to);
    made.origin = name.str() + "@" + snapshot;
    add(end, std::move(made));
    edit(end, [&](const SimHost& host) {
      Dataset& d = must_find(host, name);
      d.versions[index_of(d, snapshot)].clones.push_back(to.str());
    });
  }
  void destroy(End end, const DatasetName& name, const std::string& snapshot) override {
    edit(end, [&](const SimHost& host) {
      Dataset& d = must_find(host, name);
      erase_version(d, index_of(d, snapshot));
    });
  }

 protected:
  SimFile& file() { return *file_; }

 private:
  void edit(End end, const std::function<void(const SimHost&)>& work) {
    const auto edited = file_->change([&](SimState& state) -> Result<void> {
      work(SimHost{state, host_of(end), sim_options.now});
      state.touched = true;
      return {};
    });
    if (!edited) throw std::runtime_error(edited.error().message);
  }
  void add(End end, Dataset made) {
    edit(end, [&](const SimHost& host) { add_dataset(host, std::move(made)); });
  }
  static Dataset& must_find(const SimHost& host, const DatasetName& name) {
    Dataset* d = host.find(name);
    if (d == nullptr) throw std::runtime_error("the test has no " + name.str());
    return *d;
  }
  static std::size_t index_of(const Dataset& d, const std::string& snapshot) {
    const Version* v = d.find(VersionKind::snapshot, snapshot);
    if (v == nullptr) throw std::runtime_error("the test has no @" + snapshot);
    return static_cast<std::size_t>(v - d.versions.data());
  }

  const std::shared_ptr<SimFile> file_;
};

// A folder for a test's world, gone with it.
class WorldFolder {
 public:
  WorldFolder() : path_(fs::temp_directory_path() / next_name()) {
    fs::create_directory(path_);
    if (!write_text_file(world(), world_to_json(empty_world()))) {
      throw std::runtime_error("the test can't write " + world().string());
    }
  }
  WorldFolder(const WorldFolder&) = delete;
  WorldFolder& operator=(const WorldFolder&) = delete;
  ~WorldFolder() { fs::remove_all(path_); }

  fs::path world() const { return path_ / "world with a blank.json"; }
  std::shared_ptr<SimFile> open() const {
    auto file = SimFile::open(world());
    if (!file) throw std::runtime_error(file.error().message);
    return *file;
  }

 private:
  fs::path path_;
};

class SimFileFixture : private WorldFolder, public SimFixture {
 public:
  SimFileFixture() : SimFixture(WorldFolder::open()) {}
  using SimFixture::open;
};

// CliZfs, with a `zfs` that works on the same file as the administrator.
class CliFixture : private WorldFolder, public SimFixture {
 public:
  CliFixture() : SimFixture(WorldFolder::open()) {}
  std::unique_ptr<Zfs> open(End end) override {
    const Argv zfs = {"env", "ZREPL_SIM_FILE=" + world().string(),
                      "ZREPL_SIM_HOST=" + host_of(end).value, ZREPL_SIM_ZFS};
    return std::make_unique<CliZfs>(std::make_shared<LocalHost>(), zfs, CliZfsOptions{},
                                    std::stop_token());
  }
};

// The same over ssh.
class SshFixture : private WorldFolder, public SimFixture {
 public:
  SshFixture() : SimFixture(WorldFolder::open()), sshd_(sshd_folder_.path()) {}
  std::unique_ptr<Zfs> open(End end) override {
    const Argv zfs = {"env", "ZREPL_SIM_FILE=" + world().string(),
                      "ZREPL_SIM_HOST=" + host_of(end).value, ZREPL_SIM_ZFS};
    auto machine = connect_ssh(sshd_.transport(), sshd_folder_.path(), {});
    if (!machine) throw std::runtime_error(machine.error().message);
    return std::make_unique<CliZfs>(std::shared_ptr<Machine>(std::move(*machine)), zfs,
                                    CliZfsOptions{}, std::stop_token());
  }

 private:
  TemporaryFolder sshd_folder_;
  Sshd sshd_;
};

// Whatever Inner opens, by way of the protocol over a pair of sockets.
template <class Inner, bool checksum>
class RpcFixture : public Inner {
 public:
  RpcFixture() = default;
  RpcFixture(const RpcFixture&) = delete;
  RpcFixture& operator=(const RpcFixture&) = delete;
  ~RpcFixture() override {
    for (std::thread& server : servers_) server.join();
  }

  std::unique_ptr<Zfs> open(End end) override {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("the test gets no sockets");
    }
    ConnectionOptions options;
    options.checksum = checksum;
    servers_.emplace_back([this, end, fd = ends[0], options] {
      (void)answer_calls(Descriptor(fd), Descriptor(::dup(fd)), options,
                         [&](std::stop_token) { return Result(Inner::open(end)); }, {});
    });
    auto connection =
        std::make_shared<Connection>(Descriptor(ends[1]), Descriptor(::dup(ends[1])), options);
    return std::make_unique<RpcZfs>(std::move(connection), std::stop_token());
  }

 private:
  std::vector<std::thread> servers_;
};

// ---- real ones ----------------------------------------------------------------------------------

// Real pools, named by ZREPL_CONTRACT_POOLS ("source target"). Each case works below a dataset of
// its own, which stays: to destroy it would be a fifth of what a case takes. As root.
class RealFixture : public ZfsFixture {
 public:
  RealFixture() : name_(next_name()) {
    const char* pools = std::getenv("ZREPL_CONTRACT_POOLS");
    const std::string text = pools == nullptr ? "" : pools;
    const auto blank = text.find(' ');
    if (blank == text.npos) throw std::runtime_error("ZREPL_CONTRACT_POOLS names no two pools");
    source_ = text.substr(0, blank) + "/" + name_;
    target_ = text.substr(blank + 1) + "/" + name_;
    for (const std::string& root : {source_, target_}) run({"zfs", "create", root});
  }

  std::unique_ptr<Zfs> open(End) override {
    return std::make_unique<CliZfs>(std::make_shared<LocalHost>(), Argv{"zfs"}, CliZfsOptions{},
                                    std::stop_token());
  }
  DatasetName root(End end) const override {
    return *DatasetName::parse(end == End::source ? source_ : target_);
  }
  std::uint64_t data_bytes() const override { return 1 << 20; }
  std::uint64_t stream_bytes() const override { return 1100 * 1024; }
  std::uint64_t cut_bytes() const override { return 400 * 1024; }

  void create(End, const DatasetName& name) override { run({"zfs", "create", name.str()}); }
  void create_volume(End, const DatasetName& name) override {
    run({"zfs", "create", "-V", "4M", name.str()});
  }
  void create_encrypted(End, const DatasetName& name) override {
    run({"sh", "-c",
         "printf 'passphrase\\npassphrase\\n' | zfs create -o encryption=on -o "
         "keyformat=passphrase -o keylocation=prompt \"$1\"",
         "sh", name.str()});
  }
  void unload_key(End, const DatasetName& name) override {
    run({"sh", "-c", "zfs unmount \"$1\" 2>/dev/null; zfs unload-key -r \"$1\"", "sh", name.str()});
  }
  void write(End, const DatasetName& name, std::uint64_t bytes) override {
    run({"sh", "-c",
         "{ read -r mounted; read -r at; } <<TEXT\n"
         "$(zfs get -H -o value mounted,mountpoint \"$1\")\nTEXT\n"
         "[ \"$mounted\" = yes ] || zfs mount \"$1\"; : \"${at:?}\"; "
         "dd if=/dev/urandom of=\"$at/$2\" bs=65536 count=$3 status=none && zpool sync",
         "sh", name.str(), next_name(), std::to_string(bytes / 65536)});
  }
  void snapshot(End, const DatasetName& name, const std::string& snapshot) override {
    run({"zfs", "snapshot", name.str() + "@" + snapshot});
  }
  void clone(End, const DatasetName& name, const std::string& snapshot,
             const DatasetName& to) override {
    run({"zfs", "clone", name.str() + "@" + snapshot, to.str()});
  }
  void destroy(End, const DatasetName& name, const std::string& snapshot) override {
    run({"zfs", "destroy", name.str() + "@" + snapshot});
  }

 private:
  Result<Output> try_run(const Argv& argv) { return run_command(host_, argv, {}); }
  void run(const Argv& argv) {
    const auto output = try_run(argv);
    if (!output) throw std::runtime_error(output.error().message);
    if (output->status != 0) throw std::runtime_error(argv.back() + ": " + output->err);
  }

  LocalHost host_;
  const std::string name_;
  std::string source_, target_;
};

// ---- all cases, on each -------------------------------------------------------------------------

// These take a minute, for a connection each time: tests/run has them done.
bool over_ssh() { return std::getenv("ZREPL_CONTRACT_SSH") != nullptr; }
bool on_real_zfs() {
  const char* wanted = std::getenv("ZREPL_CONTRACT_ZFS");
  return wanted != nullptr && std::string_view(wanted) == "real";
}

template <class Fixture>
void keeps(const std::vector<ContractCase>& contract) {
  for (const ContractCase& c : contract) {
    SUBCASE(c.name.c_str()) {
      Fixture fixture;
      c.run(fixture);
    }
  }
}

struct InMemory : SimFixture {
  InMemory() : SimFixture(SimFile::in_memory(empty_world())) {}
};

TEST_CASE("pools in memory change as ZFS does") { keeps<InMemory>(change_contract()); }
TEST_CASE("pools in memory stream as ZFS does") { keeps<InMemory>(stream_contract()); }
TEST_CASE("pools in memory resume as ZFS does") { keeps<InMemory>(resume_contract()); }

TEST_CASE("pools in a file change as ZFS does") { keeps<SimFileFixture>(change_contract()); }
TEST_CASE("pools in a file stream as ZFS does") { keeps<SimFileFixture>(stream_contract()); }
TEST_CASE("pools in a file resume as ZFS does") { keeps<SimFileFixture>(resume_contract()); }

TEST_CASE("the zfs command is run for changes as ZFS has them") {
  keeps<CliFixture>(change_contract());
}
TEST_CASE("the zfs command is run for streams as ZFS has them") {
  keeps<CliFixture>(stream_contract());
}
TEST_CASE("the zfs command is run for resumes as ZFS has them") {
  keeps<CliFixture>(resume_contract());
}

TEST_CASE("the other end of a connection changes as ZFS does") {
  keeps<RpcFixture<InMemory, true>>(change_contract());
}
TEST_CASE("the other end of a connection streams as ZFS does") {
  keeps<RpcFixture<InMemory, true>>(stream_contract());
}
TEST_CASE("the other end of a connection resumes as ZFS does") {
  keeps<RpcFixture<InMemory, true>>(resume_contract());
}
TEST_CASE("the zfs command at the other end of a connection changes as ZFS does") {
  keeps<RpcFixture<CliFixture, false>>(change_contract());
}
TEST_CASE("the zfs command at the other end of a connection streams as ZFS does") {
  keeps<RpcFixture<CliFixture, false>>(stream_contract());
}
TEST_CASE("the zfs command at the other end of a connection resumes as ZFS does") {
  keeps<RpcFixture<CliFixture, false>>(resume_contract());
}

TEST_CASE("the zfs command over ssh is run for changes as ZFS has them" *
          doctest::skip(!over_ssh())) {
  keeps<SshFixture>(change_contract());
}
TEST_CASE("the zfs command over ssh is run for streams as ZFS has them" *
          doctest::skip(!over_ssh())) {
  keeps<SshFixture>(stream_contract());
}
TEST_CASE("the zfs command over ssh is run for resumes as ZFS has them" *
          doctest::skip(!over_ssh())) {
  keeps<SshFixture>(resume_contract());
}

TEST_CASE("real ZFS changes as the contract says" * doctest::skip(!on_real_zfs())) {
  keeps<RealFixture>(change_contract());
}
TEST_CASE("real ZFS streams as the contract says" * doctest::skip(!on_real_zfs())) {
  keeps<RealFixture>(stream_contract());
}
TEST_CASE("real ZFS resumes as the contract says" * doctest::skip(!on_real_zfs())) {
  keeps<RealFixture>(resume_contract());
}

}  // namespace
}  // namespace zr
