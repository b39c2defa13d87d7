// A recorded host, counted by the scripted kernel and served as text: everything between the
// kernel's answers and the bytes on the wire, the opening thread among it.
#pragma once

#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "caps/probe/diagnosis.h"
#include "caps/probe/trial_opens.h"
#include "collectors/families/info_metrics.h"
#include "collectors/families/scrape.h"
#include "collectors/opening/opener.h"
#include "exposition/encoder.h"
#include "fakes/fake_perf_kernel.h"

namespace perf_exporter::testing_machine {

class ServedHost {
 public:
  // `kernel` is scripted already and must outlive this.
  ServedHost(FakePerfKernel& kernel, HostPaths paths, Aggregate aggregate = Aggregate::cpu)
      : kernel_(kernel),
        paths_(std::move(paths)),
        counters_(kernel, events_, OnlineCpus::open(paths_).value()),
        scrape_(counters_, paths_, aggregate, collectors_, silent_logger(), [] { return 0U; }),
        opener_(kernel, counters_, OnlineCpus::open(paths_).value(), config(),
                {[](CpuId /*cpu*/) { return Result<void>(); },
                 [this](const OpenReport& /*report*/) { passed(); }}) {
    scrape_.set_host_info(host_info());
  }

  // Opens all CPUs; false where no thread can be made for that, or it takes longer than it may.
  [[nodiscard]] bool open() {
    if (!opener_.start()) {
      return false;
    }
    constexpr std::size_t kPlenty = 1'000'000;
    opener_.begin(kPlenty);
    return wait_for_passes(1);
  }

  // The answer to a fresh scrape.
  std::string scrape(Format format = Format::text) {
    std::this_thread::sleep_for(std::chrono::microseconds(1200));  // else it shares a reading
    std::string text;
    const Scrape::Samples samples = scrape_.take();
    encoder_.encode(*samples.table, *samples.info, format, {}, text);
    return text;
  }

 private:
  // The answer is to be the same whatever architecture the test was built for.
  static EventSet events_everywhere(const std::vector<std::string>& collectors) {
    std::vector<Event> events;
    for (const CatalogEvent& row : event_catalog()) {
      const bool is_wanted =
          std::find(collectors.begin(), collectors.end(), row.collector) != collectors.end();
      if (is_wanted && row.architectures == Architectures::all) {
        events.push_back(event_of(row));
      }
    }
    return EventSet(std::move(events));
  }

  static std::shared_ptr<spdlog::logger> silent_logger() {
    return std::make_shared<spdlog::logger>("test",
                                            std::make_shared<spdlog::sinks::null_sink_mt>());
  }

  [[nodiscard]] Opener::Config config() const {
    Opener::Config config;
    config.events = events_;
    config.paths = paths_;
    return config;
  }

  // As the program gathers them: what it is, which CPUs there are, and what the probe found.
  std::vector<prometheus::MetricFamily> host_info() {
    const HostFacts facts = gather_facts(paths_);
    const auto findings = diagnose(facts, run_trials(kernel_, CpuId{0}), Wanted{});
    std::vector<prometheus::MetricFamily> families = permission_metrics(facts, findings);
    families.push_back(build_info("0.0.0"));
    families.push_back(
        cpu_model_info(read_cpu_models(paths_, core_pmu_names(find_core_pmus(paths_)))));
    return families;
  }

  void passed() {
    const std::lock_guard lock(mutex_);
    ++passes_;
    wake_.notify_all();
  }

  [[nodiscard]] bool wait_for_passes(int passes) {
    constexpr auto kPatience = std::chrono::seconds(30);
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, kPatience, [&] { return passes_ >= passes; });
  }

  FakePerfKernel& kernel_;
  HostPaths paths_;
  std::vector<std::string> collectors_ = {"cycles", "instructions", "branch", "cache", "software"};
  EventSet events_ = events_everywhere(collectors_);
  CounterSet counters_;
  Scrape scrape_;
  Encoder encoder_;
  std::mutex mutex_;
  std::condition_variable wake_;
  int passes_ = 0;
  Opener opener_;
};

}  // namespace perf_exporter::testing_machine
