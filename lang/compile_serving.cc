#include <algorithm>

#include "lang/body.h"
#include "lang/compile_jobs.h"
#include "lang/compile_rules.h"
#include "lang/reader.h"

// What clients may do on a serving host.

namespace zr {
namespace {

constexpr std::uint64_t max_count = 1'000'000'000;

HostName serving_host(Context& context, const Declarations& declared, Body& body) {
  const auto* on = body.require("on", "on HOST");
  return on == nullptr ? HostName{} : compile_host_name(context, declared, *on);
}

std::optional<std::uint64_t> read_count(Context& context, const ast::Statement* s) {
  if (s == nullptr) return std::nullopt;
  Reader reader(context, *s);
  const auto count = reader.number(max_count);
  reader.end();
  return count;
}

std::optional<std::uint64_t> read_size(Context& context, const ast::Statement* s) {
  if (s == nullptr) return std::nullopt;
  Reader reader(context, *s);
  const auto size = reader.size();
  reader.end();
  return size;
}

}  // namespace

void JobCompiler::sink(const ast::Statement& s, const std::string& identity) {
  const std::size_t before = context_.errors();
  Sink sink{identity, context_.origin(context_.span(s)), {}, {}, context_.span(s)};
  Body body(context_, s,
            {{"on"}, {"map"}, {"max_datasets"}, {"quota"}, {"properties"}, {"keep_at_least"}});
  sink.on = serving_host(context_, declared_, body);
  if (const auto* map = body.require("map", "map { tank< -> backup/" + identity + " }")) {
    sink.map = compile_map(context_, declared_, *map);
  }
  sink.max_datasets = read_count(context_, body.find("max_datasets"));
  sink.quota_bytes = read_size(context_, body.find("quota"));
  if (const auto* properties = body.find("properties")) {
    sink.properties = compile_grants(context_, *properties);
  }
  sink.keep_at_least = read_count(context_, body.find("keep_at_least"));
  const std::size_t copies = sink.map.all().size() + sink.properties.size();
  if (!is_whole(s, before) || !within_limit(s, copies)) return;
  policy_.sinks.push_back(std::move(sink));
}

void JobCompiler::pull_acl(const ast::Statement& s, const std::string& identity) {
  const std::size_t before = context_.errors();
  PullAcl acl{identity, context_.origin(context_.span(s)), {}, {}, context_.span(s)};
  Body body(context_, s, {{"on"}, {"datasets"}});
  acl.on = serving_host(context_, declared_, body);
  if (const auto* datasets = body.require("datasets", "datasets { tank< -> ok }")) {
    acl.datasets = compile_filter(context_, declared_, *datasets);
  }
  if (!is_whole(s, before) || !within_limit(s, acl.datasets.all().size())) return;
  policy_.pull_acls.push_back(std::move(acl));
}

}  // namespace zr
