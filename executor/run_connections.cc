#include "executor/run_connections.h"

#include <algorithm>
#include <condition_variable>
#include <random>
#include <utility>

namespace zr {

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

bool Patience::pause(unsigned n) const {
  if (n >= retries_ || stopped()) return false;
  const auto longest = first_pause_ * (std::int64_t{1} << std::min(n, 10U));
  std::random_device seed;
  std::uniform_int_distribution<std::int64_t> jitter(longest.count() / 2, longest.count());
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, std::chrono::milliseconds(jitter(seed)), [] { return false; });
  return !stopped();
}

}  // namespace zr
