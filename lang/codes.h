#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace zr {

// Everything that a site file can be told, by its number: `ZR1203`. A number never changes its
// meaning and is never used again. Errors: 10 text, 11 statements, 12 names, 13 values, 14 rules,
// 15 snapshots and keeps, 16 what the whole site can't do, 17 tests. Findings, which are warnings
// and notes about a text that is right: 20. (1901 was for what an early version did not have yet.)
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
  unknown_file = 1207,
  bad_use = 1208,
  use_cycle = 1209,
  wrong_type = 1210,
  unknown_parameter = 1211,
  bad_parameter = 1212,
  missing_argument = 1213,
  unknown_policy = 1214,
  recursive_policy = 1215,
  too_much_expansion = 1216,
  bad_element = 1217,
  bad_constant = 1218,
  not_here = 1219,

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
  bad_size = 1315,
  bad_option = 1316,
  no_zfs_run = 1317,
  refused_property = 1318,
  bad_limit = 1319,
  bad_delay = 1320,

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
  agent_decides = 1605,

  test_fails = 1701,
  bad_expectation = 1702,
  unknown_job = 1703,

  redundant_rule = 2001,
  idle_omit = 2002,
  shared_target = 2003,
  pools_meet = 2004,
  autosnaps_meet = 2005,
  prunes_meet = 2006,
  idle_job = 2007,
  keeps_everything = 2008,
  protects_everything = 2009,
  idle_group = 2010,
  count_out_of_reach = 2011,
  short_lived = 2012,
  never_snapshotted = 2013,
  unused_name = 2014,
  allow_without_reason = 2015,
  unknown_allow = 2016,
  idle_allow = 2017,
  not_let_through = 2018,
  never_granted = 2019,
};

struct CodeInfo {
  Code code;
  std::string_view title;
};

// In the order of the numbers.
extern const std::span<const CodeInfo> all_codes;

std::string to_string(Code);  // "ZR1203"

}  // namespace zr
