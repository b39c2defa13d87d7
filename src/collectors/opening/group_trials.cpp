// The part of GroupOpener that tries events: what opens alone, and what would open now.
#include <linux/perf_event.h>

#include <cerrno>
#include <utility>

#include "collectors/opening/group_opener.h"

namespace perf_exporter {
namespace {

// What holds for all targets of a kind on a PMU, unlike an offline CPU or a limit reached. Of a
// cgroup, the kernel says ENOENT and EBADF where it lacks the event and where the cgroup has gone.
bool is_lasting(const EventRefusal& refusal, Target::Kind kind) {
  const int error = refusal.fault.code;
  const bool is_of_one_cgroup = kind == Target::Kind::cgroup && (error == ENOENT || error == EBADF);
  return refusal.status != EventStatus::busy && error != ENODEV && error != ENOMEM &&
         !is_of_one_cgroup && !is_limit(refusal);
}

}  // namespace

const CorePmu* GroupOpener::pmu_of(const Target& target) const {
  return target.cpu() ? core_pmu_of(pmus_, *target.cpu()) : nullptr;
}

GroupOpener::TriedForm GroupOpener::try_alone(std::size_t event, const Target& target,
                                              const CorePmu* pmu) {
  const Encoding plain = wanted_[event].encoding;
  const bool on_core = is_core(wanted_[event]);
  std::vector<Encoding> candidates = {plain};
  if (on_core && pmu != nullptr && !pmu->cpus.empty()) {
    candidates.insert(candidates.begin(), on_pmu(plain, pmu->type));
  }
  TriedForm trial{plain, {}};
  if (const auto name = pmu != nullptr ? missing_event(*pmu, plain) : std::string_view{};
      !name.empty()) {
    trial.refusal = EventRefusal{EventStatus::unsupported,
                                 {0, pmu->name + " does not list " + std::string(name)}};
    return trial;
  }
  for (const Encoding& encoding : candidates) {
    const Guests asked = on_core ? guests_ : Guests::include;
    auto tried = try_event(kernel_, with_guests(encoding, asked), target);
    if (!tried && tried.error().code == EOPNOTSUPP && on_core && asked == Guests::include &&
        try_event(kernel_, with_guests(encoding, Guests::exclude), target)) {
      guests_ = Guests::exclude;
      guests_refused_on_ = target.cpu();
      known_.clear();  // by events that include them
      tried = {};
    }
    if (tried) {
      return {encoding, std::nullopt};
    }
    trial.refusal = refusal_of(tried.error());
  }
  return trial;
}

GroupOpener::TriedForm GroupOpener::known_or_tried(std::size_t event, const Target& target,
                                                   const CorePmu* pmu) {
  const Question question{pmu != nullptr ? pmu->name : std::string(), target.kind(), event};
  if (const auto known = known_.find(question); known != known_.end()) {
    return known->second;
  }
  TriedForm trial = try_alone(event, target, pmu);
  if (!trial.refusal || is_lasting(*trial.refusal, target.kind())) {
    known_.emplace(question, trial);
  }
  return trial;
}

GroupOpener::Indices GroupOpener::required_of_group(std::size_t event) const {
  Indices events;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    const bool belongs = is_core(wanted_[i]) && wanted_[i].group == wanted_[event].group;
    if (belongs && wanted_[i].membership == Membership::required) {
      events.push_back(i);
    }
  }
  return events;
}

bool GroupOpener::opens_now(std::size_t event, const Target& target) {
  const auto opens = kernel_.begin_opens();
  const CorePmu* pmu = pmu_of(target);
  if (try_alone(event, target, pmu).refusal) {
    return false;
  }
  if (wanted_[event].membership != Membership::required) {
    return true;
  }
  std::vector<Encoding> encodings;
  for (const std::size_t member : required_of_group(event)) {
    if (const TriedForm trial = known_or_tried(member, target, pmu); !trial.refusal) {
      encodings.push_back(with_guests(trial.encoding, guests_));
    }
  }
  return encodings.size() < 2 || EventGroup::open(kernel_, encodings, target);
}

std::optional<EventRefusal> GroupOpener::refusal_alone(std::size_t event, const Target& target) {
  const auto opens = kernel_.begin_opens();
  const CorePmu* pmu = pmu_of(target);
  if (is_core(wanted_[event])) {
    if (TriedForm known = known_or_tried(event, target, pmu); known.refusal) {
      return std::move(known.refusal);
    }
  }
  return try_alone(event, target, pmu).refusal;
}

void GroupOpener::forget_refusals() {
  std::erase_if(known_, [](const auto& known) { return known.second.refusal.has_value(); });
}

}  // namespace perf_exporter
