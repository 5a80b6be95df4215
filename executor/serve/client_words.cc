#include "executor/serve/client_words.h"

#include <algorithm>

#include "planner/world.h"

namespace zr {
namespace {

constexpr std::string_view somebody_elses = "(a dataset of this host)";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.:/@#%").find(c) != std::string_view::npos;
}

class Words {
 public:
  Words(const ShownAs& shown_as, const std::set<std::string, std::less<>>& pools)
      : shown_as_(shown_as), pools_(pools) {}

  // What to say instead of a text that may name a dataset or a version of one; none: it does not.
  std::optional<std::string> instead_of(std::string_view text) const {
    const std::size_t end = std::min(text.find_first_of("@#"), text.size());
    std::string_view dataset = text.substr(0, end);
    const bool arriving = dataset.ends_with(receiving_suffix);
    if (arriving) dataset.remove_suffix(receiving_suffix.size());
    const auto name = DatasetName::parse(dataset);
    const bool is_one = name && (arriving || end != text.size() || pools_.contains(dataset) ||
                                 dataset.find('/') != dataset.npos);
    if (!is_one) return std::nullopt;
    const auto shown = shown_as_(*name);
    if (!shown) return std::string(somebody_elses);
    return shown->str() + std::string(text.substr(dataset.size()));
  }

 private:
  const ShownAs& shown_as_;
  const std::set<std::string, std::less<>>& pools_;
};

// The length of a name at the front that ends where punctuation of the sentence begins.
std::size_t word_length(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_character);
  auto n = static_cast<std::size_t>(end - text.begin());
  while (n > 1 && std::string_view(".:").find(text[n - 1]) != std::string_view::npos) --n;
  return n;
}

}  // namespace

std::string in_clients_words(std::string_view message, const ShownAs& shown_as,
                             const std::set<std::string, std::less<>>& pools) {
  const Words words(shown_as, pools);
  std::string out;
  while (!message.empty()) {
    std::size_t n = 1;
    std::optional<std::string> instead;
    if (message.front() == '\'') {
      // In quotes a name may have blanks. An apostrophe may look like the first quote.
      const std::size_t close = message.find('\'', 1);
      const bool quoted = close != message.npos && close > 1;
      instead = quoted ? words.instead_of(message.substr(1, close - 1)) : std::nullopt;
      if (instead) {
        out += "'" + *instead + "'";
        message.remove_prefix(close + 1);
        continue;
      }
    } else if (is_name_character(message.front())) {
      n = word_length(message);
      instead = words.instead_of(message.substr(0, n));
    }
    out += instead.value_or(std::string(message.substr(0, n)));
    message.remove_prefix(n);
  }
  return out;
}

}  // namespace zr
