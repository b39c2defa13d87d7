// The scripted kernel: rules from (type, config, target) to an errno or to a course of readings. It
// hands out real descriptors (eventfd), so that what is closed is really closed and a leak shows in
// /proc/self/fd. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "perf/perf_kernel.h"

namespace perf_exporter {

// What one event has counted at one reading.
struct FakeCount {
  std::uint64_t value = 0;
  std::uint64_t enabled = 0;  // ns
  std::uint64_t running = 0;  // ns
};

// One open as the kernel saw it.
struct SeenOpen {
  bool has_attr = false;
  perf_event_attr attr{};
  OpenCall call;
};

class FakePerfKernel final : public PerfKernel {
 public:
  // Matches where every engaged member equals the call's; attr members never match a null attr.
  struct Match {
    std::optional<std::uint32_t> type;
    std::optional<std::uint64_t> config;
    std::optional<int> cpu;
    std::optional<pid_t> pid;
    std::optional<bool> excludes_kernel;
    std::optional<bool> is_member;
    std::function<bool(const OpenCall&)> where;  // anything else that must hold of the call
  };
  // The course of a counter: what reading number `n` (from 0, counted per descriptor) yields.
  using Course = std::function<FakeCount(const perf_event_attr& attr, int cpu, int n)>;

  // Later rules win. A call that no rule matches counts 1,000 events and 1 s a reading. A course is
  // given to an event of the own task (pid 0) only where its rule names that pid: without one such
  // an event counts run_known_loop() right, so that the truth check finds nothing.
  void refuse(const Match& match, int error);
  void count(const Match& match, Course course);
  // The kernel's check of a whole group: a hardware group of more members is EINVAL.
  void set_group_capacity(std::size_t events);
  // So many hardware events find a counter on a CPU: those of the own task only where the enabled
  // groups of whole CPUs leave room, as the kernel serves these first; but not before pinned ones,
  // a group of which gives empty readings where it is larger.
  void set_counters(std::optional<std::size_t> counters);
  // Hardware groups of whole CPUs with more members than this never run: others hold the counters.
  void set_free_counters(std::size_t counters);
  // EMFILE from the n-th successful open on (0: at once).
  void set_descriptor_limit(std::optional<std::size_t> opens);
  // Calls this before each open, without the lock held: to block or to count.
  void set_before_open(std::function<void(const OpenCall&)> hook);
  // Calls this before each read, without the lock held: to block or to count.
  void set_before_read(std::function<void(int fd)> hook);
  // The same for control().
  void set_before_control(std::function<void(int fd)> hook);
  // On which CPU the event of a descriptor counts.
  [[nodiscard]] int cpu_of(int fd) const;
  // Every read of a group whose leader is of `type` (of any, where none is given) fails with this
  // errno from now on; 0: reads work again.
  void set_read_error(int error, std::optional<std::uint32_t> type = std::nullopt);
  // Reads return at most this many bytes.
  void set_read_limit(std::optional<std::size_t> bytes);
  // Every enabling fails with this errno from now on; 0: it works again.
  void set_control_error(int error);

  [[nodiscard]] std::vector<SeenOpen> opens() const;
  [[nodiscard]] std::size_t reads() const;
  [[nodiscard]] std::size_t enables() const;
  // Hardware events of whole CPUs that are enabled on a CPU now.
  [[nodiscard]] std::size_t enabled_hardware(int cpu) const;

  Result<UniqueFd> open(const OpenCall& call) override;
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

 private:
  struct Rule {
    Match match;
    int error = 0;
    Course course;
  };
  struct Event {
    perf_event_attr attr{};
    int cpu = -1;
    std::uint64_t id = 0;
    Course course;
    int readings = 0;
    std::vector<int> members;  // descriptors, the leader first
    bool is_own_task = false;
    bool is_enabled = false;  // of a leader
  };

  [[nodiscard]] const Rule* find_rule(const OpenCall& call) const;
  [[nodiscard]] std::optional<int> refusal(const OpenCall& call, const Rule* rule) const;
  [[nodiscard]] std::size_t counters_taken(int cpu) const;
  [[nodiscard]] bool finds_counters(const Event& leader) const;

  mutable std::mutex mutex_;
  std::vector<std::uint64_t> words_;  // of a read, which allocates nothing as the kernel does not
  std::vector<Rule> rules_;
  std::map<int, Event> events_;  // by descriptor; a number that comes again replaces its event
  std::vector<SeenOpen> opens_;
  std::size_t group_capacity_ = 64;
  std::optional<std::size_t> counters_;
  std::size_t free_counters_ = 64;
  std::optional<std::size_t> descriptor_limit_;
  std::size_t opened_ = 0;
  std::function<void(const OpenCall&)> before_open_;
  std::function<void(int)> before_read_;
  std::function<void(int)> before_control_;
  int read_error_ = 0;
  std::optional<std::uint32_t> read_error_type_;
  int control_error_ = 0;
  std::optional<std::size_t> read_limit_;
  std::size_t reads_ = 0;
  std::size_t enables_ = 0;
  std::uint64_t next_id_ = 1;
};

}  // namespace perf_exporter
