#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "executor/progress/progress_text.h"
#include "executor/zfs.h"
#include "lang/overloaded.h"

namespace zr {

// Hosts that know just enough of ZFS to run plans on: datasets spring into being when they are
// received, versions have guids. What was called is recorded, calls fail or hang when told to.
//
// Calls are named as plans are: "nas: destroy tank/a@1 tank/b@1", "nas: list tank/a",
// "nas: send tank/a@1", "vault: recv back/a", "vault: landed back/a", "nas: connect".
class FakeHosts {
 public:
  // The first `times` calls whose name contains `text` fail and do nothing.
  void fail(std::string text, Error error, unsigned times = 1000000) {
    faults_.push_back({std::move(text), std::move(error), times});
  }
  // Calls whose name contains `text` wait until stop is requested, and fail then. Of a stream it is
  // the bytes that come to a halt, in the middle.
  void hang(std::string text, std::stop_token stop) {
    hanging_ = std::move(text);
    stop_ = std::move(stop);
  }
  // Called with each call's name before it is done, without a lock.
  std::function<void(const std::string&)> on_call;
  // What a received snapshot turns out to be instead.
  std::optional<Version> lands_as;

  void add(const std::string& host, const std::string& dataset,
           std::vector<Version> versions = {}) {
    auto& d = world_[host].try_emplace(dataset, DatasetName::parse(dataset).value()).first->second;
    d.versions = std::move(versions);
  }
  void set_token(const std::string& host, const std::string& dataset, const std::string& token) {
    world_[host].at(dataset).resume_token = ResumeToken(token);
  }
  void remove(const std::string& host, const std::string& dataset) { world_[host].erase(dataset); }

  Connect connect();
  // All calls so far, one a line, sorted where `sorted` (of parallel runs).
  std::string calls() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& call : calls_) text += call + "\n";
    return text;
  }
  std::string versions(const std::string& host, const std::string& dataset) const {
    std::string text;
    for (const Version& v : world_.at(host).at(dataset).versions) {
      text += (text.empty() ? "" : " ") + v.str() + "=" + std::to_string(v.guid.value);
    }
    return text;
  }
  unsigned most_connections(const std::string& host) const { return most_open_.at(host); }
  unsigned open_connections() const { return open_; }

 private:
  friend class FakeZfs;
  struct Fault {
    std::string text;
    Error error;
    unsigned times;
  };

  Result<void> called(const std::string& call) {
    if (on_call) on_call(call);
    std::unique_lock lock(mutex_);
    calls_.push_back(call);
    for (Fault& fault : faults_) {
      if (fault.times == 0 || call.find(fault.text) == call.npos) continue;
      --fault.times;
      return fault.error;
    }
    if (!hanging_.empty() && call.find(hanging_) != call.npos) return wait_for_stop(lock);
    return {};
  }
  Error wait_for_stop(std::unique_lock<std::mutex>& lock) {
    std::condition_variable_any never;
    never.wait(lock, stop_, [] { return false; });
    return {Remedy::retry, "stopped"};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, Dataset>> world_;
  std::vector<std::string> calls_;
  std::vector<Fault> faults_;
  std::string hanging_;
  std::stop_token stop_;
  std::uint64_t next_guid_ = 100;
  std::map<std::string, unsigned> open_on_, most_open_;
  unsigned open_ = 0;
};

// The stream is the snapshot's name and guid, and then some bytes.
class FakeZfs final : public Zfs {
 public:
  FakeZfs(FakeHosts& hosts, std::string host) : hosts_(hosts), host_(std::move(host)) {
    const std::lock_guard lock(hosts_.mutex_);
    ++hosts_.open_;
    hosts_.most_open_[host_] = std::max(hosts_.most_open_[host_], ++hosts_.open_on_[host_]);
  }
  ~FakeZfs() override {
    const std::lock_guard lock(hosts_.mutex_);
    --hosts_.open_;
    --hosts_.open_on_[host_];
  }

  Result<Inventory> list(const Roots& roots) override {
    std::string call = host_ + ": list";
    for (const DatasetName& name : roots.alone) call += " " + name.str();
    for (const DatasetName& name : roots.trees) call += " " + name.str() + "<";
    if (roots.everything) call += " everything";
    if (auto ok = hosts_.called(call); !ok) return ok.error();
    const std::lock_guard lock(hosts_.mutex_);
    Inventory found;
    for (const auto& [name, dataset] : hosts_.world_[host_]) {
      const auto takes = [&, &d = dataset](const DatasetName& root) { return d.name == root; };
      if (std::any_of(roots.alone.begin(), roots.alone.end(), takes)) {
        found.datasets.push_back(dataset);
      }
    }
    found.sort();
    return found;
  }

  Result<void> apply(std::span<const Change> changes) override {
    std::string call = host_ + ":";
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Step step{1,
                      HostName(host_),
                      std::visit([](const auto& c) { return Action(c); }, changes[i]),
                      {},
                      {},
                      "",
                      {}};
      if (i == 0) call += " " + std::string(kind_of(step.action));
      call += " " + step.dataset().str() + version_of(step.action);
      if (const auto* bookmark = std::get_if<CreateBookmark>(&changes[i])) {
        call += " of " + bookmark->of.str() + "=" + std::to_string(bookmark->of.guid.value().value);
      } else if (const auto* hold = std::get_if<PlaceHold>(&changes[i])) {
        call += "=" + std::to_string(hold->snapshot.guid.value().value);
      }
    }
    if (auto ok = hosts_.called(call); !ok) return ok.error();
    const std::lock_guard lock(hosts_.mutex_);
    for (const Change& change : changes) {
      const auto* snapshot = std::get_if<TakeSnapshot>(&change);
      if (!snapshot) continue;
      const auto dataset = hosts_.world_[host_].find(snapshot->dataset.str());
      if (dataset == hosts_.world_[host_].end()) {
        return Error{Remedy::give_up, snapshot->dataset.str() + " does not exist"};
      }
    }
    for (const Change& change : changes) {
      if (const auto* snapshot = std::get_if<TakeSnapshot>(&change)) {
        Version version;
        version.name = snapshot->name;
        version.guid = Guid(hosts_.next_guid_++);
        hosts_.world_[host_].at(snapshot->dataset.str()).versions.push_back(version);
      }
    }
    return {};
  }

  Result<std::unique_ptr<SendStream>> send(const SendRequest& request) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest& request) override;

 private:
  class Sending;
  class Receiving;
  FakeHosts& hosts_;
  const std::string host_;
};

class FakeZfs::Sending final : public SendStream {
 public:
  explicit Sending(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<std::byte> to) override {
    const std::size_t n = std::min(to.size(), bytes_.size() - at_);
    std::memcpy(to.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  Result<void> finish() override { return {}; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class FakeZfs::Receiving final : public ReceiveStream {
 public:
  Receiving(FakeHosts& hosts, std::string host, DatasetName dataset)
      : hosts_(hosts), host_(std::move(host)), dataset_(std::move(dataset)) {}
  ~Receiving() override {
    if (finished_ || bytes_.empty()) return;
    const std::lock_guard lock(hosts_.mutex_);
    there().resume_token = ResumeToken("cut");
    hosts_.calls_.push_back(host_ + ": cut " + dataset_.str());
  }
  Result<void> write(std::span<const std::byte> from) override {
    bytes_.append(reinterpret_cast<const char*>(from.data()), from.size());
    return hosts_.called(host_ + ": write " + dataset_.str());
  }
  Result<void> finish() override {
    if (auto ok = hosts_.called(host_ + ": landed " + dataset_.str()); !ok) return ok;
    finished_ = true;
    const std::lock_guard lock(hosts_.mutex_);
    Version version;
    const auto equals = bytes_.find('=');
    version.name = bytes_.substr(0, equals);
    version.guid = Guid(std::stoull(bytes_.substr(equals + 1)));
    there().versions.push_back(hosts_.lands_as.value_or(version));
    there().resume_token.reset();
    return {};
  }

 private:
  Dataset& there() {
    return hosts_.world_[host_].try_emplace(dataset_.str(), dataset_).first->second;
  }
  FakeHosts& hosts_;
  const std::string host_;
  const DatasetName dataset_;
  std::string bytes_;
  bool finished_ = false;
};

inline Result<std::unique_ptr<SendStream>> FakeZfs::send(const SendRequest& request) {
  const auto [dataset, to] =
      std::visit([](const auto& r) { return std::pair(r.dataset.str(), r.to); }, request);
  if (auto ok = hosts_.called(host_ + ": send " + dataset + to.str()); !ok) return ok.error();
  std::string bytes = to.name + "=" + std::to_string(to.guid.value().value) + " ";
  bytes.resize(200, '.');
  return std::unique_ptr<SendStream>(std::make_unique<Sending>(std::move(bytes)));
}

inline Result<std::unique_ptr<ReceiveStream>> FakeZfs::receive(const ReceiveRequest& request) {
  const std::string kind = request.resuming ? "resumed recv " : "recv ";
  if (auto ok = hosts_.called(host_ + ": " + kind + request.target.str()); !ok) return ok.error();
  return std::unique_ptr<ReceiveStream>(std::make_unique<Receiving>(hosts_, host_, request.target));
}

inline Connect FakeHosts::connect() {
  return [this](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
    if (auto ok = called(host.value + ": connect"); !ok) return ok.error();
    return std::unique_ptr<Zfs>(std::make_unique<FakeZfs>(*this, host.value));
  };
}

}  // namespace zr
