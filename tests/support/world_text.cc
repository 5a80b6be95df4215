#include "tests/support/world_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "planner/marks.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

constexpr std::string_view separators = "=^~+!&>";

template <class Number>
Number to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument(fmt::format("'{}' is no number", text));
  }
  return value;
}

DatasetName to_dataset(std::string_view text) {
  auto name = DatasetName::parse(text);
  if (!name) throw std::invalid_argument(fmt::format("'{}' is no dataset", text));
  return *std::move(name);
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Walks over one line.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool at_blank() const { return at_end() || is_blank(text_.front()); }
  char peek() const { return at_end() ? '\0' : text_.front(); }
  std::string_view rest() const { return text_; }

  void skip_blanks() {
    while (!at_end() && is_blank(text_.front())) text_.remove_prefix(1);
  }
  char take() {
    const char c = peek();
    if (!at_end()) text_.remove_prefix(1);
    return c;
  }
  // Up to a blank, a separator or the end; or what is in quotes.
  std::string part() {
    if (peek() == '"') return quoted();
    std::string out;
    while (!at_blank() && separators.find(peek()) == separators.npos) out += take();
    return out;
  }
  // Up to a blank or the end, or what is in quotes: for values, which may hold separators.
  std::string value() {
    if (peek() == '"') return quoted();
    std::string out;
    while (!at_blank()) out += take();
    return out;
  }

 private:
  std::string quoted() {
    take();
    std::string out;
    while (peek() != '"') {
      if (at_end()) throw std::invalid_argument("a quote is not closed");
      if (peek() == '\\') take();
      out += take();
    }
    take();
    return out;
  }

  std::string_view text_;
};

// What a version has unless told, given those that come before it.
Version with_defaults(const Dataset& dataset, VersionKind kind, std::string name, Guid guid) {
  Version v;
  v.kind = kind;
  v.name = std::move(name);
  v.guid = guid;
  std::uint64_t largest = 0;
  for (const Version& other : dataset.versions) {
    largest = std::max(largest, other.createtxg.value);
    if (other.guid != guid) continue;
    v.createtxg = other.createtxg;
    v.creation = other.creation;
    return v;
  }
  v.createtxg = CreateTxg(largest + 1);
  return v;
}

Seconds default_creation(CreateTxg txg) {
  return Seconds(std::chrono::hours(static_cast<std::int64_t>(txg.value % 1'000'000'000)));
}

// What is written behind a version's name.
struct Attributes {
  std::optional<Guid> guid;
  std::optional<CreateTxg> createtxg;
  std::optional<Seconds> creation;
  std::uint64_t bytes = 0;
  std::vector<std::string> holds, clones;
};

Attributes read_attributes(Line& line) {
  Attributes a;
  while (!line.at_blank()) {
    const char sign = line.take();
    const std::string text = line.part();
    switch (sign) {
      case '=':
        a.guid = Guid(to_number<std::uint64_t>(text));
        break;
      case '^':
        a.createtxg = CreateTxg(to_number<std::uint64_t>(text));
        break;
      case '~':
        a.creation = Seconds(std::chrono::seconds(to_number<std::int64_t>(text)));
        break;
      case '+':
        a.bytes = to_number<std::uint64_t>(text);
        break;
      case '!':
        a.holds.push_back(text);
        break;
      case '&':
        a.clones.push_back(text);
        break;
      default:
        throw std::invalid_argument(fmt::format("'{}' is not expected here", sign));
    }
  }
  return a;
}

void read_version(Line& line, Dataset& dataset) {
  const VersionKind kind = line.take() == '@' ? VersionKind::snapshot : VersionKind::bookmark;
  const std::string name = line.part();
  if (!is_version_name(name)) {
    throw std::invalid_argument(fmt::format("'{}' can't name a version", name));
  }
  Attributes a = read_attributes(line);
  Version v = with_defaults(dataset, kind, name, a.guid.value_or(version_guid(name)));
  const bool follows_another = v.creation != Seconds{};
  v.createtxg = a.createtxg.value_or(v.createtxg);
  v.creation = a.creation.value_or(follows_another ? v.creation : default_creation(v.createtxg));
  v.bytes = a.bytes;
  v.holds = std::move(a.holds);
  v.clones = std::move(a.clones);
  dataset.versions.push_back(std::move(v));
}

ResumeToken partial_token(Line& line) {
  DecodedToken token;
  std::string to = line.part();
  if (line.peek() == '>') {
    line.take();
    token.fromguid = version_guid(to);
    to = line.part();
  }
  token.toname = "pool/dataset@" + to;
  token.toguid = version_guid(to);
  token.object = 1;
  return encode(token);
}

void read_word(Line& line, Dataset& dataset) {
  const std::string word = line.part();
  const bool has_value = line.peek() == '=';
  if (has_value) line.take();
  if (!has_value && word == "volume") {
    dataset.type = DatasetType::volume;
  } else if (!has_value && word == "compresses") {
    dataset.compresses = true;
  } else if (!has_value && word == "placeholder") {
    dataset.placeholder = true;
  } else if (word == "encrypted") {
    dataset.encryption_root = has_value ? to_dataset(line.value()) : dataset.name;
    if (dataset.key_status == KeyStatus::none) dataset.key_status = KeyStatus::available;
  } else if (has_value && word == "key") {
    dataset.key_status =
        line.value() == "available" ? KeyStatus::available : KeyStatus::unavailable;
  } else if (has_value && word == "guid") {
    dataset.guid = Guid(to_number<std::uint64_t>(line.value()));
  } else if (has_value && word == "written") {
    dataset.written_bytes = to_number<std::uint64_t>(line.value());
  } else if (has_value && word == "origin") {
    dataset.origin = line.value();
  } else if (has_value && word == "token") {
    dataset.resume_token = ResumeToken(line.value());
  } else if (has_value && word == "partial") {
    dataset.resume_token = partial_token(line);
  } else {
    throw std::invalid_argument(fmt::format("'{}' means nothing here", word));
  }
  if (!line.at_blank()) throw std::invalid_argument("a blank is missing after " + word);
}

void read_dataset(Line& line, Inventory& inventory) {
  const DatasetName name = to_dataset(line.value());
  auto& all = inventory.datasets;
  auto it = std::find_if(all.begin(), all.end(), [&](const Dataset& d) { return d.name == name; });
  Dataset& dataset = it == all.end() ? all.emplace_back(name) : *it;
  for (line.skip_blanks(); !line.at_end(); line.skip_blanks()) {
    if (line.peek() == '@' || line.peek() == '#') {
      read_version(line, dataset);
    } else {
      read_word(line, dataset);
    }
  }
}

HostName to_host(std::string_view text) {
  if (!is_identifier(text)) throw std::invalid_argument(fmt::format("'{}' is no host", text));
  return HostName(std::string(text));
}

void read_line(std::string_view text, World& world) {
  Line line(text);
  line.skip_blanks();
  if (line.at_end() || line.peek() == '#') return;
  const std::string_view rest = line.rest();
  constexpr std::string_view observed = "observed ", unreachable = "unreachable ";
  const auto colon = rest.find(':');
  if (rest.substr(0, observed.size()) == observed) {
    world.observed_at =
        Seconds(std::chrono::seconds(to_number<std::int64_t>(rest.substr(observed.size()))));
  } else if (colon == rest.npos) {
    throw std::invalid_argument("no host");
  } else if (rest.substr(0, unreachable.size()) == unreachable) {
    const HostName host = to_host(rest.substr(unreachable.size(), colon - unreachable.size()));
    Line why(rest.substr(colon + 1));
    why.skip_blanks();
    world.unreachable[host] = std::string(why.rest());
  } else {
    Inventory& inventory = world.hosts[to_host(rest.substr(0, colon))];
    Line items(rest.substr(colon + 1));
    items.skip_blanks();
    if (!items.at_end()) read_dataset(items, inventory);
  }
}

// In quotes where it has to be.
std::string quote(std::string_view text) {
  const auto plain = [](char c) {
    return !is_blank(c) && c != '"' && c != '\\' && separators.find(c) == separators.npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string version_text(const Dataset& before, const Version& v) {
  std::string out = (v.is_snapshot() ? "@" : "#") + quote(v.name);
  if (v.guid != version_guid(v.name)) out += fmt::format("={}", v.guid.value);
  const Version plain = with_defaults(before, v.kind, v.name, v.guid);
  if (v.createtxg != plain.createtxg) out += fmt::format("^{}", v.createtxg.value);
  const Seconds creation =
      plain.creation != Seconds{} ? plain.creation : default_creation(v.createtxg);
  if (v.creation != creation) out += fmt::format("~{}", v.creation.time_since_epoch().count());
  if (v.bytes != 0) out += fmt::format("+{}", v.bytes);
  for (const std::string& tag : v.holds) out += "!" + quote(tag);
  for (const std::string& clone : v.clones) out += "&" + quote(clone);
  return out;
}

std::string dataset_text(const Dataset& d) {
  std::string out = quote(d.name.str());
  Dataset before(d.name);
  for (const Version& v : d.versions) {
    out += " " + version_text(before, v);
    before.versions.push_back(v);
  }
  if (d.type == DatasetType::volume) out += " volume";
  if (d.placeholder) out += " placeholder";
  if (d.compresses) out += " compresses";
  if (d.guid != Guid{}) out += fmt::format(" guid={}", d.guid.value);
  if (d.written_bytes != 0) out += fmt::format(" written={}", d.written_bytes);
  if (d.origin) out += " origin=" + quote(*d.origin);
  if (d.encryption_root) {
    out += d.encryption_root == d.name ? " encrypted"
                                       : " encrypted=" + quote(d.encryption_root->str());
  }
  if (d.key_status == KeyStatus::unavailable) out += " key=unavailable";
  if (d.resume_token) out += " token=" + quote(d.resume_token->value);
  return out;
}

}  // namespace

Guid version_guid(std::string_view name) {
  if (const auto cursor = Cursor::parse(name)) return cursor->guid;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return Guid(number);
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return Guid(hash);
}

World world_from_text(std::string_view text) {
  World world;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    try {
      read_line(text.substr(0, end), world);
    } catch (const std::invalid_argument& e) {
      throw std::invalid_argument(fmt::format("world, line {}: {}", number, e.what()));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (auto& [host, inventory] : world.hosts) inventory.sort();
  return world;
}

std::string world_to_text(const World& world) {
  std::string out;
  if (world.observed_at != Seconds{}) {
    out += fmt::format("observed {}\n", world.observed_at.time_since_epoch().count());
  }
  for (const auto& [host, why] : world.unreachable) {
    out += fmt::format("unreachable {}: {}\n", host.value, why);
  }
  for (const auto& [host, inventory] : world.hosts) {
    if (inventory.datasets.empty()) out += host.value + ":\n";
    for (const Dataset& d : inventory.datasets) out += host.value + ": " + dataset_text(d) + "\n";
  }
  return out;
}

}  // namespace zr
