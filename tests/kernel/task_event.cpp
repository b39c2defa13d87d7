#include "kernel/task_event.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

#include "kernel/hardware_test.h"
#include "perf/target.h"

namespace perf_exporter {

TaskEvent::TaskEvent(PerfKernel& kernel, pid_t task) {
  OpenArguments arguments(kInstructions, GroupRole::member,
                          Target::of_task(task, Children::left_out));
  arguments.attr.pinned = 1;
  auto event = kernel.open(arguments.call());
  EXPECT_TRUE(event) << event.error().what;
  if (event) {
    event_ = std::move(*event);
  }
}

TaskEvent::Reading TaskEvent::read() const {
  Reading reading{};
  if (::read(event_.get(), reading.data(), reading.size()) !=
      static_cast<ssize_t>(reading.size())) {
    ADD_FAILURE() << "a task's event can't be read, or found no counter";
  }
  return reading;
}

std::uint64_t TaskEvent::value_of(const Reading& reading) {
  GroupReading parsed;
  if (!parse_group_reading(reading, 1, parsed)) {
    ADD_FAILURE() << "a task's event gave no reading";
    return 0;
  }
  EXPECT_EQ(parsed.running, parsed.enabled);
  return parsed.members.front().value;
}

}  // namespace perf_exporter
