#include "executor/run/run_connections.h"

#include <algorithm>
#include <condition_variable>
#include <random>
#include <utility>

namespace zr {
namespace {
constexpr std::chrono::seconds max_pause{10};
}

std::unique_ptr<Zfs> Connections::take_idle(const HostName& host) {
  const std::lock_guard lock(mutex_);
  auto& idle = idle_[host];
  if (idle.empty()) return nullptr;
  auto zfs = std::move(idle.back());
  idle.pop_back();
  return zfs;
}

void Connections::give_back(const HostName& host, std::unique_ptr<Zfs> zfs) {
  const std::lock_guard lock(mutex_);
  idle_[host].push_back(std::move(zfs));
}

Lease::~Lease() {
  if (zfs_) connections_.give_back(host_, std::move(zfs_));
}

Result<Zfs*> Lease::zfs() {
  if (!zfs_ && idle_may_do_) zfs_ = connections_.take_idle(host_);
  if (!zfs_) {
    auto opened = connections_.open(host_);
    if (!opened) return opened.error();
    zfs_ = *std::move(opened);
  }
  return zfs_.get();
}

void Lease::drop() {
  zfs_.reset();
  idle_may_do_ = false;  // what broke this one has probably broken those too
}

bool Attempts::again(const Error& error) {
  if (!may_pass(error.remedy) || patience_.stopped()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (failed_++ == 0) first_failure_ = now;
  const auto longest =
      std::min(patience_.first_pause * (std::int64_t{1} << std::min(failed_ - 1, 20U)),
               std::max<std::chrono::milliseconds>(max_pause, patience_.first_pause));
  std::random_device seed;
  std::uniform_int_distribution<std::int64_t> jitter(longest.count() / 2, longest.count());
  const std::chrono::milliseconds pause(jitter(seed));
  if (now + pause > first_failure_ + patience_.budget) return false;
  patience_.tell({step_, failed_, error.message, pause});
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, patience_.stop, pause, [] { return false; });
  return !patience_.stopped();
}

}  // namespace zr
