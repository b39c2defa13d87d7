#include "exposition/layout_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "exposition/escape.h"
#include "exposition/family_header.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 5> kOtherSuffixes = {kTotal, "_created", "_bucket", "_count",
                                                            "_sum"};

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool is_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return is_letter(letter) || (letter >= '0' && letter <= '9');
         });
}

// Collects breaches of one family.
class FamilyReport {
 public:
  FamilyReport(const Layout& layout, const Family& family, std::vector<std::string>& breaches)
      : layout_(layout), family_(family), breaches_(breaches) {}

  void check() {
    check_name();
    check_help();
    check_series();
  }

 private:
  void add(const std::string& what) { breaches_.push_back(family_.name + ": " + what); }

  void check_name() {
    if (!is_name(family_.name)) {
      add("not a metric name");
    }
    const std::string_view name = family_.name;
    if (family_.type == MetricType::counter) {
      if (!name.ends_with(kTotal) || name == kTotal) {
        add("a counter whose name does not end in _total");
      }
      return;
    }
    for (const std::string_view suffix : kOtherSuffixes) {
      if (name.ends_with(suffix)) {
        add("a gauge whose name ends in " + std::string(suffix));
      }
    }
  }

  void check_help() {
    if (family_.help.empty()) {
      add("no HELP");
    }
    if (family_.help.find_first_of("\r\n") != std::string::npos) {
      add("HELP of several lines");
    }
    if (valid_utf8(family_.help) != family_.help) {
      add("HELP is not UTF-8");
    }
  }

  void check_series() {
    std::set<Labels> seen;
    for (const Labels& labels : label_sets(layout_, family_)) {
      check_label_names(labels);
      Labels identity = labels;
      std::erase_if(identity, [](const auto& label) { return label.second.empty(); });
      std::sort(identity.begin(), identity.end());
      if (!seen.insert(identity).second) {
        add("two series with the same labels" + described(identity));
      }
    }
  }

  void check_label_names(const Labels& labels) {
    std::set<std::string_view> names;
    for (const auto& [name, value] : labels) {
      if (!is_name(name) || name.starts_with("__")) {
        add("not a label name: " + name);
      }
      if (!names.insert(name).second) {
        add("label twice in a set: " + name);
      }
    }
  }

  static std::string described(const Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
      text.append(" ").append(name).append("=").append(value);
    }
    return text;
  }

  const Layout& layout_;
  const Family& family_;
  std::vector<std::string>& breaches_;
};

// All names a family takes up in either format. A counter's _created is its own even where it is
// not written (OpenMetrics 1.0.0, "Suffixes").
std::set<std::string> names_taken(const std::string& name, bool counter) {
  std::set<std::string> names{name};
  if (counter) {
    const std::string base(without_total(name));
    names.insert({base, base + "_total", base + "_created"});
  }
  return names;
}

std::vector<std::string> common(const std::set<std::string>& left,
                                const std::set<std::string>& right) {
  std::vector<std::string> both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(both));
  return both;
}

}  // namespace

std::vector<std::string> check_layout(const Layout& layout) {
  std::vector<std::string> breaches;
  std::set<std::string> taken;
  const auto without = std::count_if(layout.rows.begin(), layout.rows.end(),
                                     [](const Row& row) { return row->empty(); });
  if (without > 0 && layout.rows.size() > 1) {
    breaches.emplace_back("a row without labels beside others");
  }
  for (const Family& family : layout.families) {
    FamilyReport(layout, family, breaches).check();
    auto names = names_taken(family.name, family.type == MetricType::counter);
    for (const std::string& name : common(names, taken)) {
      breaches.push_back(family.name + ": another family has the name " + name);
    }
    taken.merge(names);
  }
  return breaches;
}

std::vector<std::string> check_clashes(const Layout& layout, const InfoFamilies& info) {
  std::set<std::string> taken;
  for (const Family& family : layout.families) {
    taken.merge(names_taken(family.name, family.type == MetricType::counter));
  }
  std::vector<std::string> clashes;
  for (const prometheus::MetricFamily& family : info.families) {
    auto names = names_taken(family.name, family.type == prometheus::MetricType::Counter);
    for (std::string& name : common(names, taken)) {
      clashes.push_back(std::move(name));
    }
    taken.merge(names);
  }
  return clashes;
}

}  // namespace perf_exporter
