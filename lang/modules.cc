#include "lang/modules.h"

#include <algorithm>

#include "lang/names.h"
#include "lang/parse.h"
#include "lang/reader.h"
#include "lang/stdlib.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::string_view built_in = "std/";
constexpr std::size_t max_reason = 400;  // characters; it names a path

bool is_built_in(std::string_view path) { return path.substr(0, built_in.size()) == built_in; }

// `path` as `from` sees it, without `.` and with `..` only at its beginning.
std::string resolved(std::string_view from, std::string_view path) {
  std::string all;
  const std::size_t slash = from.rfind('/');
  if (slash != std::string_view::npos) all = from.substr(0, slash + 1);
  all += path;
  const bool is_absolute = all.front() == '/';
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find('/', at), all.size());
    std::string part = all.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (part != ".." || !is_absolute) {
      parts.push_back(std::move(part));
    }
  }
  std::string text = is_absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? "/" : "") + parts[i];
  return text;
}

std::string stem_of(std::string_view path) {
  std::string_view stem = path.substr(path.rfind('/') + 1);
  if (stem.size() > 3 && stem.substr(stem.size() - 3) == ".zr") stem.remove_suffix(3);
  return std::string(stem);
}

}  // namespace

Modules::Modules(Context& context, Diagnostics& diagnostics, const Import& import)
    : context_(context), diagnostics_(diagnostics), import_(import) {}

void Modules::load(const ast::File& root) {
  Scope& scope = scopes_.emplace_back();
  scope.file = &root;
  const std::string path = resolved("", context_.sources().name(root.source));
  by_path_.emplace(path, &scope);
  loading_.push_back({path, {}});
  follow(scope, context_.sources().name(root.source));
}

std::vector<const ast::File*> Modules::files() const {
  std::vector<const ast::File*> all;
  for (const Scope& scope : scopes_) {
    const bool is_root = &scope == &scopes_.front();
    if (is_root || !is_built_in(context_.sources().name(scope.file->source))) {
      all.push_back(scope.file);
    }
  }
  return all;
}

void Modules::follow(Scope& scope, const std::string& path) {
  for (const ast::Statement& s : scope.file->statements) {
    context_.enter(scope);
    if (context_.key(s) == "use" && !s.broken) use(scope, path, s);
  }
}

void Modules::use(Scope& scope, const std::string& from, const ast::Statement& s) {
  Reader reader(context_, s);
  const Span span = reader.here();
  const auto path = reader.string("a file");
  if (!reader.end() || !path) return;
  const std::string stem = stem_of(*path);
  if (path->front() == '/' || !is_identifier(stem)) {
    const bool absolute = path->front() == '/';
    context_.error(
        Code::bad_use, span,
        absolute       ? "`use` wants a path relative to this file"
        : stem.empty() ? "`" + printable(*path) + "` is no file's name"
                       : "`" + printable(stem) + "` can't name what the file declares",
        "",
        {advice(absolute ? "`use \"hosts.zr\"` is the file beside this one"
                         : "its names are reached as `file.name`: let the file's name be "
                           "`[a-z][a-z0-9_-]*`, and `.zr`")});
    lost_.insert(stem);
    return;
  }
  if (scope.uses.count(stem) > 0) {
    context_.error(Code::declared_twice, span, "two used files are called `" + stem + "`",
                   "again here");
    return;
  }
  if (Scope* used = open(is_built_in(*path) ? *path : resolved(from, *path), s, span)) {
    scope.uses.emplace(stem, used);
    if (!is_built_in(from)) uses_.push_back({context_.span(s), *path, stem, scope.file, used});
  } else {
    lost_.insert(stem);
  }
}

// None when there is no such file or it is being read already; that is reported.
Scope* Modules::open(const std::string& path, const ast::Statement& s, Span span) {
  if (std::any_of(loading_.begin(), loading_.end(),
                  [&](const Loading& l) { return l.path == path; })) {
    cycle(path, span);
    return nullptr;
  }
  const auto known = by_path_.find(path);
  if (known != by_path_.end()) return known->second;
  const std::optional<SourceId> source = read(path, span);
  if (!source) return nullptr;
  auto file = parse(context_.sources(), *source, diagnostics_);
  if (!file) return nullptr;
  files_.push_back(std::move(*file));
  Scope& scope = scopes_.emplace_back();
  scope.file = &files_.back();
  by_path_.emplace(path, &scope);
  const Scope& before = context_.scope();
  loading_.push_back({path, context_.span(s)});
  follow(scope, path);
  loading_.pop_back();
  context_.enter(before);
  return &scope;
}

// None when it can't be had; that is reported.
std::optional<SourceId> Modules::read(const std::string& path, Span span) {
  if (is_built_in(path)) {
    if (const auto text = stdlib_text(path)) {
      return context_.sources().add(path, std::string(*text));
    }
    const std::vector<std::string> names = stdlib_names();
    std::vector<Help> help = context_.suggestion(span, path, names);
    for (Help& h : help) h.replacement = "\"" + h.replacement + "\"";
    if (help.empty()) help.push_back(advice("the standard library has " + one_of(names)));
    context_.error(Code::unknown_file, span,
                   "the standard library has no `" + printable(path) + "`", "", std::move(help));
    return std::nullopt;
  }
  Imported imported;
  const bool is_one_too_many = files_.size() >= max_files;
  if (!is_one_too_many) imported = import_(path);
  if (imported.source) used_bytes_ += context_.sources().text(*imported.source).size();
  if (is_one_too_many || used_bytes_ > max_used_bytes) {
    context_.error(Code::unknown_file, span,
                   "with `" + printable(path) + "` the site has " +
                       (is_one_too_many ? "more than 1000 files" : "files of more than 64 MiB"),
                   "this is not read");
    return std::nullopt;
  }
  if (!imported.source) {
    context_.error(
        Code::unknown_file, span,
        imported.why.empty() ? "there is no file `" + printable(path) + "` to use"
                             : printable(imported.why, max_reason),
        "", {advice("`use` names a file relative to this one, or a part of the standard library")});
  }
  return imported.source;
}

void Modules::cycle(const std::string& path, Span span) {
  std::vector<Label> chain;
  bool inside = false;
  for (const Loading& l : loading_) {
    if (inside) chain.push_back({l.use, "which is used here"});
    inside = inside || l.path == path;
  }
  const std::string label = chain.empty() ? "this is that file" : "and this uses it again";
  context_.error(Code::use_cycle, span, "`" + printable(path) + "` uses itself", label,
                 {advice("put what both files need into a third")}, std::move(chain));
}

}  // namespace zr
