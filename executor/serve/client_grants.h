#pragma once

#include <optional>
#include <string>
#include <variant>

#include "executor/serve/client_view.h"
#include "executor/serve/rights.h"
#include "executor/zfs.h"

namespace zr {

// What a client asks for, judged by its names and its rights alone, without a look at what exists.

struct Refusal {
  std::string call;     // as plans name it: "destroy"
  std::string dataset;  // as the client said it
  std::string reason;   // the same whether or not there is such a dataset
  Remedy remedy = Remedy::give_up;
};

// The request in this host's names, or why not.
template <class T>
using Granted = std::variant<T, Refusal>;

Granted<Change> grant(const ClientView&, const Change&);
// `misfit` is to be asked too, once the dataset has been looked at.
Granted<SendRequest> grant(const ClientView&, const SendRequest&);
Granted<ReceiveRequest> grant(const ClientView&, const Rights&, const ReceiveRequest&);

// Whether the dataset as it is may leave so. An encrypted one only does raw, as every planner wants
// it: with its key loaded here, a client could otherwise read what it has no key for. zfs finds
// what a resume token is of by guid, anywhere in the pool, so that has to be this dataset's, and
// its base too or that of the `origin` (null: it has none that the client may see).
std::optional<Refusal> misfit(const SendRequest&, const Dataset& here, const Dataset* origin);

}  // namespace zr
