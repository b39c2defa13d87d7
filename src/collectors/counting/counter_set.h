#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/turns.h"
#include "collectors/counting/closing.h"
#include "collectors/counting/snapshot.h"
#include "collectors/counting/target_counters.h"
#include "host/host_paths.h"
#include "host/online_cpus.h"

namespace perf_exporter {

// All CPUs' counters and the lock that guards them. The opening thread installs and removes;
// scrapes read. What they have counted is handed out as snapshots, which need no lock.
//
// No system call that can hang is made under the lock. Who makes calls on a CPU's groups claims the
// CPU: one thread at a time. A call that has lasted for a second is waited for no more (see
// CallClaim): the CPU has no data until the call returns, nobody else makes calls on its groups,
// and groups that were to be closed are closed by the thread that comes back.
class CounterSet {
 public:
  // `kernel` must outlive the set, and the set every call of its functions, those that hang among
  // them.
  CounterSet(PerfKernel& kernel, EventSet events, OnlineCpus online);

  // Puts freshly opened groups of a CPU in place; a CPU not known yet begins at zero. The old
  // groups are read a last time and the new ones enabled then, so that nothing is counted twice.
  // Where a call hangs on the CPU the old ones stay, and the new ones are closed.
  void install(const CpuInfo& info, OpenedCpu opened);
  // What the host says of a CPU now; what it does not say stays as it was. A CPU of another package
  // than before is dropped as by keep_only(): it leaves the sums of the one, to be opened anew in
  // those of the other.
  void set_info(const CpuInfo& info);
  // Closes a CPU's groups; it has no data until the next install(). Does nothing where a call hangs
  // on the CPU.
  void release(CpuId cpu);
  // Up to `until` (CLOCK_MONOTONIC, ns) others may borrow counters of a CPU for moments: that its
  // groups lack them meanwhile, or shortly after, is no sharing. Their times show it all the same.
  void excuse_sharing(CpuId cpu, RawCount until);
  // Drops CPUs that are not in `keep`, and those that were seen offline since they were opened:
  // their events are frozen for good. What they had counted stays in the sums. Whether any was
  // dropped.
  bool keep_only(const CpuList& keep);

  // Which events, by index, are not to be believed on the CPUs of a core PMU, by its name; those of
  // PMUs that are not named are. Holds for CPUs installed later, too.
  void set_untrusted(std::map<std::string, std::vector<bool>> by_pmu);

  [[nodiscard]] CpuList installed() const;
  // Whether a call hangs on a CPU.
  [[nodiscard]] bool hangs(CpuId cpu) const;
  // The CPUs on which one does, a close among them, which keeps nobody from their newer groups.
  [[nodiscard]] CpuList hanging() const;
  // How many threads hang in a reading.
  [[nodiscard]] std::size_t lost_readers() const;
  // The CPUs that were offline since they were opened, by their events' clocks, and are back.
  [[nodiscard]] CpuList came_back() const;
  // When the newest reading of all CPUs has ended: CLOCK_MONOTONIC in ns; 0 where one is due.
  [[nodiscard]] RawCount read_at() const;
  // How often events became silent on a CPU, or came to lack something, or ceased to.
  [[nodiscard]] std::uint64_t condition_changes() const;
  // By event, which of these there are of it on any CPU: a bit for each Lack, and one for silence.
  [[nodiscard]] std::vector<unsigned> conditions() const;
  // The events that are not open, and why, by CPU; CPUs on which all are open are left out.
  [[nodiscard]] std::map<CpuId, std::map<std::size_t, EventRefusal>> refusals() const;
  [[nodiscard]] std::size_t descriptors() const;
  [[nodiscard]] std::size_t descriptors_of(CpuId cpu) const;
  // The CPUs with hardware events that include guests, and how they were opened.
  [[nodiscard]] std::vector<std::pair<CpuId, Arrangement>> including_guests() const;
  // How CPUs are to be opened anew; those on which a call hangs are left out.
  [[nodiscard]] std::vector<std::pair<CpuId, Arrangement>> reopen_requests() const;

  // Called, under the lock, when a reading finds that CPUs went or came, that a group must be
  // reopened, or that events became silent or came to lack something, or ceased to.
  void set_on_change(std::function<void()> on_change);

  struct Taken {
    std::shared_ptr<const Snapshot> snapshot;
    std::vector<Fault> faults;  // of a fresh reading; empty where it was shared
  };
  // Reads every group, unless a reading ended after this call began or less than 1 ms ago, whose
  // snapshot is then shared.
  //
  // One thread reads at a time; others wait for its result, but not for a call of it that lasts for
  // a second: another reads then, and the thread in that call is lost until it returns. Where two
  // are lost nobody reads, and no CPU has data.
  Taken read();

  // What there is as it is, without reading.
  [[nodiscard]] std::shared_ptr<const Snapshot> state() const;

 private:
  using Lock = std::unique_lock<std::mutex>;  // of mutex_
  using Node = std::map<CpuId, TargetCounters>::node_type;
  using Entry = std::map<CpuId, TargetCounters>::value_type;
  // What a thread brings back from reading.
  struct Reading {
    explicit Reading(ClosingCalls& calls) : closing(calls) {}
    std::vector<Fault> faults;
    Closing closing;
    std::unique_ptr<TargetReading> target;  // with the lock held: taken and given back
  };
  enum class Turn { done, lost };

  // All with the lock held. Those that are given it release it in system calls and waits.
  [[nodiscard]] bool shares_reading(RawCount arrived) const;
  Turn read_all(Lock& lock, Reading& reading);
  bool read_cpu(Entry& entry, Lock& lock, Reading& reading);
  // Storage that is used again: of as many threads as have ever read at once.
  std::unique_ptr<TargetReading> take_storage();
  void wait_for_reader(Lock& lock);
  // Null where the CPU is gone or a call hangs on it.
  TargetCounters* claim(Entry& entry, Lock& lock);
  TargetCounters* claim(CpuId cpu, Lock& lock);
  void give_back(TargetCounters& counters, Closing& closing);
  // Takes a CPU out. What it had counted stays in the sums; its groups go to `closing`, or, while a
  // call is made on them, to the thread in that call.
  void drop(std::map<CpuId, TargetCounters>::iterator entry, Closing& closing);
  void retire(TargetCounters& counters);
  void mark_untrusted(TargetCounters& counters) const;
  [[nodiscard]] std::shared_ptr<const Snapshot> newest() const;
  [[nodiscard]] std::shared_ptr<const SnapshotShape> shape() const;

  PerfKernel& kernel_;
  EventSet events_;
  EventTraits traits_;
  mutable std::mutex mutex_;
  OnlineCpus online_;
  std::map<CpuId, TargetCounters> cpus_;
  OpenStates states_;
  Retired retired_;
  std::map<std::string, std::vector<bool>> untrusted_;  // by PMU
  std::function<void()> on_change_;
  std::uint64_t generation_ = 1;
  std::uint64_t read_failures_ = 0;
  std::uint64_t reopenings_ = 0;
  std::uint64_t condition_changes_ = 0;

  std::condition_variable claim_freed_;
  std::condition_variable reading_done_;
  ClosingCalls closing_calls_;
  std::vector<std::unique_ptr<TargetReading>> storage_;  // nobody's at the moment
  std::vector<Node> departed_;  // dropped while a call hangs: the thread in it closes them
  RawCount reading_ended_ = 0;
  std::uint64_t turn_ = 0;             // another whenever a thread begins to read, or is lost
  bool is_reading_ = false;            // a thread that is not lost
  TargetCounters* in_hand_ = nullptr;  // what it has claimed
  std::size_t lost_readers_ = 0;

  // What was handed out last, and that whose turn is to come: made from the above when asked for.
  mutable Turns<Snapshot> snapshots_;
  mutable std::shared_ptr<const Snapshot> newest_;
  mutable std::uint64_t snapshots_made_ = 0;
};

}  // namespace perf_exporter
