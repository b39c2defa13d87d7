// Which connections have to go where more want a thread than there are.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace perf_exporter {

// A connection on which a request, or a client that takes an answer, is waited for.
struct HeldConnection {
  enum class Waits {
    for_first,  // the first request on it
    for_next,   // the next one
    for_client  // the client takes its answer
  };
  int fd = -1;
  Waits waits = Waits::for_first;
  std::chrono::steady_clock::time_point since;
};

enum class MayGo {
  half_open,  // those that never sent a whole request
  any,        // the others, too
};

struct Victims {
  std::vector<std::size_t> indices;  // the first to go first
  bool others_soon = false;  // some that never sent a whole request are spared, for a moment
};

// Which of the connections are to be shut down: up to `wanted`, those that have been idle longest,
// but any that never sent a whole request before those that did. Who has sent something that is not
// read yet, or in the last moment, is spared, and who takes an answer for five seconds. While one
// is spared that never sent a whole request, those that did are, too.
Victims choose_victims(const std::vector<HeldConnection>& held, MayGo may_go, std::size_t wanted);

// The indices of all that have sent nothing that is not read yet.
std::vector<std::size_t> find_silent(const std::vector<HeldConnection>& held);

}  // namespace perf_exporter
