#include "app/commands/stat_table.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
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

CpuList unite(const CpuList& left, const CpuList& right) {
  CpuList both;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  return both;
}

struct Difference {
  const StatSnapshot& before;
  const StatSnapshot& after;

  [[nodiscard]] double seconds() const {
    return static_cast<double>(after.taken_at - before.taken_at) * kNano;
  }
  // Totals never fall; should one, what is printed must not be the difference of an unsigned type.
  [[nodiscard]] Count of(std::size_t event) const {
    const Count until_now = after.events[event].count;
    const Count until_then = before.events[event].count;
    return until_now > until_then ? until_now - until_then : 0;
  }
  [[nodiscard]] CpuList gone() const { return subtract(before.cpus, after.cpus); }
  [[nodiscard]] CpuList come() const { return subtract(after.cpus, before.cpus); }
  // Where the event was counted: there now, or until the CPU went.
  [[nodiscard]] CpuList counted_on(std::size_t event) const {
    return unite(after.events[event].counted_on,
                 intersect(before.events[event].counted_on, gone()));
  }
  // The event of this name, where it was counted.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const {
    for (std::size_t event = 0; event < after.events.size(); ++event) {
      if (after.events[event].name == name && !counted_on(event).empty()) {
        return event;
      }
    }
    return std::nullopt;
  }
};

void append_ratio(const Difference& difference, const char* text, std::string_view part,
                  std::string_view whole, double factor, const char* unit, std::string& table) {
  const auto above = difference.find(part);
  const auto below = difference.find(whole);
  if (!above || !below || difference.counted_on(*above) != difference.counted_on(*below)) {
    return;
  }
  const Count divisor = difference.of(*below);
  if (divisor > 0) {
    char line[96];
    std::snprintf(
        line, sizeof line, "  %-28s %12.2f%s\n", text,
        static_cast<double>(difference.of(*above)) / static_cast<double>(divisor) * factor, unit);
    table += line;
  }
}

std::string heading(const Difference& difference) {
  const std::size_t cpus = unite(difference.before.cpus, difference.after.cpus).size();
  char line[160];
  std::snprintf(line, sizeof line, "Counted on %zu CPU%s for %.3f s\n", cpus, cpus == 1 ? "" : "s",
                difference.seconds());
  std::string text = line;
  if (const CpuList gone = difference.gone(); !gone.empty()) {
    text += "CPU " + format_cpu_list(gone) + " went offline meanwhile: counted until then\n";
  }
  if (const CpuList come = difference.come(); !come.empty()) {
    text += "CPU " + format_cpu_list(come) + " came online meanwhile: counted from then on\n";
  }
  std::snprintf(line, sizeof line, "\n  %-28s %20s %16s\n", "event", "count", "per second");
  return text + line;
}

void append_row(const Difference& difference, std::size_t event, std::string& table) {
  const StatEvent& row = difference.after.events[event];
  const std::string& name = row.name;
  if (difference.counted_on(event).empty()) {
    table += "  " + name + std::string(name.size() < 28 ? 28 - name.size() : 0, ' ') + " " +
             (row.absent.empty() ? "no data" : row.absent.begin()->first) + "\n";
    return;
  }
  const Count count = difference.of(event);
  char line[160];
  std::snprintf(line, sizeof line, "  %-28s %20s %16.1f%s%s\n", name.c_str(),
                with_separators(count).c_str(), static_cast<double>(count) / difference.seconds(),
                row.is_estimate ? "  estimate" : "", row.absent.empty() ? "" : "  partial");
  table += line;
}

// On which CPUs what was counted was not, and why: its count and rate are of the others.
std::string gaps(const Difference& difference) {
  std::string text;
  for (std::size_t event = 0; event < difference.after.events.size(); ++event) {
    if (difference.counted_on(event).empty()) {
      continue;
    }
    for (const auto& [why, cpus] : difference.after.events[event].absent) {
      text += "  " + difference.after.events[event].name + " not on CPU " + format_cpu_list(cpus) +
              ": " + why + "\n";
    }
  }
  return text;
}

}  // namespace

std::string stat_table(const StatSnapshot& before, const StatSnapshot& after) {
  constexpr double kPercent = 100;
  const Difference difference{before, after};
  std::string table = heading(difference);
  for (std::size_t event = 0; event < after.events.size(); ++event) {
    append_row(difference, event, table);
  }
  std::string ratios;
  append_ratio(difference, "instructions per cycle", "instructions", "cycles", 1, "", ratios);
  append_ratio(difference, "branches mispredicted", "branch_misses", "branches", kPercent, " %",
               ratios);
  append_ratio(difference, "cache references missed", "cache_misses", "cache_references", kPercent,
               " %", ratios);
  for (const std::string& part : {gaps(difference), ratios}) {
    table += part.empty() ? "" : "\n" + part;
  }
  return table;
}

}  // namespace perf_exporter
