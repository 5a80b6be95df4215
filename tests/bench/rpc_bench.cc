#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <thread>

#include "executor/machine/descriptor.h"
#include "executor/rpc/answer.h"
#include "executor/rpc/rpc_zfs.h"
#include "executor/run/transfer.h"

// Octets from one process's pipe to another's through two processes in between, which are joined by
// pipes or by a socket pair: by a bare copy, by a bare splice, by our protocol. Then small calls.
namespace zr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t piece = std::size_t{1} << 20;
constexpr double gib = 1024.0 * 1024 * 1024;

void must(bool ok, const std::string& what) {
  if (ok) return;
  fmt::print(stderr, "rpc_bench: {}\n", what);
  std::_Exit(1);
}

// ---- processes ----------------------------------------------------------------------------------

// A child that has these descriptors and no others, so that every pipe ends when it should.
pid_t start(std::initializer_list<int> keep, const std::function<void()>& work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  must(child >= 0, "can't fork");
  if (child > 0) return child;
  for (int fd = 3; fd < 256; ++fd) {
    if (std::find(keep.begin(), keep.end(), fd) == keep.end()) ::close(fd);
  }
  work();
  std::fflush(nullptr);
  std::_Exit(0);
}

struct Used {
  long most_kib = 0;   // of memory
  double seconds = 0;  // of a processor
};

Used wait_for(pid_t child) {
  int status = 0;
  rusage used{};
  must(::wait4(child, &status, 0, &used) == child && status == 0, "a process failed");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {used.ru_maxrss, seconds(used.ru_utime) + seconds(used.ru_stime)};
}

Pipe pipe_of_most_room() {
  auto pipe = make_pipe();
  must(pipe.has_value(), "can't make a pipe");
  enlarge_pipe(pipe->write.get());
  return std::move(*pipe);
}

// How a stream begins and ends: written from a buffer and read into one, as a program's is, or
// pages that are lent and thrown away, which costs next to nothing and so shows what is between.
enum class Ends { copied, lent };

void produce(int to, std::size_t bytes, Ends ends) {
  std::vector<char> buffer(piece, 'z');
  while (bytes > 0) {
    const iovec part{buffer.data(), std::min(bytes, buffer.size())};
    const ssize_t n = ends == Ends::lent ? ::vmsplice(to, &part, 1, 0) : ::writev(to, &part, 1);
    must(n > 0, "the producer can't write");
    bytes -= static_cast<std::size_t>(n);
  }
}

void consume(int from, std::size_t bytes, Ends ends) {
  std::vector<char> buffer(piece);
  const Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  std::size_t got = 0;
  for (ssize_t n = 1; n > 0; got += static_cast<std::size_t>(n)) {
    n = ends == Ends::lent ? ::splice(from, nullptr, nowhere.get(), nullptr, piece, SPLICE_F_MOVE)
                           : ::read(from, buffer.data(), buffer.size());
    must(n >= 0, "the consumer can't read");
  }
  must(got == bytes, fmt::format("{} of {} bytes came", got, bytes));
}

// ---- links --------------------------------------------------------------------------------------

enum class LinkKind { pipes, sockets };

// Between two processes, both ways.
struct Link {
  Descriptor near_in, near_out, far_in, far_out;
  explicit Link(LinkKind kind) {
    if (kind == LinkKind::pipes) {
      Pipe to = pipe_of_most_room();
      Pipe back = pipe_of_most_room();
      near_in = std::move(back.read);
      near_out = std::move(to.write);
      far_in = std::move(to.read);
      far_out = std::move(back.write);
      return;
    }
    int ends[2];
    must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
    near_in = Descriptor(ends[0]);
    near_out = Descriptor(::dup(ends[0]));
    far_in = Descriptor(ends[1]);
    far_out = Descriptor(::dup(ends[1]));
  }
};

// ---- what moves a stream ------------------------------------------------------------------------

enum class Way { copy, splice, upload, download };

void relay(int from, int to, Way way) {
  std::vector<char> buffer(way == Way::copy ? piece : 0);
  for (;;) {
    const ssize_t n = way == Way::copy ? ::read(from, buffer.data(), buffer.size())
                                       : ::splice(from, nullptr, to, nullptr, piece, SPLICE_F_MOVE);
    must(n >= 0, "a relay failed");
    if (n == 0) return;
    if (way == Way::splice) continue;
    for (ssize_t at = 0; at < n;) {
      const ssize_t m = ::write(to, buffer.data() + at, static_cast<std::size_t>(n - at));
      must(m > 0, "a relay can't write");
      at += m;
    }
  }
}

class PipeSend final : public SendStream {
 public:
  explicit PipeSend(int fd) : fd_(fd) {}
  int fd() const override { return fd_; }
  Result<std::size_t> read(std::span<std::byte> to) override {
    const ssize_t n = ::read(fd_, to.data(), to.size());
    must(n >= 0, "can't read the producer's pipe");
    return static_cast<std::size_t>(n);
  }
  Result<void> finish() override { return {}; }

 private:
  int fd_;
};

class PipeReceive final : public ReceiveStream {
 public:
  explicit PipeReceive(int fd) : fd_(fd) {}
  int fd() const override { return fd_; }
  Result<void> write(std::span<const std::byte>) override {
    return Error{Remedy::give_up, "this one is a pipe"};
  }
  Result<void> finish() override {
    ::close(fd_);
    return {};
  }

 private:
  int fd_;
};

// What the server has: a stream each way, and changes that are done at once.
class PipeZfs final : public Zfs {
 public:
  explicit PipeZfs(int stream) : stream_(stream) {}
  Result<Inventory> list(const Roots&) override { return Inventory{}; }
  Result<void> apply(std::span<const Change>) override { return {}; }
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override {
    return {std::make_unique<PipeSend>(stream_)};
  }
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override {
    return {std::make_unique<PipeReceive>(stream_)};
  }

 private:
  int stream_;
};

ConnectionOptions options_with(bool checksum) {
  ConnectionOptions options;
  options.checksum = checksum;
  return options;
}

void serve(Link& link, int stream, bool checksum) {
  const auto ended =
      answer_calls(std::move(link.far_in), std::move(link.far_out), options_with(checksum),
                   [&](std::stop_token) {
                     return Result<std::unique_ptr<Zfs>>(std::make_unique<PipeZfs>(stream));
                   },
                   {});
  must(ended.has_value(), "the server broke");
}

std::shared_ptr<Connection> connect(Link& link, bool checksum) {
  return std::make_shared<Connection>(std::move(link.near_in), std::move(link.near_out),
                                      options_with(checksum));
}

DatasetName some_dataset() { return *DatasetName::parse("tank/data"); }

ReceiveRequest some_target() { return {some_dataset(), false, false, {}, {}}; }

void move_stream(SendStream& from, ReceiveStream& to) {
  const auto moved = transfer(from, to, {}, {}, {});
  must(moved.has_value(), moved ? "" : moved.error().message);
  const auto landed = finish_both(from, to);
  must(landed.has_value(), landed ? "" : landed.error().message);
}

void upload(Zfs& zfs, int producer) {
  PipeSend from(producer);
  const auto to = zfs.receive(some_target());
  must(to.has_value(), "can't receive");
  move_stream(from, **to);
}

void download(Zfs& zfs, int consumer) {
  const auto from = zfs.send(Send{some_dataset(), {}, {VersionKind::snapshot, "a", Guid{1}}});
  must(from.has_value(), "can't send");
  PipeReceive to(consumer);
  move_stream(**from, to);
}

// ---- measuring streams --------------------------------------------------------------------------

struct Variant {
  Way way = Way::copy;
  bool checksum = false;
};

std::string name_of(const Variant& variant) {
  switch (variant.way) {
    case Way::copy:
      return "bare copy";
    case Way::splice:
      return "bare splice";
    case Way::upload:
    case Way::download:
      return fmt::format("{}, checksum {}", variant.way == Way::upload ? "upload" : "download",
                         variant.checksum ? "on" : "off");
  }
  return {};
}

struct Measured {
  double gib_per_second = 0;
  Used near, far;
  // What the two in between compute for a GiB, in milliseconds: hardly depends on who else is busy.
  double cpu_per_gib = 0;
};

// The process that has the client, or is nearer to the producer; then the other.
std::pair<pid_t, pid_t> start_relays(const Variant& v, Link& link, int source, int sink) {
  const int near_in = link.near_in.get(), near_out = link.near_out.get();
  const int far_in = link.far_in.get(), far_out = link.far_out.get();
  if (v.way == Way::copy || v.way == Way::splice) {
    return {start({source, near_out}, [&] { relay(source, near_out, v.way); }),
            start({far_in, sink}, [&] { relay(far_in, sink, v.way); })};
  }
  const bool up = v.way == Way::upload;
  const int near_stream = up ? source : sink;
  const int far_stream = up ? sink : source;
  return {start({near_in, near_out, near_stream},
                [&] {
                  RpcZfs zfs(connect(link, v.checksum), {});
                  up ? upload(zfs, near_stream) : download(zfs, near_stream);
                }),
          start({far_in, far_out, far_stream}, [&] { serve(link, far_stream, v.checksum); })};
}

Measured measure(const Variant& variant, LinkKind kind, Ends ends, std::size_t bytes) {
  const auto begin = Clock::now();
  pid_t producer = 0, consumer = 0;
  std::pair<pid_t, pid_t> relays;
  {
    const Pipe source = pipe_of_most_room();
    const Pipe sink = pipe_of_most_room();
    Link link(kind);
    producer = start({source.write.get()}, [&] { produce(source.write.get(), bytes, ends); });
    consumer = start({sink.read.get()}, [&] { consume(sink.read.get(), bytes, ends); });
    relays = start_relays(variant, link, source.read.get(), sink.write.get());
  }
  wait_for(producer);
  Measured measured;
  measured.near = wait_for(relays.first);
  measured.far = wait_for(relays.second);
  wait_for(consumer);
  const std::chrono::duration<double> took = Clock::now() - begin;
  measured.gib_per_second = static_cast<double>(bytes) / gib / took.count();
  measured.cpu_per_gib =
      (measured.near.seconds + measured.far.seconds) * 1e3 * gib / static_cast<double>(bytes);
  return measured;
}

const std::vector<Variant> variants{{Way::copy},          {Way::splice},
                                    {Way::upload, false}, {Way::download, false},
                                    {Way::upload, true},  {Way::download, true}};

// The best of several rounds, each of which has all variants: what else the machine does hits all.
void compare(LinkKind kind, Ends ends, std::size_t bytes, int rounds) {
  std::vector<double> best(variants.size(), 0);
  std::vector<double> cpu(variants.size(), 1e9);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const Measured one = measure(variants[i], kind, ends, bytes);
      best[i] = std::max(best[i], one.gib_per_second);
      cpu[i] = std::min(cpu[i], one.cpu_per_gib);
    }
  }
  fmt::print("{}, {}\n", kind == LinkKind::pipes ? "over pipes" : "over a socket pair",
             ends == Ends::copied ? "written by a program and read by one"
                                  : "pages lent by a program and thrown away");
  for (std::size_t i = 0; i < variants.size(); ++i) {
    fmt::print("  {:22} {:6.2f} GiB/s {:6.2f} of the splice {:6.2f} of the copy; {:4.0f} ms/GiB\n",
               name_of(variants[i]), best[i], best[i] / best[1], best[i] / best[0], cpu[i]);
  }
}

void print_memory(std::size_t bytes) {
  for (const std::size_t times : {std::size_t{1}, std::size_t{8}}) {
    for (const Way way : {Way::upload, Way::download}) {
      const auto m = measure({way, true}, LinkKind::pipes, Ends::copied, bytes * times);
      fmt::print("  {:8} of {:5} MiB: client {:5.1f} MiB, server {:5.1f} MiB\n",
                 way == Way::upload ? "upload" : "download", (bytes * times) >> 20,
                 static_cast<double>(m.near.most_kib) / 1024,
                 static_cast<double>(m.far.most_kib) / 1024);
    }
  }
}

// ---- small calls --------------------------------------------------------------------------------

void call_often(Zfs& zfs, std::size_t calls, std::string_view when) {
  const std::vector<Change> change{TakeSnapshot{some_dataset(), "now"}};
  std::vector<double> took;
  took.reserve(calls);
  const auto begin = Clock::now();
  while (took.size() < calls) {
    const auto asked = Clock::now();
    must(zfs.apply(change).has_value(), "a call failed");
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - asked).count());
  }
  const std::chrono::duration<double> all = Clock::now() - begin;
  std::sort(took.begin(), took.end());
  fmt::print("  {:34} {:7.0f}/s, median {:6.0f} us, p99 {:6.0f} us\n", when,
             static_cast<double>(calls) / all.count(), took[calls / 2], took[calls * 99 / 100]);
}

// One after another, alone and beside a stream without end over the same connection.
void measure_calls(Link& link, int source, std::size_t calls) {
  const auto connection = connect(link, false);
  RpcZfs zfs(connection, {});
  call_often(zfs, calls, "alone");
  std::stop_source enough;
  std::thread streaming([&, stop = enough.get_token()] {
    RpcZfs other(connection, {});
    PipeSend from(source);
    const auto to = other.receive(some_target());
    must(to.has_value(), "can't receive");
    must(!transfer(from, **to, {}, {}, stop).has_value(), "the stream has ended");
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  call_often(zfs, calls, "while a stream runs");
  enough.request_stop();
  streaming.join();
}

void small_calls(LinkKind kind, std::size_t calls) {
  fmt::print("{}\n", kind == LinkKind::pipes ? "over pipes" : "over a socket pair");
  pid_t server = 0, client = 0, producer = 0, consumer = 0;
  {
    const Pipe source = pipe_of_most_room();
    const Pipe sink = pipe_of_most_room();
    Link link(kind);
    producer = start({source.write.get()},
                     [&] { produce(source.write.get(), ~std::size_t{0}, Ends::copied); });
    consumer = start({sink.read.get()}, [&] {
      std::vector<char> buffer(piece);
      while (::read(sink.read.get(), buffer.data(), buffer.size()) > 0) continue;
    });
    server = start({link.far_in.get(), link.far_out.get(), sink.write.get()},
                   [&] { serve(link, sink.write.get(), false); });
    client = start({link.near_in.get(), link.near_out.get(), source.read.get()},
                   [&] { measure_calls(link, source.read.get(), calls); });
  }
  wait_for(client);
  wait_for(server);
  wait_for(consumer);
  int status = 0;
  ::waitpid(producer, &status, 0);  // its pipe was closed amid the stream
}

}  // namespace
}  // namespace zr

int main(int argc, char** argv) {
  using namespace zr;
  const std::size_t bytes = (argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2048) << 20;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  for (const Ends ends : {Ends::copied, Ends::lent}) {
    for (const LinkKind kind : {LinkKind::pipes, LinkKind::sockets}) {
      compare(kind, ends, bytes, rounds);
    }
  }
  if (argc > 3) return 0;  // only the streams
  fmt::print("small calls, one after another\n");
  for (const LinkKind kind : {LinkKind::pipes, LinkKind::sockets}) small_calls(kind, 5000);
  fmt::print("the most memory that client and server ever have\n");
  print_memory(bytes / 4);
}
