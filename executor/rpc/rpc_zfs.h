#pragma once

#include <memory>
#include <stop_token>

#include "executor/rpc/connection.h"
#include "executor/zfs.h"

namespace zr {

// A host's ZFS by way of whoever answers at the other end of a connection. Several of them may use
// one connection, each by a thread of its own.
class RpcZfs final : public Zfs {
 public:
  RpcZfs(std::shared_ptr<Connection>, std::stop_token);

  Result<Inventory> list(const Roots&) override;
  Result<void> apply(std::span<const Change>) override;
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override;

 private:
  std::shared_ptr<Connection> connection_;
  std::stop_token stop_;
};

}  // namespace zr
