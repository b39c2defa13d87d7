// The calling thread's own capabilities. Linux keeps them per thread (capabilities(7)): nothing
// here touches another thread, and a thread started later inherits what its starter holds then.
//
// What is written back always comes from /proc/thread-self/status and never from capget(2): where
// an AppArmor profile denies a capability, capget leaves it out of its answer although the thread
// holds it, and writing that answer back would give the capability up for good.
#pragma once

#include "base/call_use.h"
#include "base/result.h"
#include "caps/capability_sets.h"

namespace perf_exporter {

// The five sets as the kernel holds them, from /proc/thread-self/status.
Result<CapabilitySets> own_capabilities();

// The five sets as capget(2) and prctl(2) tell them, which a security module may have filtered
// (security/apparmor/lsm.c, apparmor_capget).
Result<CapabilitySets> capget_capabilities();

// Empties the effective set and leaves the others alone, so that capabilities can be raised again.
// Where capset is left out, the set stays as it is, which is no fault.
Result<void> clear_effective(CallUse capset = CallUse::make);

// Gives up the effective, permitted and inheritable sets for good; the ambient set goes with them
// (capabilities(7): no ambient capability without permitted and inheritable). The bounding set
// stays. The same where capset is left out.
Result<void> drop_permitted(CallUse capset = CallUse::make);

// Holds one capability in the effective set of the constructing thread until destroyed on the same
// thread. Raises only what is permitted and lowers only what it raised itself; where capset is left
// out, neither.
class RaisedCapability {
 public:
  explicit RaisedCapability(Capability capability, CallUse capset = CallUse::make);
  RaisedCapability(const RaisedCapability&) = delete;
  RaisedCapability& operator=(const RaisedCapability&) = delete;
  ~RaisedCapability();

  // Whether the capability is effective now, raised here or by someone before. False where it is
  // not permitted or where the kernel would not let it be raised.
  [[nodiscard]] bool held() const { return held_; }

  // Why the sets could not be read, so that nothing was raised: an errno value, or 0 where they
  // were. Reading them takes a descriptor for a moment: EMFILE where none is left.
  [[nodiscard]] int read_error() const { return read_error_; }

 private:
  Capability capability_;
  CapabilitySets before_;
  bool held_ = false;
  bool raised_ = false;
  int read_error_ = 0;
};

}  // namespace perf_exporter
