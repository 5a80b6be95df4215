#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "executor/run.h"
#include "executor/zfs.h"

namespace zr {

// A run's connections: opened when first needed, then handed from unit to unit. Safe from several
// threads; each connection is with one of them at a time.
class Connections {
 public:
  explicit Connections(const Connect& connect) : connect_(connect) {}

  // An idle one, or null.
  std::unique_ptr<Zfs> take_idle(const HostName&);
  Result<std::unique_ptr<Zfs>> open(const HostName& host) const { return connect_(host); }
  void give_back(const HostName&, std::unique_ptr<Zfs>);

 private:
  const Connect& connect_;
  std::mutex mutex_;
  std::map<HostName, std::vector<std::unique_ptr<Zfs>>> idle_;
};

// The connection that one unit uses at one end.
class Lease {
 public:
  Lease(Connections& connections, const HostName& host) : connections_(connections), host_(host) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  Result<Zfs*> zfs();
  // It is broken: the next zfs() opens a new one.
  void drop();

 private:
  Connections& connections_;
  const HostName host_;
  std::unique_ptr<Zfs> zfs_;
  bool idle_may_do_ = true;
};

// How often, and after which pauses, a passing fault is tried again.
class Patience {
 public:
  Patience(const RunOptions& options, std::stop_token stop)
      : retries_(options.retries), first_pause_(options.retry_pause), stop_(std::move(stop)) {}

  // Waits before retry `n` (from 0). False, at once or when a stop is requested: no retry.
  bool pause(unsigned n) const;
  bool stopped() const { return stop_.stop_requested(); }
  const std::stop_token& stop() const { return stop_; }

 private:
  unsigned retries_;
  std::chrono::milliseconds first_pause_;
  std::stop_token stop_;
};

// Calls `operation` (Zfs& -> Result<T>); once more over a new connection when that is the remedy.
template <class Operation>
auto over_connection(Lease& lease, Operation operation)
    -> decltype(operation(*lease.zfs().value())) {
  for (bool again = true;; again = false) {
    const auto zfs = lease.zfs();
    auto result = zfs ? operation(**zfs) : decltype(operation(**zfs))(zfs.error());
    if (result || result.error().remedy != Remedy::reconnect) return result;
    lease.drop();
    if (!again) return result;
  }
}

// Likewise, and tries what may pass again.
template <class Operation>
auto persistently(Lease& lease, const Patience& patience, Operation operation) {
  for (unsigned n = 0;; ++n) {
    auto result = over_connection(lease, operation);
    if (result || result.error().remedy != Remedy::retry || !patience.pause(n)) return result;
  }
}

}  // namespace zr
