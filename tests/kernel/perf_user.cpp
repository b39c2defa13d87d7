#include "kernel/perf_user.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "perf/event_group.h"
#include "perf/linux_perf_kernel.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kMostCounters = 64;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe to be had");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A pinned event that finds no counter reads as end of file (perf_event_open(2), "pinned").
bool has_counter(PerfKernel& kernel, const UniqueFd& event) {
  std::array<std::byte, group_reading_bytes(1)> bytes{};
  const auto got = kernel.read(event.get(), bytes);
  return got && *got > 0;
}

}  // namespace

PerfUser PerfUser::sharing(const Encoding& encoding, CpuId cpu, std::size_t events) {
  return {Priority::flexible, encoding, cpu, events};
}

PerfUser PerfUser::taking_all(const Encoding& encoding, CpuId cpu) {
  return {Priority::pinned, encoding, cpu, kMostCounters};
}

PerfUser::PerfUser(Priority priority, const Encoding& encoding, CpuId cpu, std::size_t events) {
  Pipe ready = make_pipe();
  Pipe leash = make_pipe();
  pid_ = ::fork();
  if (pid_ == 0) {
    leash.write_end = UniqueFd();
    LinuxPerfKernel kernel;
    OpenArguments arguments(encoding, GroupRole::member, Target::of_cpu(cpu));
    arguments.attr.pinned = priority == Priority::pinned ? 1 : 0;
    std::vector<UniqueFd> held;
    for (bool counts = true; counts && held.size() < events;) {
      auto event = kernel.open(arguments.call());
      if (!event) {
        ::_exit(1);
      }
      counts = priority == Priority::flexible || has_counter(kernel, *event);
      held.push_back(std::move(*event));
    }
    char byte = 0;
    if (::write(ready.write_end.get(), &byte, 1) == 1) {
      while (::read(leash.read_end.get(), &byte, 1) > 0) {
      }
    }
    ::_exit(0);
  }
  ready.write_end = UniqueFd();
  leash_ = std::move(leash.write_end);
  char byte = 0;
  if (::read(ready.read_end.get(), &byte, 1) != 1) {
    leash_ = UniqueFd();
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error("another user of the PMU could not open its events");
  }
}

PerfUser::PerfUser(PerfUser&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), leash_(std::move(other.leash_)) {}

PerfUser::~PerfUser() {
  leash_ = UniqueFd();
  if (pid_ > 0) {
    ::waitpid(pid_, nullptr, 0);
  }
}

}  // namespace perf_exporter
