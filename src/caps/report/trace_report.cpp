#include "caps/report/trace_report.h"

#include <algorithm>
#include <cstring>

#include "base/json.h"
#include "base/text.h"
#include "base/text_layout.h"
#include "caps/advice/finding_text.h"

namespace perf_exporter {
namespace {

constexpr std::size_t kTextColumn = 12;
constexpr std::size_t kAskedColumn = 34;
constexpr std::size_t kAnswerColumn = 60;

std::string answer_text(const TraceStep& step) {
  if (!step.answer) {
    return "";
  }
  if (answer_kind(step.function) == AnswerKind::truth) {
    return step.refused() ? "no" : "yes";
  }
  if (step.error() != 0) {
    return std::to_string(*step.answer) + " " + error_name(step.error());
  }
  return answer_kind(step.function) == AnswerKind::pointer ? "done" : std::to_string(*step.answer);
}

std::string result_text(const TracedCall& call) {
  if (!call.result) {
    return call.entered ? "not on record" : "no answer";
  }
  return call.error() != 0 ? std::to_string(*call.result) + " " + error_name(call.error())
                           : "opened";
}

void add_row(std::string& out, std::string row, std::string_view asked, std::string_view answer) {
  const auto to = [&row](std::size_t column) { row.resize(std::max(column, row.size() + 1), ' '); };
  if (!asked.empty()) {
    to(kAskedColumn);
    row += asked;
  }
  if (!answer.empty()) {
    to(kAnswerColumn);
    row += answer;
  }
  out += row + "\n";
}

bool is_same_row(const TraceStep& left, const TraceStep& right) {
  return left.function == right.function && left.asked == right.asked &&
         left.answer == right.answer;
}

void add_steps(std::string& out, const TracedCall& call) {
  if (!call.entered) {
    add_row(out, "  (perf_event_open was not entered)", "", result_text(call));
    return;
  }
  add_row(out, "  perf_event_open", "", "");
  for (auto step = call.steps.begin(); step != call.steps.end();) {
    const auto next = std::find_if(
        step, call.steps.end(), [&](const TraceStep& each) { return !is_same_row(each, *step); });
    if (!is_syscall_function(step->function)) {
      const auto times = next - step;
      add_row(out, "    " + step->function + (times > 1 ? " x" + std::to_string(times) : ""),
              step->asked, answer_text(*step));
    }
    step = next;
  }
  add_row(out, "  = the call", "", result_text(call));
}

// Any user chooses the name of a thread, which must not steer root's terminal.
std::string title(const JudgedCall& judged) {
  const TracedCall& call = judged.call;
  std::string text = judged.trial.empty()
                         ? printable(call.command) + " [" + std::to_string(call.thread) + "]"
                         : judged.trial + " " + judged.trial_description;
  return judged.times > 1 ? text + ", the first of " + std::to_string(judged.times) + " alike"
                          : text;
}

void add_call(std::string& out, const JudgedCall& judged) {
  out += "trace of " + title(judged) + "\n";
  add_steps(out, judged.call);
  for (const TraceCause& cause : judged.causes) {
    const bool is_proved = cause.certainty == TraceCause::Certainty::proved;
    add_labelled(out, is_proved ? "proves" : "possible", cause.id + ": " + cause.because + ".",
                 kTextColumn);
    add_labelled(out, "see", cause_anchor(cause), kTextColumn);
  }
  if (judged.agreement) {
    const auto& [kind, finding] = *judged.agreement;
    add_labelled(out, "finding",
                 kind == Agreement::Kind::differs
                     ? "differs: without privilege the first finding is " + finding
                     : std::string(to_text(kind)) + ": " + finding,
                 kTextColumn);
  }
  out += '\n';
}

std::string json_or_null(std::string_view text) {
  return text.empty() ? "null" : json_string(text);
}

std::string step_json(const TraceStep& step) {
  return R"({"function":)" + json_string(step.function) + R"(,"caller":)" +
         json_or_null(step.caller) + R"(,"asked":)" + json_or_null(step.asked) + R"(,"answer":)" +
         json_or_null(answer_text(step)) + R"(,"error":)" +
         (step.error() != 0 ? json_string(error_name(step.error())) : "null") + "}";
}

std::string cause_json(const TraceCause& cause) {
  return R"({"id":)" + json_string(cause.id) + R"(,"because":)" + json_string(cause.because) +
         R"(,"proved":)" + (cause.certainty == TraceCause::Certainty::proved ? "true" : "false") +
         R"(,"anchor":)" + json_string(cause_anchor(cause)) + "}";
}

std::string event_json(const std::optional<TracedEvent>& event) {
  return event ? R"({"type":)" + std::to_string(event->type) + R"(,"config":"0x)" +
                     format_mask(event->config) + R"(","exclude_kernel":)" +
                     (event->exclude_kernel ? "true}" : "false}")
               : "null";
}

std::string call_json(const JudgedCall& judged) {
  const TracedCall& call = judged.call;
  return R"({"trial":)" + json_or_null(judged.trial) + R"(,"thread":)" +
         std::to_string(call.thread) + R"(,"command":)" + json_string(call.command) +
         R"(,"times":)" + std::to_string(judged.times) + R"(,"entered":)" +
         (call.entered ? "true" : "false") + R"(,"event":)" + event_json(call.event) +
         R"(,"result":)" + (call.result ? std::to_string(*call.result) : "null") + R"(,"error":)" +
         (call.error() != 0 ? json_string(error_name(call.error())) : "null") + R"(,"steps":)" +
         json_array(call.steps, step_json) + R"(,"causes":)" +
         json_array(judged.causes, cause_json) + R"(,"agreement":)" +
         (judged.agreement ? R"({"verdict":)" + json_string(to_text(judged.agreement->kind)) +
                                 R"(,"finding":)" + json_string(judged.agreement->finding) + "}"
                           : "null") +
         "}";
}

int rank(const TracedCall& call) {
  if (is_permission_refusal(call)) {
    return 0;
  }
  return call.error() != 0 || !call.result ? 1 : 2;
}

bool is_alike(const JudgedCall& left, const JudgedCall& right) {
  const auto same = [](const TraceCause& a, const TraceCause& b) { return a.id == b.id; };
  return left.call.command == right.call.command && left.call.error() == right.call.error() &&
         std::equal(left.causes.begin(), left.causes.end(), right.causes.begin(),
                    right.causes.end(), same);
}

}  // namespace

void count_calls(TraceReport& report, const Recording& recording) {
  report.seen += recording.seen;
  report.lost += recording.lost;
  report.refused += static_cast<std::size_t>(
      std::count_if(recording.calls.begin(), recording.calls.end(), is_permission_refusal));
}

TraceReport digest(const Recording& recording, const TraceContext& context) {
  TraceReport report;
  report.scope = context.scope;
  count_calls(report, recording);
  for (const TracedCall& call : recording.calls) {
    JudgedCall judged;
    judged.call = call;
    judged.causes = judge(call, context);
    const auto alike = std::find_if(report.calls.begin(), report.calls.end(),
                                    [&](const auto& each) { return is_alike(each, judged); });
    if (alike != report.calls.end()) {
      ++alike->times;
    } else {
      report.calls.push_back(std::move(judged));
    }
  }
  std::stable_sort(report.calls.begin(), report.calls.end(),
                   [](const auto& a, const auto& b) { return rank(a.call) < rank(b.call); });
  report.calls.resize(std::min(report.calls.size(), kMostShown));
  return report;
}

std::string cause_anchor(const TraceCause& cause) {
  if (cause.id == "other_users_process") {
    return "docs/debugging.md#other-users-process";
  }
  return cause.id == "bad_arguments" ? "docs/debugging.md#bad-arguments" : finding_anchor(cause.id);
}

std::string trace_text(const TraceReport& report) {
  std::string out;
  for (const JudgedCall& judged : report.calls) {
    add_call(out, judged);
  }
  out += "trace\n";
  add_labelled(out, "method", to_text(report.scope.method), kTextColumn);
  add_labelled(out, "calls",
               std::to_string(report.seen) + " recorded, " + std::to_string(report.refused) +
                   " refused by a permission",
               kTextColumn);
  if (!report.scope.missing.empty()) {
    add_labelled(out, "without", join(report.scope.missing, "; "), kTextColumn);
  }
  if (report.lost > 0) {
    add_labelled(out, "lost", std::to_string(report.lost) + " records found no room", kTextColumn);
  }
  return out;
}

std::string trace_json(const TraceReport& report) {
  return R"({"method":)" + json_string(to_text(report.scope.method)) + R"(,"not_recorded":)" +
         json_array(report.scope.missing, json_string) + R"(,"calls_seen":)" +
         std::to_string(report.seen) + R"(,"calls_refused":)" + std::to_string(report.refused) +
         R"(,"records_lost":)" + std::to_string(report.lost) + R"(,"calls":)" +
         json_array(report.calls, call_json) + "}";
}

}  // namespace perf_exporter
