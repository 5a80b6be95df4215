#include "tests/support/faulty_zfs.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace zr {
namespace {

Error killed() { return {Remedy::give_up, "the process was killed (by a test)"}; }

Error io_error() { return {Remedy::retry, "stream: " + std::generic_category().message(errno)}; }

Result<std::size_t> read_from(SendStream& stream, std::span<std::byte> out) {
  if (stream.fd() < 0) return stream.read(out);
  for (;;) {
    const ssize_t n = ::read(stream.fd(), out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return io_error();
  }
}

Result<void> write_to(ReceiveStream& stream, std::span<const std::byte> in) {
  if (stream.fd() < 0) return stream.write(in);
  while (!in.empty()) {
    const ssize_t n = ::write(stream.fd(), in.data(), in.size());
    if (n < 0 && errno != EINTR) return io_error();
    if (n > 0) in = in.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

// `work` as far as the faults let it; what it yields is dropped when nobody may learn of it.
template <class Work>
auto guarded(Faults& faults, const Work& work) -> decltype(work()) {
  const Faults::Fate fate = faults.next_call();
  if (!fate.done) return *fate.error;
  auto result = work();
  if (fate.error) return *fate.error;
  return result;
}

class FaultySend final : public SendStream {
 public:
  FaultySend(std::unique_ptr<SendStream> inner, std::shared_ptr<Faults> faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (faults_->crashed()) inner_.reset();
    if (!inner_) return killed();
    return read_from(*inner_, out);
  }
  Result<void> finish() override {
    if (!inner_) return killed();
    return guarded(*faults_, [this] { return inner_->finish(); });
  }

 private:
  std::unique_ptr<SendStream> inner_;  // null once it was killed
  std::shared_ptr<Faults> faults_;
};

class FaultyReceive final : public ReceiveStream {
 public:
  FaultyReceive(std::unique_ptr<ReceiveStream> inner, std::shared_ptr<Faults> faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  Result<void> write(std::span<const std::byte> in) override {
    if (!inner_) return broken_;
    const Faults::Passage passage = faults_->pass(in.size());
    auto written = write_to(*inner_, in.first(passage.bytes));
    if (!passage.error) return written;
    return cut(*passage.error);
  }
  Result<void> finish() override {
    if (!inner_) return broken_;
    const Faults::Fate fate = faults_->next_call();
    if (!fate.done) return cut(*fate.error);
    auto finished = inner_->finish();
    if (fate.error) return cut(*fate.error);
    return finished;
  }

 private:
  Error cut(Error why) {
    inner_.reset();
    broken_ = std::move(why);
    return broken_;
  }

  std::unique_ptr<ReceiveStream> inner_;  // null once it was cut
  std::shared_ptr<Faults> faults_;
  Error broken_;
};

}  // namespace

// ---- what is to go wrong ------------------------------------------------------------------------

void Faults::fail_call(std::uint64_t n, Error error) {
  const std::lock_guard lock(mutex_);
  call_fault_ = Fault{n, std::move(error), false, false};
}
void Faults::crash_at_call(std::uint64_t n, Crash when) {
  const std::lock_guard lock(mutex_);
  call_fault_ = Fault{n, killed(), true, when == Crash::after_it};
}
void Faults::fail_byte(std::uint64_t n, Error error) {
  const std::lock_guard lock(mutex_);
  byte_fault_ = Fault{n, std::move(error), false, false};
}
void Faults::crash_at_byte(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  byte_fault_ = Fault{n, killed(), true, false};
}
void Faults::reset() {
  const std::lock_guard lock(mutex_);
  call_fault_.reset();
  byte_fault_.reset();
  calls_ = bytes_ = 0;
  crashed_ = false;
}

std::uint64_t Faults::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}
std::uint64_t Faults::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}
bool Faults::crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

Faults::Fate Faults::next_call() {
  const std::lock_guard lock(mutex_);
  if (crashed_) return {false, killed()};
  ++calls_;
  if (!call_fault_ || call_fault_->at != calls_) return {};
  crashed_ = call_fault_->crash;
  return {call_fault_->done, call_fault_->error};
}

Faults::Passage Faults::pass(std::size_t n) {
  const std::lock_guard lock(mutex_);
  if (crashed_) return {0, killed()};
  const std::uint64_t before = bytes_;
  const bool hit = byte_fault_ && byte_fault_->at > before && byte_fault_->at <= before + n;
  if (!hit) {
    bytes_ += n;
    return {n, {}};
  }
  bytes_ = byte_fault_->at;  // that byte is lost, but counted, so that the fault comes once
  crashed_ = byte_fault_->crash;
  return {static_cast<std::size_t>(byte_fault_->at - 1 - before), byte_fault_->error};
}

// ---- the decorator ------------------------------------------------------------------------------

Result<Inventory> FaultyZfs::list(const Roots& roots) {
  return guarded(*faults_, [&] { return inner_->list(roots); });
}

Result<void> FaultyZfs::apply(std::span<const Change> changes) {
  return guarded(*faults_, [&] { return inner_->apply(changes); });
}

Result<std::unique_ptr<SendStream>> FaultyZfs::send(const SendRequest& request) {
  auto stream = guarded(*faults_, [&] { return inner_->send(request); });
  if (!stream) return stream;
  return std::unique_ptr<SendStream>(std::make_unique<FaultySend>(*std::move(stream), faults_));
}

Result<std::unique_ptr<ReceiveStream>> FaultyZfs::receive(const ReceiveRequest& request) {
  auto stream = guarded(*faults_, [&] { return inner_->receive(request); });
  if (!stream) return stream;
  return std::unique_ptr<ReceiveStream>(
      std::make_unique<FaultyReceive>(*std::move(stream), faults_));
}

Connect with_faults(Connect connect, std::shared_ptr<Faults> faults) {
  return [connect = std::move(connect),
          faults = std::move(faults)](const HostName& host) -> Result<std::unique_ptr<Zfs>> {
    if (faults->crashed()) return killed();
    auto zfs = connect(host);
    if (!zfs) return zfs;
    return std::unique_ptr<Zfs>(std::make_unique<FaultyZfs>(*std::move(zfs), faults));
  };
}

}  // namespace zr
