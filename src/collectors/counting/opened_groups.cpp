#include "collectors/counting/opened_groups.h"

namespace perf_exporter {

OpenedCpu nothing_tried(std::size_t events, const std::string& why) {
  OpenedCpu opened;
  for (std::size_t event = 0; event < events; ++event) {
    opened.refusals[event] = {EventStatus::untried, {0, why}, Obstacle::unsafe};
  }
  return opened;
}

}  // namespace perf_exporter
