// Every rule by which events are opened, opened anew, looked at and tried again: what, when, and
// how often. docs/architecture.md, "When something changes", has them as they are seen from
// outside.
#pragma once

#include <chrono>

namespace perf_exporter::opening_rules {

using std::chrono::nanoseconds;

// CPUs that are wanted and not open are opened, those that are not wanted any more are closed, and
// those that ask for it are opened anew: at once when a reading says so, and this often.
constexpr nanoseconds kLook = std::chrono::seconds(1);

// What is refused, busy or in want of a PMU is tried again, and the facts and trials with it: this
// often, and at once when asked for (SIGHUP).
constexpr nanoseconds kRetry = std::chrono::seconds(30);

// Whether PMUs count right is checked at the start, when there is a PMU or a CPU that no check
// knows, this often, and when asked for.
constexpr nanoseconds kTruthCheck = std::chrono::minutes(5);

// A group of all hardware events is opened apart once it has shared its counters. It is read once
// it has run for so long, before anything is said to be ready: the kernel rotates every 4 ms.
constexpr nanoseconds kFirstRun = std::chrono::milliseconds(10);

// A CPU whose groups are dead, or one of which has lost a member, is opened anew at the next look;
// one whose readings fail, after so many in a row, since what fails less often may be passing. The
// latter two this often at the most.
constexpr int kFailuresInARow = 3;
constexpr nanoseconds kReopenFailing = std::chrono::seconds(30);

// Clocks are read for want of a scrape once the kernel has told of a device that came or went: so
// many times, where nobody has read them for so long, after which one that stands still shows.
constexpr int kLooksAtClocks = 2;
constexpr nanoseconds kClockShows = std::chrono::seconds(1);

// What events lack is reported this often at the most, and where only the CPUs are others, this
// often.
constexpr nanoseconds kReport = std::chrono::seconds(1);
constexpr nanoseconds kReportOtherCpus = std::chrono::seconds(30);

}  // namespace perf_exporter::opening_rules
