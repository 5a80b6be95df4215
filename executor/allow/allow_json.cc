#include "executor/allow/allow_json.h"

#include <string_view>

#include "planner/json_writer.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

std::string_view word(Means means) {
  switch (means) {
    case Means::zfs_allow:
      return "zfs_allow";
    case Means::sudo:
      return "sudo";
    case Means::doas:
      return "doas";
    case Means::none:
      break;
  }
  return "none";
}

std::string_view word(Scope scope) {
  switch (scope) {
    case Scope::all:
      return "all";
    case Scope::itself:
      return "itself";
    case Scope::below:
      break;
  }
  return "below";
}

std::string_view word(Found found) {
  switch (found) {
    case Found::right:
      return "right";
    case Found::too_much:
      return "too_much";
    case Found::not_enough:
      break;
  }
  return "not_enough";
}

class Writer {
 public:
  std::string document(const Policy& policy, const std::vector<AllowEntry>& entries) {
    json_.begin_object(Layout::lines);
    json_.key("format_version").text("1.1");
    json_.key("site").text(policy.site.value);
    json_.key("allowances").begin_array(Layout::lines);
    for (const AllowEntry& entry : entries) add(policy, entry);
    json_.end_array();
    json_.end_object();
    return std::move(json_).take();
  }

 private:
  void add(const Policy& policy, const AllowEntry& entry) {
    json_.begin_object(Layout::lines);
    json_.key("host").text(entry.needs.host.value);
    json_.key("user").text(entry.grantee.user);
    json_.key("means").text(word(entry.grantee.means));
    json_.key("placeholders").begin_array(Layout::one_line);
    for (const DatasetName& dataset : entry.needs.placeholders) json_.text(dataset.str());
    json_.end_array();
    json_.key("needs").begin_array(Layout::lines);
    for (const Delegation& need : entry.needs.delegations) add(need);
    json_.end_array();
    json_.key("commands");
    with_purposes("command", entry.needs.commands);
    json_.key("lines");
    texts(allow_lines(policy, entry.needs, entry.grantee));
    json_.key("verdict");
    if (entry.verdict) {
      add(*entry.verdict);
    } else {
      json_.null();
    }
    json_.end_object();
  }

  void add(const Delegation& need) {
    json_.begin_object(Layout::lines);
    json_.key("dataset").text_or_null(need.dataset ? std::optional(need.dataset->str())
                                                   : std::nullopt);
    json_.key("scope").text(word(need.scope));
    json_.key("permissions");
    with_purposes("permission", need.permissions);
    json_.end_object();
  }

  void with_purposes(std::string_view key, const Permissions& permissions) {
    json_.begin_array(Layout::lines);
    for (const auto& [permission, purposes] : permissions) {
      json_.begin_object(Layout::one_line);
      json_.key(key).text(permission);
      json_.key("jobs").begin_array(Layout::one_line);
      for (const Purpose& purpose : purposes)
        if (std::holds_alternative<JobId>(purpose)) json_.text(to_string(purpose));
      json_.end_array();
      json_.key("grants").begin_array(Layout::one_line);
      for (const Purpose& purpose : purposes)
        if (std::holds_alternative<ClientGrant>(purpose)) json_.text(to_string(purpose));
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  void add(const Verdict& verdict) {
    static const Judgement nothing;
    const Judgement& judged = verdict.judged ? *verdict.judged : nothing;
    json_.begin_object(Layout::lines);
    json_.key("found").text(word(verdict.found));
    json_.key("problem").text_or_null(verdict.problem);
    json_.key("user_problem").text_or_null(verdict.user_problem);
    places("missing", judged.missing);
    places("instead", judged.instead);
    places("superfluous", judged.superfluous);
    json_.key("partly_needed_sets");
    texts(judged.partly_needed_sets);
    json_.key("refused");
    texts(verdict.refused ? *verdict.refused : std::vector<std::string>());
    json_.end_object();
  }

  void places(std::string_view key, const Places& places) {
    json_.key(key).begin_array(Layout::lines);
    for (const auto& [dataset, place] : places) {
      for (const auto& [scope, permissions] : place.by_scope()) {
        json_.begin_object(Layout::one_line);
        json_.key("dataset").text(dataset.str());
        json_.key("scope").text(word(scope));
        json_.key("permissions").begin_array(Layout::one_line);
        for (const std::string& permission : permissions) json_.text(permission);
        json_.end_array();
        json_.end_object();
      }
    }
    json_.end_array();
  }

  void texts(const std::vector<std::string>& all) {
    json_.begin_array(Layout::lines);
    for (const std::string& text : all) json_.text(text);
    json_.end_array();
  }

  JsonWriter json_;
};

}  // namespace

std::string allow_to_json(const Policy& policy, const std::vector<AllowEntry>& entries) {
  return Writer().document(policy, entries);
}

}  // namespace zr
