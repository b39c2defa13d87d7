#include "app/session.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "caps/advice/finding_text.h"
#include "collectors/families/info_metrics.h"
#include "collectors/findings/counting_findings.h"
#include "collectors/findings/event_trials.h"

namespace perf_exporter {
namespace {

std::vector<prometheus::MetricFamily> host_info(const ProbeReport& report, const HostPaths& paths) {
  std::vector<prometheus::MetricFamily> families = {build_info(PERF_EXPORTER_VERSION)};
  for (auto& family : permission_metrics(report.facts, report.findings)) {
    families.push_back(std::move(family));
  }
  if (auto models = cpu_model_info(read_cpu_models(paths, core_pmu_names(find_core_pmus(paths))));
      !models.metric.empty()) {
    families.push_back(std::move(models));
  }
  return families;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(const Options& options, PerfKernel& kernel,
                                                 const SideCalls& side_calls, const Log& log,
                                                 OnNews on_news) {
  const auto online = OnlineCpus::open(options.paths);
  if (!online) {
    return tl::unexpected(online.error());
  }
  return std::unique_ptr<Session>(
      new Session(options, kernel, side_calls, log, std::move(on_news), *online));
}

Session::Session(const Options& options, PerfKernel& kernel, const SideCalls& side_calls,
                 const Log& log, OnNews on_news, const OnlineCpus& online)
    : options_(options),
      side_calls_(side_calls),
      plain_(kernel),
      watched_(kernel),
      kernel_(watched_, side_calls_.use(SideCall::capset)),
      events_(events_of(options.collectors)),
      on_news_(std::move(on_news)),
      logger_(log.logger()),
      counters_(plain_, events_, online),
      reader_(counters_, options_.paths),
      scrape_(counters_, options.paths, options.aggregate, options.collectors, log.logger(),
              [&log] { return log.dropped(); }),
      opener_(kernel_, counters_, online, opener_config(options, events_, side_calls_),
              {[this](CpuId cpu) { return probe(cpu); },
               [this](const OpenReport& report) { publish(report); }}) {}

bool Session::stop() {
  const bool has_ended = opener_.stop();
  return has_ended && reader_.left_behind() == 0;
}

Result<void> Session::probe(CpuId cpu) {
  probed_.facts = gather_facts(options_.paths, side_calls_);
  {
    const std::lock_guard lock(publishing_);
    newest_.facts = probed_.facts;
  }
  probed_.trials = run_trials(kernel_, cpu, probed_.facts.cgroups.trial_directory);
  probed_.findings = diagnose(probed_.facts, probed_.trials, wanted_of(events_));
  return permit_by(probed_.trials);
}

void Session::publish(const OpenReport& report) {
  CpuList came_back = report.came_back;
  std::erase_if(came_back,
                [&](CpuId cpu) { return !told_back_lately_.admits(cpu, monotonic_ns()); });
  if (!came_back.empty()) {
    logger_->warn("CPU {} was offline meanwhile; its events are opened anew",
                  format_cpu_list(came_back));
  }
  ProbeReport whole = probed_;
  CountingState state = counting_state(*counters_.state(), report, options_.aggregate);
  state.facts = probed_.facts;
  state.pmus = find_core_pmus(options_.paths);
  for (Finding& finding : counting_findings(state, probed_.findings)) {
    whole.findings.push_back(std::move(finding));
  }
  whole.events = event_trials(state);
  auto silence = evidence_now();
  std::unique_lock lock(publishing_);
  newest_ = std::move(whole);
  passed_ = true;
  silence_ = std::move(silence);
  tell(std::move(lock));
}

std::optional<std::string> Session::evidence_now() const {
  auto silence = evidence_of_silence(watched_);
  if (const CpuList hanging = counters_.hanging(); !silence && !hanging.empty()) {
    silence = "a call on the events of CPU " + format_cpu_list(hanging) + " has not returned";
  }
  return silence;
}

void Session::look_for_silence() {
  auto silence = evidence_now();
  std::unique_lock lock(publishing_);
  if (silence == silence_) {
    return;
  }
  silence_ = std::move(silence);
  if (silence_ || passed_) {  // else the first opens go on
    tell(std::move(lock));
  }
}

void Session::note(std::string_view finding, std::optional<std::string> evidence) {
  std::unique_lock lock(publishing_);
  std::optional<std::string>& noted = noted_[finding];
  if (noted == evidence) {
    return;
  }
  noted = std::move(evidence);
  if (passed_) {  // else what is told then has it
    tell(std::move(lock));
  }
}

void Session::tell(std::unique_lock<std::mutex> publishing) {
  is_untold_ = true;
  if (is_telling_) {
    return;
  }
  is_telling_ = true;
  while (std::exchange(is_untold_, false)) {
    const ProbeReport whole = newest();
    publishing.unlock();
    scrape_.set_host_info(host_info(whole, options_.paths));
    newest_report_.publish(whole);
    on_news_();
    publishing.lock();
  }
  is_telling_ = false;
}

ProbeReport Session::newest() const {
  ProbeReport whole = newest_;
  if (silence_) {
    whole.findings.push_back(
        make_finding("kernel_does_not_answer", Severity::fail, *silence_, whole.facts));
  }
  for (const auto& [finding, evidence] : noted_) {
    if (evidence) {
      whole.findings.push_back(make_finding(finding, Severity::warn, *evidence, whole.facts));
    }
  }
  arrange(whole.findings);
  return whole;
}

void Session::scrape(Format format, const CollectorFilter& filter, std::string& body) {
  const Scrape::Samples samples = scrape_.take();
  encoder_.encode(*samples.table, *samples.info, format, filter, body);
}

Opener::Config opener_config(const Options& options, const EventSet& events,
                             const SideCalls& side_calls) {
  return {events, options.paths, options.cpus, resolve_guests(options.guests, options.paths),
          side_calls.use(SideCall::sched_setaffinity)};
}

Result<void> permit_by(const Trials& trials) {
  if (!opening_is_safe(trials)) {
    return fault(why_opening_is_unsafe(trials));
  }
  return {};
}

Wanted wanted_of(const EventSet& events) {
  Wanted wanted{Want::no, Want::no, Want::yes};
  for (const Event& event : events) {
    if (is_core(event)) {
      wanted.hardware_events = Want::yes;
    } else if (is_software(event)) {
      wanted.software_events = Want::yes;
    }
  }
  return wanted;
}

Guests resolve_guests(GuestChoice choice, const HostPaths& paths) {
  if (choice == GuestChoice::automatic) {
    for (const char* module : {"kvm_intel", "kvm_amd"}) {
      const auto mediated =
          read_text(paths.sysfs / "module" / module / "parameters/enable_mediated_pmu");
      if (mediated && *mediated == "Y") {
        return Guests::exclude;
      }
    }
  }
  return choice == GuestChoice::exclude ? Guests::exclude : Guests::include;
}

}  // namespace perf_exporter
