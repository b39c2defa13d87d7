#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// The candidates that a mistyped `name` may have meant, best first, at most three: those within an
// edit distance of a third of its length (two at least), and those that contain it or start alike.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates);

// " (did you mean cycles or cache?)", or "" where nothing is near: for the end of an error.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace perf_exporter
