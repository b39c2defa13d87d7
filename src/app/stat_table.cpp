#include "app/stat_table.h"

#include <cstdio>
#include <optional>
#include <string_view>

namespace perf_exporter {
namespace {

constexpr double kNano = 1e-9;

std::string with_separators(Count count) {
  std::string digits;
  int place = 0;
  do {
    if (place > 0 && place % 3 == 0) {
      digits.insert(digits.begin(), ',');
    }
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(count % 10)));
    count /= 10;
    ++place;
  } while (count > 0);
  return digits;
}

struct Difference {
  const StatSnapshot& before;
  const StatSnapshot& after;

  [[nodiscard]] double seconds() const {
    return static_cast<double>(after.taken_at - before.taken_at) * kNano;
  }
  [[nodiscard]] Count of(std::size_t event) const {
    return after.events[event].count - before.events[event].count;
  }
  [[nodiscard]] std::optional<double> of(std::string_view name) const {
    for (std::size_t event = 0; event < after.events.size(); ++event) {
      if (after.events[event].event->name == name && after.events[event].has_data) {
        return static_cast<double>(of(event));
      }
    }
    return std::nullopt;
  }
};

void append_ratio(const Difference& difference, const char* text, std::string_view part,
                  std::string_view whole, double factor, const char* unit, std::string& table) {
  const auto above = difference.of(part);
  const auto below = difference.of(whole);
  if (above && below && *below > 0) {
    char line[96];
    std::snprintf(line, sizeof line, "  %-28s %12.2f%s\n", text, *above / *below * factor, unit);
    table += line;
  }
}

}  // namespace

std::string stat_table(const StatSnapshot& before, const StatSnapshot& after) {
  constexpr double kPercent = 100;
  const Difference difference{before, after};
  char line[160];
  std::snprintf(line, sizeof line, "Counted on %zu CPUs for %.3f s\n\n  %-28s %20s %16s\n",
                after.cpus, difference.seconds(), "event", "count", "per second");
  std::string table = line;
  for (std::size_t event = 0; event < after.events.size(); ++event) {
    const StatEvent& row = after.events[event];
    const std::string name(row.event->name);
    if (!row.has_data) {
      table += "  " + name + std::string(name.size() < 28 ? 28 - name.size() : 0, ' ') + " " +
               (row.why.empty() ? "no data: it has not moved" : row.why) + "\n";
      continue;
    }
    const Count count = difference.of(event);
    std::snprintf(line, sizeof line, "  %-28s %20s %16.1f%s\n", name.c_str(),
                  with_separators(count).c_str(), static_cast<double>(count) / difference.seconds(),
                  row.is_estimate ? "  estimate" : "");
    table += line;
  }
  std::string ratios;
  append_ratio(difference, "instructions per cycle", "instructions", "cycles", 1, "", ratios);
  append_ratio(difference, "branches mispredicted", "branch_misses", "branches", kPercent, " %",
               ratios);
  append_ratio(difference, "cache references missed", "cache_misses", "cache_references", kPercent,
               " %", ratios);
  return ratios.empty() ? table : table + "\n" + ratios;
}

}  // namespace perf_exporter
