#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace zr {

// Every kind of error that a site file can get, by its number: `ZR1203`. A number never changes its
// meaning and is never used again. 10 text, 11 statements, 12 names, 13 values, 14 rules,
// 15 snapshots and keeps, 16 what the whole site can't do, 19 what this version does not have.
enum class Code : std::uint16_t {
  too_large = 1001,
  invalid_utf8 = 1002,
  deceptive_character = 1003,
  unexpected_character = 1004,
  unclosed_string = 1005,
  tab_in_string = 1006,
  unknown_escape = 1007,
  unclosed_block = 1008,
  stray_brace = 1009,
  unclosed_bracket = 1010,
  stray_bracket = 1011,
  too_deep = 1012,
  missing_line_end = 1013,
  headless_block = 1014,
  too_many_statements = 1015,

  unknown_declaration = 1101,
  unknown_statement = 1102,
  repeated_statement = 1103,
  missing_statement = 1104,
  missing_block = 1105,
  unwanted_block = 1106,
  missing_value = 1107,
  unwanted_value = 1108,

  declared_twice = 1201,
  bad_name = 1202,
  unknown_host = 1203,
  unknown_rules = 1204,
  unknown_retention = 1205,
  no_local_host = 1206,

  bad_number = 1301,
  zero = 1302,
  bad_duration = 1303,
  uneven_duration = 1304,
  bad_rate = 1305,
  bare_unit = 1306,
  not_a_string = 1307,
  unknown_word = 1308,
  bad_dataset = 1309,
  bad_list = 1310,
  bad_property = 1311,
  own_property = 1312,
  empty_string = 1313,
  property_twice = 1314,

  not_a_rule = 1401,
  pattern_twice = 1402,
  target_in_filter = 1403,
  ok_in_map = 1404,
  pattern_as_target = 1405,
  quote_needed = 1406,
  loose_subtree_mark = 1407,

  unknown_keep = 1501,
  bad_grid = 1502,
  falling_grid = 1503,
  bad_regex = 1504,
  bad_prefix = 1505,
  long_prefix = 1506,
  empty_filter = 1507,
  nested_retention = 1508,

  keeps_for_no_job = 1601,
  same_replication = 1602,
  feeds_itself = 1603,
  too_much_in_use = 1604,

  not_in_this_version = 1901,
};

struct CodeInfo {
  Code code;
  std::string_view title;
};

// In the order of the numbers.
inline constexpr std::array all_codes = std::to_array<CodeInfo>({
    {Code::too_large, "the file is too large"},
    {Code::invalid_utf8, "the text is not UTF-8"},
    {Code::deceptive_character, "a control or bidirectional character"},
    {Code::unexpected_character, "a character that means nothing here"},
    {Code::unclosed_string, "a string without its closing quote"},
    {Code::tab_in_string, "a tab in a string"},
    {Code::unknown_escape, "an unknown escape in a string"},
    {Code::unclosed_block, "a block without its `}`"},
    {Code::stray_brace, "a `}` that closes nothing"},
    {Code::unclosed_bracket, "a bracket that is never closed"},
    {Code::stray_bracket, "a bracket that closes nothing"},
    {Code::too_deep, "blocks or brackets nested too deep"},
    {Code::missing_line_end, "two statements on one line"},
    {Code::headless_block, "a `{` on a line of its own"},
    {Code::too_many_statements, "too many statements"},
    {Code::unknown_declaration, "an unknown declaration"},
    {Code::unknown_statement, "an unknown statement in a block"},
    {Code::repeated_statement, "a statement given twice"},
    {Code::missing_statement, "a statement that must be there is missing"},
    {Code::missing_block, "a block is missing"},
    {Code::unwanted_block, "a block where none belongs"},
    {Code::missing_value, "a value is missing"},
    {Code::unwanted_value, "something after the last value"},
    {Code::declared_twice, "two declarations of one name"},
    {Code::bad_name, "not a name"},
    {Code::unknown_host, "unknown host"},
    {Code::unknown_rules, "unknown rules"},
    {Code::unknown_retention, "unknown retention"},
    {Code::no_local_host, "not exactly one local host to default to"},
    {Code::bad_number, "not a whole number in its range"},
    {Code::zero, "zero where it makes no sense"},
    {Code::bad_duration, "not a duration"},
    {Code::uneven_duration, "a unit whose length varies"},
    {Code::bad_rate, "not a rate"},
    {Code::bare_unit, "a size unit that has two readings"},
    {Code::not_a_string, "a string is expected"},
    {Code::unknown_word, "not one of the words that may stand here"},
    {Code::bad_dataset, "not the name of a dataset"},
    {Code::bad_list, "not a list of strings"},
    {Code::bad_property, "not a ZFS property"},
    {Code::own_property, "a property that zrepl keeps for itself"},
    {Code::empty_string, "an empty string"},
    {Code::property_twice, "a property given twice"},
    {Code::not_a_rule, "not a rule"},
    {Code::pattern_twice, "one pattern twice"},
    {Code::target_in_filter, "a target where a filter is wanted"},
    {Code::ok_in_map, "`ok` where a map is wanted"},
    {Code::pattern_as_target, "a pattern as a target"},
    {Code::quote_needed, "a pool called `ok` or `omit` without quotes"},
    {Code::loose_subtree_mark, "a `<` apart from its dataset"},
    {Code::unknown_keep, "an unknown keep"},
    {Code::bad_grid, "not a grid"},
    {Code::falling_grid, "grid intervals that get shorter"},
    {Code::bad_regex, "a regular expression that RE2 refuses"},
    {Code::bad_prefix, "a prefix that no snapshot can have"},
    {Code::long_prefix, "a prefix that leaves no room for the time"},
    {Code::empty_filter, "a filter that takes no snapshot"},
    {Code::nested_retention, "a retention that uses another"},
    {Code::keeps_for_no_job, "`keep not_replicated` where nothing replicates"},
    {Code::same_replication, "two jobs that fill one target from one source"},
    {Code::feeds_itself, "a replication that feeds itself"},
    {Code::too_much_in_use, "named blocks that are used too often"},
    {Code::not_in_this_version, "a feature that this version does not have"},
});

std::string to_string(Code);  // "ZR1203"

}  // namespace zr
