#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "executor/serve/client_grants.h"
#include "executor/serve/client_view.h"
#include "executor/serve/rights.h"
#include "executor/zfs.h"

namespace zr {

struct Denial {
  std::string identity;
  std::string call;     // "send", "destroy" and so on, as plans name it
  std::string dataset;  // as the client said it
  std::string reason;
};
// For the log. Called in the thread that the call came in.
using OnDenied = std::function<void(const Denial&)>;

// This host's ZFS as one client may see and use it (README.md beside this says what that is). A
// call in which anything is not granted does nothing. What is denied is an error with
// Remedy::give_up, whose text does not depend on what exists outside.
//
// A ReceiveStream has no fd() until its first stream_head_bytes were written and judged. Whoever
// asks again may then go on with splice(2).
class ClientZfs final : public Zfs {
 public:
  ClientZfs(std::unique_ptr<Zfs> inner, Rights, OnDenied);

  Result<Inventory> list(const Roots&) override;
  Result<void> apply(std::span<const Change>) override;
  Result<std::unique_ptr<SendStream>> send(const SendRequest&) override;
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest&) override;

 private:
  class Words;  // turns what goes wrong in a call into the client's words
  class Sending;
  class Receiving;

  // Whether these, in this host's names, may be there too. Of two connections of a client each
  // counts what is there when it looks, so that both together may be one too many.
  Result<void> make_room(const std::vector<DatasetName>& wanted, const Words&, const char* call,
                         const DatasetName& dataset) const;
  Result<void> bound(ReceiveRequest&, const Words&) const;
  Result<void> fits(const SendRequest&, const Words&) const;

  const std::unique_ptr<Zfs> inner_;
  const Rights rights_;
  const std::shared_ptr<const ClientView> view_;  // streams may outlive this
  const OnDenied on_denied_;
};

}  // namespace zr
