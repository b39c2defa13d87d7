// The values that flags take, each read from its text by a pure function. A fault quotes the text,
// gives the reason and the nearest valid value; it does not name the flag, which the caller knows.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perf_exporter {

// What --guests asks for; `automatic` is decided by what the host's KVM does.
enum class GuestChoice { automatic, include, exclude };

// One of `choices`, as its index.
Result<std::size_t> parse_choice(std::string_view text, const std::vector<std::string>& choices);

// "true" or "1", "false" or "0".
Result<bool> parse_toggle(std::string_view text);

// A decimal integer from `least` to `most`, both included.
Result<int> parse_number(std::string_view text, int least, int most);

// A positive duration of one number and one unit: "500ms", "10s", "2m", "1h"; at most a week.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// A path for the metrics, as the server's routes take it.
Result<std::string> parse_telemetry_path(std::string_view text);

// A directory that this process can list.
Result<std::filesystem::path> parse_directory(std::string_view text);

// Every element of comma lists, in order and without the blanks around it. Fails on an empty one.
Result<std::vector<std::string>> split_lists(const std::vector<std::string>& texts);

// "cpu", "cgroup", or both, in this order, from comma lists of them.
Result<std::vector<std::string>> parse_scopes(const std::vector<std::string>& texts);

// "'zycles' is no collector (did you mean cycles?)"; all the names where none is near.
tl::unexpected<Fault> unknown_name(std::string_view name, std::string_view what,
                                   const std::vector<std::string>& names);

}  // namespace perf_exporter
