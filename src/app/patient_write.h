// Writing to what somebody else may not read: a pipe to a log collector, a terminal that is held.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace perf_exporter {

// Writes all of a text, and waits for room as long as told, without a time for ever. False where a
// part could not be written. The descriptor's mode is left alone, for it belongs to all who share
// the open file; so a file on a disk that hangs is waited for in any case.
bool write_within(int fd, std::string_view text, std::optional<std::chrono::milliseconds> patience);

// A line on standard error on the way to the end, for which it waits a second at most.
void print_last_words(std::string_view line);

}  // namespace perf_exporter
