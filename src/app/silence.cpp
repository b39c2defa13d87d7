#include "app/silence.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "collectors/events/event_catalog.h"
#include "host/thread.h"

namespace perf_exporter {
namespace {

std::string name_of(const Encoding& encoding) {
  const auto events = event_catalog();
  const auto known = std::find_if(events.begin(), events.end(), [&](const CatalogEvent& event) {
    return event.encoding.type == encoding.type &&
           event.encoding.config == (encoding.config & 0xffffffffU);
  });
  return known != events.end() ? std::string(known->name)
                               : "type " + std::to_string(encoding.type) + ", config " +
                                     std::to_string(encoding.config);
}

std::string tell(const CallInFlight& call) {
  switch (call.kind) {
    case CallInFlight::Kind::read:
      return "read of an event";
    case CallInFlight::Kind::control:
      return "ioctl of an event";
    case CallInFlight::Kind::open:
      break;
  }
  std::string text = "perf_event_open";
  text += call.encoding ? " for " + name_of(*call.encoding) : "";
  return text + (call.cpu >= 0 ? " on CPU " + std::to_string(call.cpu) : "");
}

}  // namespace

std::optional<std::string> evidence_of_silence(const WatchedKernel& kernel) {
  constexpr auto kPatience =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(kKernelPatience).count());
  const std::uint64_t now = monotonic_ns();
  const auto call = now > kPatience ? kernel.begun_before(now - kPatience) : std::nullopt;
  if (!call) {
    return std::nullopt;
  }
  return tell(*call) + " has not returned for " + std::to_string(kKernelPatience.count()) +
         " s (thread " + std::to_string(call->thread) + ")";
}

SilenceWatch::SilenceWatch(WatchedKernel& kernel, OnSilence on_silence)
    : kernel_(kernel), on_silence_(std::move(on_silence)) {
  auto thread = start_thread("silence-watch", [this] { watch(); }, {});
  if (thread) {  // else the command does without: it says all it can unless the kernel hangs
    thread_ = std::move(*thread);
  }
}

void SilenceWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void SilenceWatch::watch() {
  constexpr std::chrono::milliseconds kInterval{500};
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    if (const auto evidence = evidence_of_silence(kernel_)) {
      kernel_.abandon();
      on_silence_(*evidence);
    }
  }
}

}  // namespace perf_exporter
