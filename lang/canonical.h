#pragma once

#include <string>
#include <vector>

#include "lang/policy.h"

namespace zr {

// Everything that a policy means, as text, one spelling for one meaning: comments, quoting, names
// of blocks that jobs only use, and the order of blocks and lines leave no trace in it; neither
// does the file's name. Two policies that ask for the same have the same text.
std::string canonical_text(const Policy&);
// Of one block: its head, and a line for each of its settings, defaults included, two blanks deep.
std::string canonical_text(const Host&);
std::string canonical_text(const Autosnap&);
std::string canonical_text(const Replication&);
std::string canonical_text(const Prune&);
std::string canonical_text(const Protect&);
std::string canonical_text(const Sink&);

// SHA-256 of that, in hex.
std::string policy_hash(const Policy&);

// `protect` blocks have no name; this order depends on what they say.
void sort_protects(std::vector<Protect>&);

}  // namespace zr
