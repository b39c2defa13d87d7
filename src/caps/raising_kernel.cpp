#include "caps/raising_kernel.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

// Without a descriptor to spare the capability can't be raised. The kernel then speaks of the
// missing permission, although the descriptor is what is missing: with it, it would be granted or
// refused for what the call asks.
bool is_full(int error) {
  return error == EMFILE || error == ENFILE;
}

}  // namespace

// Opens for one thread. What its first open raises stays raised until this goes away.
class RaisingKernel::Raise {
 public:
  explicit Raise(RaisingKernel& kernel) : kernel_(kernel) {}

  Result<UniqueFd> open(const OpenCall& call) {
    if (!raised_) {
      raise(kernel_.first_.load());
    }
    auto opened = kernel_.inner_.open(call);
    const int unread = raised_->read_error();
    if (unread != 0) {
      raised_.reset();  // the next open tries again
    }
    if (opened || opened.error().code != EACCES) {
      return opened;
    }
    if (is_full(unread)) {
      return fault(std::string("perf_event_open: ") + std::strerror(unread), unread);
    }
    return capability_ == Capability::sys_admin ? std::move(opened)
                                                : open_as_admin(call, std::move(opened));
  }

 private:
  // Where that does not help, the next open begins with less.
  Result<UniqueFd> open_as_admin(const OpenCall& call, Result<UniqueFd> refused) {
    raise(Capability::sys_admin);
    if (raised_->held()) {
      refused = kernel_.inner_.open(call);
    }
    if (refused) {
      kernel_.first_.store(Capability::sys_admin);
    } else {
      raised_.reset();
    }
    return refused;
  }

  void raise(Capability capability) {
    raised_.reset();
    raised_.emplace(capability, kernel_.capset_);
    capability_ = capability;
  }

  RaisingKernel& kernel_;
  Capability capability_ = Capability::perfmon;  // of raised_
  std::optional<RaisedCapability> raised_;
};

// The thread that holds it finds it by `of_thread`, as the kernel keeps capabilities by thread: a
// forked child has both, and no lock that another thread held at the fork.
class RaisingKernel::Batch final : public OpenBatch {
 public:
  explicit Batch(RaisingKernel& kernel) : kernel(&kernel), raise(kernel) { of_thread = this; }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() override { of_thread = nullptr; }

  static thread_local Batch* of_thread;

  RaisingKernel* kernel;
  Raise raise;
};

thread_local RaisingKernel::Batch* RaisingKernel::Batch::of_thread = nullptr;

Result<UniqueFd> RaisingKernel::open(const OpenCall& call) {
  if (Batch* batch = Batch::of_thread; batch != nullptr && batch->kernel == this) {
    return batch->raise.open(call);
  }
  return Raise(*this).open(call);
}

std::unique_ptr<OpenBatch> RaisingKernel::begin_opens() {
  return Batch::of_thread == nullptr ? std::make_unique<Batch>(*this) : nullptr;
}

Result<std::size_t> RaisingKernel::read(int fd, std::span<std::byte> bytes) {
  return inner_.read(fd, bytes);
}

Result<void> RaisingKernel::control(int fd, GroupControl what) {
  return inner_.control(fd, what);
}

}  // namespace perf_exporter
