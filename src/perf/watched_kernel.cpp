#include "perf/watched_kernel.h"

#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

namespace perf_exporter {
namespace {

CallInFlight of_kind(CallInFlight::Kind kind) {
  CallInFlight call;
  call.kind = kind;
  return call;
}

}  // namespace

// A call from here to the end of the scope.
class WatchedKernel::Entry {
 public:
  Entry(WatchedKernel& kernel, CallInFlight call) : kernel_(kernel) {
    call.thread = ::gettid();
    call.since = monotonic_ns();
    place_ = kernel_.enter(call);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { kernel_.leave(place_); }

 private:
  WatchedKernel& kernel_;
  std::size_t place_;
};

WatchedKernel::WatchedKernel(PerfKernel& inner) : inner_(inner), process_(::getpid()) {}

bool WatchedKernel::is_forked() const {
  return ::getpid() != process_;
}

Result<UniqueFd> WatchedKernel::open(const OpenCall& call) {
  if (is_forked()) {
    return inner_.open(call);
  }
  CallInFlight seen;
  seen.cpu = call.cpu;
  if (call.attr != nullptr) {
    seen.encoding = {call.attr->type, call.attr->config};
  }
  const Entry entry(*this, seen);
  return inner_.open(call);
}

Result<std::size_t> WatchedKernel::read(int fd, std::span<std::byte> bytes) {
  if (is_forked()) {
    return inner_.read(fd, bytes);
  }
  const Entry entry(*this, of_kind(CallInFlight::Kind::read));
  return inner_.read(fd, bytes);
}

Result<void> WatchedKernel::control(int fd, GroupControl what) {
  if (is_forked()) {
    return inner_.control(fd, what);
  }
  const Entry entry(*this, of_kind(CallInFlight::Kind::control));
  return inner_.control(fd, what);
}

std::size_t WatchedKernel::enter(const CallInFlight& call) {
  const std::lock_guard lock(mutex_);
  const auto free = std::find(calls_.begin(), calls_.end(), std::nullopt);
  if (free == calls_.end()) {
    calls_.emplace_back(call);
    return calls_.size() - 1;
  }
  *free = call;
  return static_cast<std::size_t>(free - calls_.begin());
}

void WatchedKernel::leave(std::size_t place) {
  std::unique_lock lock(mutex_);
  never_.wait(lock, [this] { return !abandoned_; });
  calls_[place].reset();
}

std::optional<CallInFlight> WatchedKernel::begun_before(std::uint64_t then) const {
  const std::lock_guard lock(mutex_);
  std::optional<CallInFlight> oldest;
  for (const auto& call : calls_) {
    if (call && call->since < then && (!oldest || call->since < oldest->since)) {
      oldest = call;
    }
  }
  return oldest;
}

void WatchedKernel::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
}

}  // namespace perf_exporter
