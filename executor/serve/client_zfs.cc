#include "executor/serve/client_zfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "executor/serve/client_words.h"
#include "executor/serve/stream_head.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t shown_characters = 300;

const DatasetName& dataset_of(const SendRequest& request) {
  return std::visit([](const auto& r) -> const DatasetName& { return r.dataset; }, request);
}

ClientView::Pools pools_of(const ReceiveRequest& request) {
  ClientView::Pools pools{std::string(request.target.pool())};
  if (request.clone_of) pools.emplace(request.clone_of->dataset.pool());
  return pools;
}

}  // namespace

class ClientZfs::Words {
 public:
  Words(const ClientZfs& zfs, ClientView::Pools pools)
      : identity_(zfs.rights_.identity),
        view_(zfs.view_),
        on_denied_(zfs.on_denied_),
        pools_(std::move(pools)) {}

  Error error(Error error) const {
    const auto shown_as = [&](const DatasetName& name) { return view_->shown_as(name, pools_); };
    error.message = in_clients_words(error.message, shown_as, view_->target_pools());
    return error;
  }
  template <class T>
  Result<T> result(Result<T> result) const {
    if (!result) return error(result.error());
    return result;
  }
  Error denied(const Refusal& refusal) const {
    if (on_denied_) on_denied_({identity_, refusal.call, refusal.dataset, refusal.reason});
    return {refusal.remedy,
            fmt::format("denied to {}: {} '{}': {}", identity_, refusal.call,
                        printable(refusal.dataset, shown_characters), refusal.reason)};
  }

 private:
  std::string identity_;
  std::shared_ptr<const ClientView> view_;
  OnDenied on_denied_;
  ClientView::Pools pools_;
};

class ClientZfs::Sending final : public SendStream {
 public:
  Sending(std::unique_ptr<SendStream> inner, Words words)
      : inner_(std::move(inner)), words_(std::move(words)) {}

  int fd() const override { return inner_->fd(); }
  Result<std::size_t> read(std::span<std::byte> into) override {
    return words_.result(inner_->read(into));
  }
  void taken(std::size_t bytes) override { inner_->taken(bytes); }
  Result<void> finish() override { return words_.result(inner_->finish()); }

 private:
  std::unique_ptr<SendStream> inner_;
  Words words_;
};

class ClientZfs::Receiving final : public ReceiveStream {
 public:
  Receiving(std::unique_ptr<ReceiveStream> inner, Words words, const ReceiveRequest& request)
      : inner_(std::move(inner)),
        words_(std::move(words)),
        target_(request.target.str()),
        has_origin_(request.clone_of.has_value()) {}

  int fd() const override { return judged_ && !refusal_ ? inner_->fd() : -1; }

  Result<void> write(std::span<const std::byte> bytes) override {
    if (refusal_) return *refusal_;
    if (judged_) return words_.result(inner_->write(bytes));
    const auto missing = std::min(bytes.size(), stream_head_bytes - head_.size());
    const auto rest = bytes.subspan(missing);
    head_.insert(head_.end(), bytes.begin(), rest.begin());
    if (head_.size() < stream_head_bytes) return {};
    if (auto ok = let_head_through(); !ok || rest.empty()) return ok;
    return words_.result(inner_->write(rest));
  }
  Result<void> finish() override {
    if (refusal_) return *refusal_;
    if (!judged_ && !head_.empty()) {
      if (auto ok = let_head_through(); !ok) return ok;
    }
    return words_.result(inner_->finish());
  }

 private:
  Result<void> let_head_through() {
    judged_ = true;
    if (const char* why = refused_stream(head_, has_origin_)) {
      refusal_ = words_.denied({"recv", target_, why});
      return *refusal_;
    }
    return words_.result(inner_->write(head_));
  }

  std::unique_ptr<ReceiveStream> inner_;
  Words words_;
  std::string target_;  // as the client said it
  bool has_origin_;
  std::vector<std::byte> head_;
  bool judged_ = false;
  std::optional<Error> refusal_;
};

ClientZfs::ClientZfs(std::unique_ptr<Zfs> inner, Rights rights, OnDenied on_denied)
    : inner_(std::move(inner)),
      rights_(std::move(rights)),
      view_(std::make_shared<const ClientView>(rights_)),
      on_denied_(std::move(on_denied)) {}

Result<Inventory> ClientZfs::list(const Roots& wanted) {
  const Roots here = view_->on_host(wanted);
  // No root at all would be every pool to zfs(8).
  if (is_empty(here)) return view_->shown({}, wanted);
  const auto found = inner_->list(here);
  if (!found) return Words(*this, zr::pools_of(wanted)).error(found.error());
  return view_->shown(*found, wanted);
}

Result<void> ClientZfs::make_room(const std::vector<DatasetName>& wanted, const Words& words,
                                  const char* call, const DatasetName& dataset) const {
  if (!rights_.max_datasets) return {};
  const auto found = inner_->list(view_->whole_sink());
  if (!found) return words.error(found.error());
  std::set<DatasetName> more(wanted.begin(), wanted.end());
  std::erase_if(more, [&](const DatasetName& name) { return found->find(name) != nullptr; });
  if (more.empty()) return {};
  const auto there = std::count_if(found->datasets.begin(), found->datasets.end(),
                                   [&](const Dataset& d) { return view_->is_in_sink(d.name); });
  if (static_cast<std::uint64_t>(there) + more.size() <= *rights_.max_datasets) return {};
  return words.denied(
      {call, dataset.str(),
       fmt::format("the sink may hold {} datasets, and has {}", *rights_.max_datasets, there)});
}

Result<void> ClientZfs::apply(std::span<const Change> changes) {
  if (changes.empty()) return {};
  std::vector<Change> here;
  std::vector<DatasetName> placeholders;
  ClientView::Pools pools;
  for (const Change& change : changes) pools.emplace(zr::dataset_of(change).pool());
  const Words words(*this, std::move(pools));
  for (const Change& change : changes) {
    auto granted = grant(*view_, change);
    if (const auto* refusal = std::get_if<Refusal>(&granted)) return words.denied(*refusal);
    here.push_back(std::get<Change>(std::move(granted)));
    if (const auto* c = std::get_if<CreatePlaceholder>(&here.back()))
      placeholders.push_back(c->dataset);
  }
  if (!placeholders.empty()) {
    const DatasetName& first = zr::dataset_of(changes.front());
    if (auto room = make_room(placeholders, words, "create", first); !room) return room;
  }
  return words.result(inner_->apply(here));
}

Result<void> ClientZfs::fits(const SendRequest& request, const Words& words) const {
  const DatasetName& name = dataset_of(request);
  const auto found = inner_->list({false, {}, {name}});
  if (!found) return words.error(found.error());
  const Dataset* here = found->find(name);
  if (here == nullptr) {
    return Error{Remedy::replan,
                 fmt::format("'{}' is not there, or not any more: plan again", name.str())};
  }
  std::optional<DatasetName> origin;
  if (here->origin) origin = DatasetName::parse(here->origin->substr(0, here->origin->find('@')));
  Result<Inventory> beside = Inventory{};
  if (origin && view_->side_of(*origin) == ClientView::Side::pull) {
    beside = inner_->list({false, {}, {*origin}});
    if (!beside) return words.error(beside.error());
  }
  const auto refusal = misfit(request, *here, origin ? beside->find(*origin) : nullptr);
  if (refusal) return words.denied(*refusal);
  return {};
}

// A root that is not there yet, or of which nothing has landed, is received with its quota.
Result<void> ClientZfs::bound(ReceiveRequest& here, const Words& words) const {
  const auto& rules = rights_.sink_map.all();
  const bool is_root = std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    return rule.result == RuleResult(here.target);
  });
  if (!rights_.quota_bytes || !is_root) return {};
  const auto found = inner_->list({false, {}, {here.target}});
  if (!found) return words.error(found.error());
  const Dataset* there = found->find(here.target);
  if (there == nullptr || !there->has_snapshots()) {
    here.set["quota"] = std::to_string(*rights_.quota_bytes);
  }
  return {};
}

Result<std::unique_ptr<SendStream>> ClientZfs::send(const SendRequest& request) {
  const Words words(*this, {});
  const auto granted = grant(*view_, request);
  if (const auto* refusal = std::get_if<Refusal>(&granted)) return words.denied(*refusal);
  const auto& here = std::get<SendRequest>(granted);
  if (auto fit = fits(here, words); !fit) return fit.error();
  auto stream = inner_->send(here);
  if (!stream) return words.error(stream.error());
  return std::unique_ptr<SendStream>(std::make_unique<Sending>(*std::move(stream), words));
}

Result<std::unique_ptr<ReceiveStream>> ClientZfs::receive(const ReceiveRequest& request) {
  const Words words(*this, pools_of(request));
  const auto granted = grant(*view_, rights_, request);
  if (const auto* refusal = std::get_if<Refusal>(&granted)) return words.denied(*refusal);
  auto here = std::get<ReceiveRequest>(granted);
  if (auto bounded = bound(here, words); !bounded) return bounded.error();
  if (auto room = make_room({here.target}, words, "recv", request.target); !room)
    return room.error();
  auto stream = inner_->receive(here);
  if (!stream) return words.error(stream.error());
  return std::unique_ptr<ReceiveStream>(
      std::make_unique<Receiving>(*std::move(stream), words, request));
}

}  // namespace zr
