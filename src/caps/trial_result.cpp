#include "caps/trial_result.h"

#include <cstring>

#include "base/text.h"

namespace perf_exporter {

std::string to_text(const TrialResult& result) {
  switch (result.outcome) {
    case TrialResult::Outcome::not_run:
      return "not run";
    case TrialResult::Outcome::unanswered:
      return "no answer";
    case TrialResult::Outcome::opened:
      return "opened";
    case TrialResult::Outcome::done:
      return "done";
    case TrialResult::Outcome::refused:
      return error_name(result.number);
    case TrialResult::Outcome::killed: {
      const char* abbreviation = ::sigabbrev_np(result.number);
      return abbreviation != nullptr ? std::string("SIG") + abbreviation
                                     : "signal " + std::to_string(result.number);
    }
  }
  return "";
}

}  // namespace perf_exporter
