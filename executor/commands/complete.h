#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lang/policy.h"

namespace zr {

// A word that can stand where one is being typed, and what it means.
struct Proposal {
  std::string word;
  std::string text;
};

struct Completion {
  std::vector<Proposal> proposals;
  bool open = false;                        // more follows the word: no blank after it
  std::optional<std::string> files_ending;  // files too, with this ending; empty: any
};

// None when there is no such site file, or it has errors.
using ReadPolicy = std::function<std::optional<Policy>(const std::string& path)>;

// What can stand in the place of the last of the words that follow `zrepl`. It is the beginning of
// every proposal; no words are like one that is empty.
Completion complete(std::span<const std::string> words, const ReadPolicy&);

}  // namespace zr
