#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lang/names.h"

namespace zr {

// What the client calls a dataset of this host; none where it is none of its business.
using ShownAs = std::function<std::optional<DatasetName>(const DatasetName&)>;

// A message about this host's ZFS, as the client may read it: datasets go by the client's names,
// and those that it may not know of lose theirs. Whatever looks like a dataset's name is taken for
// one; a pool alone, which looks like any word, is when it is one of `pools`.
std::string in_clients_words(std::string_view message, const ShownAs&,
                             const std::set<std::string, std::less<>>& pools);

}  // namespace zr
