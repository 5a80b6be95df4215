#include "lang/character_advice.h"

#include "lang/utf8.h"

namespace zr {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string about_star(std::string_view before, std::string_view key) {
  if (ends_with(before, "/") && key == "/") return "comments begin with `#`";
  if (key == "every") return "there are no cron lines; `every 1h` is once in each hour";
  if (key == "keep") return "in a grid the sign is an `x`: `24x1h`";
  return "there are no wildcards; `tank<` means tank and everything below it";
}

std::string about_greater(std::string_view before) {
  if (ends_with(before, "=")) return "the arrow is `->`";
  if (ends_with(before, "- ")) return "the arrow has no blank in it: `->`";
  return "the arrow is `->`, and a dataset with everything below it `tank<`";
}

std::string beyond_ascii(char32_t code) {
  switch (code) {
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0xAB:
    case 0xBB:
      return "strings stand in plain double quotes, `\"`, not in those of a word processor";
    case 0xA0:
    case 0x2007:
    case 0x202F:
      return "this only looks like a blank, it is " +
             std::string(code == 0xA0 ? "a non-breaking" : "a special") +
             " one; type a plain blank";
    case 0x2192:
    case 0x21D2:
    case 0x27F6:
      return "the arrow is typed `->`";
    case 0x2013:
    case 0x2014:
    case 0x2212:
      return "this is a dash; a hyphen is `-`";
    case 0xD7:
      return "in a grid the sign is the letter `x`: `24x1h`";
    default:
      return "characters beyond ASCII belong in strings and comments";
  }
}

}  // namespace

std::string character_advice(std::string_view characters, std::string_view before,
                             std::string_view key) {
  switch (characters[0]) {
    case '\'':
    case '`':
      return "strings stand in double quotes";
    case '@':
      return "datasets are named without a snapshot; `snapshots { … }` chooses among those";
    case '*':
    case '?':
      return about_star(before, key);
    case '>':
      return about_greater(before);
    case '$':
      return "a site file knows no variables of the environment";
    case '!':
      return "to leave something out, give it the result `omit`: `tank/scratch< -> omit`";
    case '^':
    case '\\':
      return "a regular expression is a string, in double quotes";
    case '+':
      return "nothing is calculated in a site file; a regular expression is a string, in double "
             "quotes";
    default:
      break;
  }
  const Utf8 first = first_character(characters);
  if (first.code >= 0x80) return beyond_ascii(first.code);
  return "names are `[a-z][a-z0-9_-]*`; everything unusual goes into a \"string\"";
}

}  // namespace zr
