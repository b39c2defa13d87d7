// What a loop of known length retires, counted: by a plain event of the test's own task, by the
// exporter's machinery in this process, and by the exporter itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kernel/counted_cpu.h"
#include "kernel/exporter_process.h"
#include "kernel/hardware_test.h"
#include "kernel/known_loop.h"
#include "kernel/task_event.h"
#include "kernel/user_only_kernel.h"

namespace perf_exporter {
namespace {

using Signed = std::int64_t;

constexpr std::uint64_t kKnown = 100'000'000;  // instructions
constexpr int kRuns = 5;

class Exact : public HardwareTest {};

std::vector<TaskEvent> events_of_threads(PerfKernel& kernel, pid_t process) {
  std::vector<TaskEvent> events;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    events.emplace_back(kernel, std::stoi(task.path().filename()));
  }
  return events;
}

Signed sum_of(const std::vector<TaskEvent>& events) {
  Signed sum = 0;
  for (const TaskEvent& event : events) {
    sum += static_cast<Signed>(TaskEvent::value_of(event.read()));
  }
  return sum;
}

std::string in_words(const std::vector<Signed>& numbers) {
  std::string words;
  for (const Signed number : numbers) {
    words += (words.empty() ? "" : ", ") + std::to_string(number);
  }
  return words;
}

// `excesses` are counts minus the known number, of a whole CPU: another task that runs there
// meanwhile is counted too, and adds. So no run may lack more than the bound, and the one that was
// disturbed least may not exceed it.
void expect_within(const std::vector<Signed>& excesses, double share) {
  const auto bound = static_cast<Signed>(share * static_cast<double>(kKnown));
  const auto [least, most] = std::minmax_element(excesses.begin(), excesses.end());
  report("counted_minus_known", in_words(excesses));
  report("in_per_cent", off_by(static_cast<double>(*least) + kKnown, kKnown) + " ... " +
                            off_by(static_cast<double>(*most) + kKnown, kKnown));
  EXPECT_GE(*least, -bound);
  EXPECT_LE(*least, bound);
}

TEST_F(Exact, TaskCountInUserModeIsTheKnownOne) {
  UserOnlyKernel kernel;
  const TaskEvent event(kernel, 0);
  std::vector<Signed> excesses;
  for (const std::uint64_t known : {kKnown, kKnown, kKnown, kKnown, kKnown, kKnown / 10}) {
    const TaskEvent::Reading before = event.read();
    retire(known);
    const TaskEvent::Reading after = event.read();
    excesses.push_back(
        static_cast<Signed>(TaskEvent::value_of(after) - TaskEvent::value_of(before) - known));
  }
  report("counted_minus_known", in_words(excesses));
  const auto [least, most] = std::minmax_element(excesses.begin(), excesses.end());
  EXPECT_GE(*least, 0);
  EXPECT_LE(*most, 1000) << "two reads are a few dozen instructions";
  // Hardware may count one more for each interrupt: some dozen in the 0.05 s that a run takes.
  EXPECT_LE(*most - *least, 100) << "equal runs differ";
}

void expect_machinery_within(PerfKernel& kernel, CpuId cpu, double share) {
  CountedCpu counted(kernel, {"cycles", "instructions"}, cpu);
  counted.read();
  std::vector<Signed> excesses;
  for (int run = 0; run < kRuns; ++run) {
    const CpuReading before = counted.read();
    retire(kKnown);
    const CpuReading after = counted.read();
    ASSERT_EQ(after.statuses.at("instructions"), EventStatus::counting);
    excesses.push_back(static_cast<Signed>(after.totals.at("instructions") -
                                           before.totals.at("instructions") - kKnown));
  }
  expect_within(excesses, share);
}

TEST_F(Exact, MachineryInUserModeIsWithin2Thousandths) {
  UserOnlyKernel kernel;
  expect_machinery_within(kernel, cpu(), 0.002);
}

TEST_F(Exact, MachineryInUserAndKernelModeIsWithin5Thousandths) {
  LinuxPerfKernel kernel;
  expect_machinery_within(kernel, cpu(), 0.005);
}

// The exporter, counting one CPU.
class CountedExporter {
 public:
  explicit CountedExporter(CpuId cpu)
      : number_(std::to_string(to_int(cpu))),
        exporter_({"--collector=cycles,instructions", "--cpus=" + number_}) {
    exporter_.scrape();  // the first is longer than those that follow
  }

  // By how much the exporter's counter grows from one scrape to the next while this process retires
  // `known` instructions.
  Signed count(std::uint64_t known) {
    const std::string before = exporter_.scrape();
    if (known > 0) {
      retire(known);
    }
    const std::string after = exporter_.scrape();
    return shown(after) - shown(before);
  }

  [[nodiscard]] pid_t pid() const { return exporter_.pid(); }

 private:
  [[nodiscard]] Signed shown(const std::string& page) const {
    return static_cast<Signed>(
        Page(page).value("perf_cpu_instructions_total{cpu=\"" + number_ + "\"}").value());
  }

  std::string number_;
  ExporterProcess exporter_;
};

TEST_F(Exact, ExporterIsWithin5Thousandths) {
  CountedExporter exporter(cpu());
  std::vector<Signed> excesses;
  for (int run = 0; run < kRuns; ++run) {
    excesses.push_back(exporter.count(kKnown) - static_cast<Signed>(kKnown));
  }
  expect_within(excesses, 0.005);
  report("counted_between_two_scrapes_without_the_loop", std::to_string(exporter.count(0)));
  LinuxPerfKernel kernel;
  const auto threads = events_of_threads(kernel, exporter.pid());
  const Signed before = sum_of(threads);
  exporter.count(0);  // two scrapes
  report("of_them_the_exporters_own", std::to_string((sum_of(threads) - before) / 2));
}

}  // namespace
}  // namespace perf_exporter
