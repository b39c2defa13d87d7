// The file of --config: the subset of TOML 1.0 (https://toml.io/en/v1.0.0) that flags need, read
// strictly, so that nothing in it is ever skipped or cut short in silence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perf_exporter {

// One `key = value`. The key is the full dotted name, with the tables that it stands in; a string,
// integer or boolean is one value, an array of them as many as it has elements.
struct ConfigEntry {
  std::string key;
  std::vector<std::string> values;
  int line = 0;
};

// Reads bare, quoted and dotted keys, [tables], single-line strings of both kinds, decimal
// integers, booleans and flat arrays over several lines, behind a byte order mark or none. All else
// is a fault that starts with "line N: ", as are a malformed line and a key that is set twice.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text);

}  // namespace perf_exporter
