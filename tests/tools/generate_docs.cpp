// Writes docs/metrics.md from the event catalogue and from the families that the collectors make:
//   generate_docs FILE            writes it
//   generate_docs --check FILE    says whether the file is current; 1 where it is not
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "collectors/events/event_catalog.h"
#include "collectors/families/counter_table.h"
#include "collectors/families/info_metrics.h"
#include "collectors/opening/group_opener.h"
#include "fakes/fake_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr const char* kIntroduction = R"(# Metrics

<!-- Generated from the event catalogue; `cmake --build build/dev --target regenerate` writes it anew. -->

A metric's prefix tells what it is counted on: `perf_cpu_` a CPU, `perf_package_` a CPU package, `perf_node_` the
whole machine. `--aggregate` chooses one of the three; sums keep what a CPU has counted when it goes offline, so
that they never fall. A sum stands on the CPUs on which its event counts: `perf_exporter_event_cpus` says on how many,
and the finding `sum_incomplete` names the others and why. What is not counted on a CPU, for a while or for good, is
missing from the sum for good: nothing is made up for it, so that the sum's rate is too low meanwhile. An event that can't be counted is absent, never 0; `perf_exporter_event_cpus` says why.

What opens need not count: virtual PMUs accept events and leave them at 0, or count wrong. So each core PMU is checked
with a loop of known length, at the start and every five minutes; what fails is withheld (`untrusted`) until a later
check finds it right. And an event that can't be 0 while instructions are executed is shown only once it has moved;
after a minute of running time at 0 it is `silent`. With either goes its group: misses without references are a lie.

Counters are totals since the exporter opened the event. Where an event shares its hardware counter with others, the
total is an estimate, scaled by the time for which it was seen; the two `group_…_seconds_total` families show how much
that was. It is absent until the event has run for 25 ms, and `starved` while it runs for less than 1 % of the time.
Events of one group are counted over the same instants, so that their ratios are true.

Each event tells the modes in which it is counted. Hardware events count what the machine executes in user and in kernel
mode, and, as `--guests` says, what virtual machines on it execute in theirs; of a hypervisor beneath the machine they
see nothing. Software events are raised by the kernel of the machine itself: a virtual machine's own page faults are not
among them, those of the process that runs it are.
)";

std::string code(const std::string& text) {
  return "`" + text + "`";
}

std::string metric_of(const char* scope, const CatalogEvent& event) {
  return std::string("perf_") + scope + "_" + std::string(event.metric) + "_total";
}

// "cpu, cache, op"; "none" where there are no labels.
std::string label_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + code(name);
  }
  return text.empty() ? "none" : text;
}

// The catalogue's rows of a collector, one for each metric.
std::vector<const CatalogEvent*> metrics_of(std::string_view collector) {
  std::vector<const CatalogEvent*> rows;
  for (const CatalogEvent& event : event_catalog()) {
    if (event.collector == collector && (rows.empty() || rows.back()->metric != event.metric)) {
      rows.push_back(&event);
    }
  }
  return rows;
}

// The values that a label takes over the rows of a metric, in their order.
template <class Member>
std::string values_of(std::string_view metric, Member member) {
  std::vector<std::string> values;
  for (const CatalogEvent& event : event_catalog()) {
    const std::string value(event.*member);
    if (event.metric == metric && std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(value);
    }
  }
  return label_names(values);
}

void write_collectors(std::ostream& out) {
  out << "\n## Collectors\n\n| collector | on by default | counts |\n|---|---|---|\n";
  for (const CollectorInfo& collector : collector_table()) {
    out << "| " << code(std::string(collector.name)) << " | "
        << (collector.on_by_default ? "yes" : "no") << " | " << collector.help << " |\n";
  }
}

void write_collector(std::ostream& out, const CollectorInfo& collector) {
  out << "\n### " << collector.name << "\n\n"
      << "| `--aggregate cpu`, labels `cpu`"
      << " | `--aggregate package`, labels `package`"
      << " | `--aggregate node` | group | |\n|---|---|---|---|---|\n";
  bool has_cache_labels = false;
  for (const CatalogEvent* event : metrics_of(collector.name)) {
    has_cache_labels = has_cache_labels || !event->cache.empty();
    const std::string group =
        event->cache.empty() ? code(std::string(event->group)) : "one for each cache and op";
    out << "| " << code(metric_of("cpu", *event)) << " | " << code(metric_of("package", *event))
        << " | " << code(metric_of("node", *event)) << " | " << group << " | " << describe(*event);
    if (event->architectures == Architectures::not_x86) {
      out << " Absent there.";
    }
    if (event->membership == Membership::where_it_fits) {
      out << " In a group of its own where the PMU has no room for it in this one.";
    }
    out << " |\n";
  }
  if (has_cache_labels) {
    const auto metric = metrics_of(collector.name).front()->metric;
    out << "\nFurther labels: `cache` is one of " << values_of(metric, &CatalogEvent::cache)
        << "; `op` one of " << values_of(metric, &CatalogEvent::op)
        << ". A CPU has some of the combinations only.\n";
  }
}

struct FamilyRow {
  std::string name;
  std::string type;
  std::vector<std::string> labels;
  std::string help;
};

// The families of the table beside the events' own.
std::vector<FamilyRow> table_rows(const Snapshot& now) {
  CounterTable table(Aggregate::cpu, {"cycles"});
  std::vector<FamilyRow> rows;
  const auto samples = table.update(now, ProcessUsage{});
  for (const Family& family : samples->layout.families) {
    if (!family.collector.empty()) {
      continue;
    }
    FamilyRow row{
        family.name, family.type == MetricType::counter ? "counter" : "gauge", {}, family.help};
    const std::vector<Labels> sets = label_sets(samples->layout, family);
    for (const auto& [label, value] : sets.front()) {
      row.labels.push_back(label);
    }
    rows.push_back(row);
  }
  return rows;
}

HostFacts all_known() {
  HostFacts facts;
  facts.capabilities = CapabilitySets{};
  facts.perf_event_paranoid = 0;
  facts.no_new_privs = false;
  facts.seccomp_mode = 0;
  facts.initial_user_namespace = true;
  return facts;
}

std::vector<FamilyRow> own_rows(const Snapshot& now) {
  std::vector<prometheus::MetricFamily> families = counter_info(now, Aggregate::cpu);
  families.push_back(cpu_model_info({CpuModel{}}));
  families.push_back(build_info(""));
  for (auto& family : permission_metrics(all_known(), {Finding{}})) {
    families.push_back(std::move(family));
  }
  std::vector<FamilyRow> rows;
  for (const auto& family : families) {
    FamilyRow row{family.name, "gauge", {}, family.help};
    for (const auto& label : family.metric.front().label) {
      row.labels.push_back(label.name);
    }
    rows.push_back(row);
  }
  return rows;
}

std::string status_names() {
  std::vector<std::string> names;
  for (const EventStatus status : kEventStatuses) {
    names.emplace_back(to_string(status));
  }
  return label_names(names);
}

// The families whose names start with one of `prefixes`; they are taken out of `rows`.
void write_section(std::ostream& out, const char* title, std::vector<FamilyRow>& rows,
                   const std::vector<std::string>& prefixes) {
  out << "\n## " << title << "\n\n| metric | type | labels | |\n|---|---|---|---|\n";
  std::erase_if(rows, [&](const FamilyRow& row) {
    const bool belongs =
        std::any_of(prefixes.begin(), prefixes.end(),
                    [&](const std::string& prefix) { return row.name.starts_with(prefix); });
    if (belongs) {
      out << "| " << code(row.name) << " | " << row.type << " | " << label_names(row.labels)
          << " | " << row.help << " |\n";
    }
    return belongs;
  });
}

// One CPU with one open event: enough for every family to have a series.
std::string generated() {
  FakePerfKernel kernel;
  const auto events = events_of({"cycles"});
  GroupOpener opener(kernel, events, {}, Guests::include);
  const EventTraits traits(events);
  TargetCounters cpu(std::make_shared<const CpuInfo>(), traits);
  OpenedCpu opened = opener.open(Target::of_cpu(CpuId{0}), Arrangement::merged, events.size());
  cpu.install(OpenStates().share(std::move(opened), events.size()));
  const std::vector<SnapshotTarget> cpus = {{cpu.info(), cpu.open_state()}};
  Snapshot now;
  now.begin(std::make_shared<SnapshotShape>(1, events, cpus, Retired()), {});
  cpu.show(now.cells_of(0), now.shape().leaders, now.groups_of(0));
  std::vector<FamilyRow> rows = table_rows(now);
  const auto own = own_rows(now);
  rows.insert(rows.end(), own.begin(), own.end());

  std::ostringstream out;
  out << kIntroduction;
  write_collectors(out);
  for (const CollectorInfo& collector : collector_table()) {
    write_collector(out, collector);
  }
  write_section(out, "The counting itself", rows, {"perf_cpu_group", "perf_exporter_event_cpus"});
  out << "\n`status` is one of " << status_names()
      << ". What is `refused` or `busy` the kernel has answered so, or, where it is open and "
         "`busy`, its readings fail or hang; for what is `untried` it was not asked, since the "
         "call would, or might, end the process, or the limit of descriptors "
         "leaves "
         "no room: the findings say which. A CPU on which an event is at 0 and it is too early to "
         "call it `silent` has none. With "
         "`--aggregate` the first two carry the prefix and labels of the sum.\n";
  write_section(out, "CPUs", rows, {"perf_cpu_info", "perf_cpu_model_info"});
  out << "\n`perf_cpu_info` is shown with `--aggregate cpu` only. What the host does not tell is "
         "empty; "
         "a CPU whose package is not known is in no `perf_package_…`.\n";
  write_section(out, "Exporter", rows,
                {"perf_exporter_build_info", "perf_exporter_collector", "perf_exporter_read",
                 "perf_exporter_reopenings"});
  write_section(out, "Permissions", rows,
                {"perf_exporter_capability", "perf_exporter_perf_event_paranoid",
                 "perf_exporter_no_new_privs", "perf_exporter_seccomp_mode",
                 "perf_exporter_initial_user_namespace", "perf_exporter_finding"});
  write_section(out, "Process", rows, {"process_"});
  if (!rows.empty()) {
    write_section(out, "Others", rows, {""});
  }
  return out.str();
}

int check(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream committed;
  committed << file.rdbuf();
  if (committed.str() == generated()) {
    return 0;
  }
  std::cerr << path << " is not what the catalogue says; build the target `regenerate`\n";
  return 1;
}

int write(const std::string& path) {
  std::ofstream file(path);
  file << generated();
  file.close();
  return file ? 0 : 1;
}

}  // namespace
}  // namespace perf_exporter

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 2 && words[0] == "--check") {
    return perf_exporter::check(words[1]);
  }
  if (words.size() == 1) {
    return perf_exporter::write(words[0]);
  }
  std::cerr << "usage: generate_docs [--check] FILE\n";
  return 2;
}
