#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "executor/progress/progress.h"
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

// Tells of an attempt that failed and will be made again. Called by any thread.
using TellRetry = std::function<void(const event::StepRetried&)>;

// What all units know about trying again.
struct Patience {
  std::chrono::milliseconds budget;
  std::chrono::milliseconds first_pause;
  std::stop_token stop;
  TellRetry tell;

  bool stopped() const { return stop.stop_requested(); }
};

// The attempts of one unit at what may pass.
class Attempts {
 public:
  Attempts(const Patience& patience, StepId step) : patience_(patience), step_(step) {}

  // After one that failed: waits for the next. False, without waiting to the end, when the error
  // does not pass, the budget is spent or a stop is requested.
  bool again(const Error&);

 private:
  const Patience& patience_;
  const StepId step_;
  unsigned failed_ = 0;
  std::chrono::steady_clock::time_point first_failure_{};
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
auto persistently(Lease& lease, Attempts& attempts, Operation operation) {
  while (true) {
    auto result = over_connection(lease, operation);
    if (result || !attempts.again(result.error())) return result;
  }
}

}  // namespace zr
