#include "caps/witness/traced_call.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "caps/witness/trace_probes.h"

namespace perf_exporter {
namespace {

constexpr std::int64_t kMostErrno = 4095;  // MAX_ERRNO in include/linux/err.h

int errno_of(std::int64_t answer) {
  return answer < 0 && answer >= -kMostErrno ? static_cast<int>(-answer) : 0;
}

std::string in_hex(std::uint64_t number) {
  const std::string mask = format_mask(number);
  return "0x" + mask.substr(std::min(mask.find_first_not_of('0'), mask.size() - 1));
}

std::string name_of(int capability) {
  const auto name = capability_name(static_cast<Capability>(capability));
  return name.empty() ? "capability " + std::to_string(capability) : std::string(name);
}

// PERF_SECURITY_OPEN and its like in include/linux/perf_event.h. It was the second argument before
// Linux 6.12 or so, and is the first since: an address is never so small.
std::string name_of_hook(const TraceRecord& record) {
  constexpr std::string_view kNames[] = {"open", "cpu", "kernel", "tracepoint"};
  for (const char* place : {"first", "second"}) {
    const auto type = record.argument(place);
    if (type && *type < std::size(kNames)) {
      return std::string(kNames[*type]);
    }
  }
  return "";
}

void note_event(const TraceRecord& record, TracedCall& call, TraceStep& step) {
  constexpr std::uint64_t kExcludeKernel = 1U << 5;
  const auto type = record.argument("type");
  const auto config = record.argument("config");
  const auto bits = record.argument("bits");
  if (type && config && bits) {
    call.event = TracedEvent{*type, *config, (*bits & kExcludeKernel) != 0};
    step.asked = "type " + std::to_string(*type) + " config " + in_hex(*config);
  }
}

void note_capability(const TraceRecord& record, TraceStep& step) {
  if (const auto capability = record.argument("cap")) {
    step.capability = static_cast<int>(*capability);
    step.asked = name_of(*step.capability);
  }
  for (std::size_t i = 0; i < kCredentialWords; ++i) {
    const auto word = record.argument("c" + std::to_string(i));
    if (!word) {
      break;
    }
    step.credentials.push_back(*word);
  }
}

void enter(const TraceRecord& record, TracedCall& call) {
  TraceStep step;
  step.function = record.function;
  step.caller = record.caller;
  if (record.function == "cap_capable") {
    note_capability(record, step);
  } else if (record.function == "security_perf_event_open") {
    step.asked = name_of_hook(record);
  } else if (record.function == "perf_copy_attr") {
    note_event(record, call, step);
  }
  call.steps.push_back(std::move(step));
}

// The answer belongs to the last entry of that function which has none; functions whose entry is
// not recorded make a step of their own.
void leave(const TraceRecord& record, TracedCall& call) {
  const auto open = std::find_if(call.steps.rbegin(), call.steps.rend(), [&](const auto& step) {
    return step.function == record.function && !step.answer;
  });
  if (open != call.steps.rend()) {
    open->answer = record.answer;
    if (!record.caller.empty()) {
      open->caller = record.caller;
    }
    return;
  }
  TraceStep step;
  step.function = record.function;
  step.caller = record.caller;
  step.answer = record.answer;
  call.steps.push_back(std::move(step));
}

}  // namespace

int TraceStep::error() const {
  return answer && answer_kind(function) != AnswerKind::truth ? errno_of(*answer) : 0;
}

// A truth is one byte wide; what stands above it in the register means nothing.
bool TraceStep::refused() const {
  const bool says_no =
      answer && answer_kind(function) == AnswerKind::truth && (*answer & 0xff) == 0;
  return says_no || error() != 0;
}

int TracedCall::error() const {
  return result ? errno_of(*result) : 0;
}

const TraceStep* TracedCall::last(std::string_view function) const {
  const auto found = std::find_if(steps.rbegin(), steps.rend(),
                                  [&](const auto& step) { return step.function == function; });
  return found == steps.rend() ? nullptr : &*found;
}

void CallRecorder::take(std::string_view text) {
  rest_ += text;
  std::string_view lines = rest_;
  for (auto end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
    take_line(lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  rest_.erase(0, rest_.size() - lines.size());
}

void CallRecorder::take_line(std::string_view line) {
  recording_.lost += lost_records(line);
  const auto record = parse_trace_line(line);
  if (!record) {
    return;
  }
  ++recording_.records;
  note_command(*record);
  if (record->kind == TraceRecord::Kind::begins) {
    begin(*record);
    return;
  }
  if (record->kind == TraceRecord::Kind::ends) {
    end(*record);
    return;
  }
  const auto open = open_.find(record->thread);
  if (open == open_.end()) {
    return;
  }
  if (record->kind == TraceRecord::Kind::enters) {
    enter(*record, open->second);
    return;
  }
  leave(*record, open->second);
  if (is_syscall_function(record->function)) {
    open->second.result = record->answer;
    if (end_ == End::function_return) {
      keep(record->thread);
    }
  }
}

// The kernel learns a thread's name when it next takes the CPU from it, which can be after its
// records were read (kernel/trace/trace_sched_switch.c); the thread still runs then.
void CallRecorder::note_command(const TraceRecord& record) {
  if (record.command != kUnknownCommand) {
    commands_[record.thread] = record.command;
  } else if (name_of_ && !commands_.contains(record.thread)) {
    commands_.emplace(record.thread, name_of_(record.thread));
  }
}

// The tracepoint and the function itself can both tell of the beginning.
void CallRecorder::begin(const TraceRecord& record) {
  const auto open = open_.find(record.thread);
  if (open != open_.end() && (open->second.result || !open->second.steps.empty())) {
    keep(record.thread);
  }
  TracedCall& call = open_[record.thread];
  call.thread = record.thread;
  call.command = record.command;
  call.entered = true;
}

// Without a beginning the call was answered before the kernel's function could be reached; what is
// no errno then is what the register happened to hold, as where a filter kills.
void CallRecorder::end(const TraceRecord& record) {
  TracedCall& call = open_[record.thread];
  call.thread = record.thread;
  call.command = record.command;
  if (call.entered || (record.answer && errno_of(*record.answer) != 0)) {
    call.result = record.answer;
  }
  keep(record.thread);
}

void CallRecorder::keep(pid_t thread) {
  auto call = open_.extract(thread);
  ++recording_.seen;
  if (!call.empty() && recording_.calls.size() < kMostCalls) {
    recording_.calls.push_back(std::move(call.mapped()));
  }
}

Recording CallRecorder::finish() {
  while (!open_.empty()) {
    keep(open_.begin()->first);
  }
  for (TracedCall& call : recording_.calls) {
    const auto known = commands_.find(call.thread);
    if (call.command == kUnknownCommand && known != commands_.end() && !known->second.empty()) {
      call.command = known->second;
    }
  }
  return std::move(recording_);
}

std::optional<std::uint64_t> effective_set(const TraceStep& step, std::size_t place) {
  std::uint64_t set = 0;
  if (step.credentials.size() * sizeof set < place + sizeof set) {
    return std::nullopt;
  }
  const auto* bytes = reinterpret_cast<const char*>(step.credentials.data());
  std::memcpy(&set, bytes + place, sizeof set);
  return set;
}

// struct cred holds the five sets one behind the other: inheritable, permitted, effective,
// bounding, ambient. Where they begin, versions and options of the kernel decide; before Linux 6.3
// a set is two words of 32 bits, which need no alignment of 64.
std::optional<std::size_t> find_effective_set(const std::vector<std::uint64_t>& credentials,
                                              const CapabilitySets& known) {
  const std::uint64_t sets[] = {known.inheritable, known.permitted, known.effective, known.bounding,
                                known.ambient};
  const std::size_t size = credentials.size() * sizeof credentials[0];
  if (known.effective == 0) {
    return std::nullopt;
  }
  const auto* bytes = reinterpret_cast<const char*>(credentials.data());
  for (std::size_t place = 0; place + sizeof sets <= size; place += sizeof(std::uint32_t)) {
    if (std::memcmp(bytes + place, sets, sizeof sets) == 0) {
      return place + 2 * sizeof sets[0];
    }
  }
  return std::nullopt;
}

}  // namespace perf_exporter
