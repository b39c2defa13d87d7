// tracefs (Documentation/trace/ftrace.rst), used without touching what others have set in it:
// everything happens in an instance of our own, and probes stand in a group of the same name. A
// name starts with kTracePrefix and ends with the process id, so that what a killed process left
// can be told and removed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/host_paths.h"

namespace perf_exporter {

inline constexpr std::string_view kTracePrefix = "perf_exporter_";

// Where tracefs is. Move-only.
class Tracefs {
 public:
  // The mounted one (sysfs/kernel/tracing or sysfs/kernel/debug/tracing), else one that is mounted
  // for this process alone: fsmount(2) gives a mount that has no place in any directory tree, and
  // that goes away with this object. A fault says which privilege or part of the kernel is missing.
  static Result<Tracefs> find(const HostPaths& paths);

  // A tree that is laid out like tracefs.
  explicit Tracefs(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
  UniqueFd mount_;
};

// Removes the instances and probes of processes that ended without doing so themselves. One that is
// in use is locked by its process (flock(2)) and left alone, whatever PID namespace that is in.
void remove_left_instances(const Tracefs& tracefs);

// One instance and the group of probes of the same name. Switched off and removed by remove() or
// when it goes away; the top-level trace is never written to. Move-only.
class TraceInstance {
 public:
  // Where `tracefs` holds the mount itself, it must outlive the instance.
  static Result<TraceInstance> create(const Tracefs& tracefs);
  TraceInstance(TraceInstance&& other) noexcept;
  TraceInstance& operator=(TraceInstance&& other) = delete;
  TraceInstance(const TraceInstance&) = delete;
  TraceInstance& operator=(const TraceInstance&) = delete;
  ~TraceInstance();

  [[nodiscard]] const std::string& name() const { return name_; }

  // Whether the instance has a file, by its path in it: "events/syscalls/sys_enter_openat".
  [[nodiscard]] bool has(const std::string& file) const;

  // Replaces what a file of the instance holds, or adds to it; faults name the file.
  Result<void> set(const std::string& file, std::string_view text) const;
  Result<void> append(const std::string& file, std::string_view text) const;

  // Defines a kprobe event (Documentation/trace/kprobetrace.rst): `kind` is 'p' or "r", followed by
  // its options; it is recorded only where the instance enables it.
  Result<void> define_probe(const std::string& kind, const std::string& event,
                            const std::string& what) const;

  // Opens trace_pipe, after which the instance's tracer can't be changed any more (EBUSY).
  Result<void> open_pipe();

  // What was recorded since the last call, in the text of trace_pipe, at most about 1 MiB of it;
  // never waits. Empty where there is nothing, or where the pipe is not open.
  std::string take_text();

  // Switches off and removes everything; a fault names what is left.
  Result<void> remove();

 private:
  TraceInstance(std::filesystem::path root, std::string name);
  [[nodiscard]] std::filesystem::path path(const std::string& file) const;

  std::filesystem::path root_;
  std::string name_;  // empty once removed
  UniqueFd lock_;
  UniqueFd pipe_;
};

// Calls `take` with every line of a file of any length. A fault where it can't be read to its end.
Result<void> for_each_line_of(const std::filesystem::path& path,
                              const std::function<void(std::string_view)>& take);

}  // namespace perf_exporter
