#include "http/eviction.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace perf_exporter {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using Waits = HeldConnection::Waits;

// A client's request normally comes with the connection, a round trip later at most.
constexpr Milliseconds kGrace{50};
// Who sends its first request in drops has no longer than this.
constexpr Milliseconds kDripping{1000};
// As long may a client take for an answer.
constexpr Milliseconds kSendingGrace{5000};

// What has arrived on each and is not read yet, data or the end: one call for all.
std::vector<pollfd> look_at(const std::vector<HeldConnection>& held) {
  std::vector<pollfd> looks(held.size());
  std::transform(held.begin(), held.end(), looks.begin(), [](const HeldConnection& connection) {
    return pollfd{connection.fd, POLLIN | POLLRDHUP, 0};
  });
  ::poll(looks.data(), looks.size(), 0);
  return looks;
}

// Since something was received (tcpi_last_data_recv, tcp(7)); a unix socket does not tell.
Milliseconds idle_time(const HeldConnection& connection) {
  const auto waited = std::chrono::duration_cast<Milliseconds>(Clock::now() - connection.since);
  tcp_info info{};
  socklen_t length = sizeof(info);
  if (connection.waits == Waits::for_first && waited >= kDripping) {
    return waited;
  }
  return ::getsockopt(connection.fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
             ? std::min(waited, Milliseconds(info.tcpi_last_data_recv))
             : waited;
}

struct Candidate {
  std::size_t index = 0;
  bool goes_late = false;
  Milliseconds idle{0};
};

bool goes_before(const Candidate& left, const Candidate& right) {
  return std::pair(left.goes_late, right.idle) < std::pair(right.goes_late, left.idle);
}

}  // namespace

Victims choose_victims(const std::vector<HeldConnection>& held, MayGo may_go, std::size_t wanted) {
  const std::vector<pollfd> looks = look_at(held);
  std::vector<Candidate> candidates;
  Victims victims;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const bool is_sending = held[i].waits == Waits::for_client;
    const bool is_first = held[i].waits == Waits::for_first;
    if (!is_sending && looks[i].revents != 0) {
      continue;
    }
    const Milliseconds idle =
        is_sending ? std::chrono::duration_cast<Milliseconds>(Clock::now() - held[i].since)
                   : idle_time(held[i]);
    if (idle >= (is_sending ? kSendingGrace : kGrace)) {
      candidates.push_back({i, !is_first, idle});
    } else {
      victims.others_soon |= is_first;
    }
  }
  if (victims.others_soon || may_go == MayGo::half_open) {
    std::erase_if(candidates, [](const Candidate& candidate) { return candidate.goes_late; });
  }
  std::sort(candidates.begin(), candidates.end(), goes_before);
  candidates.resize(std::min(wanted, candidates.size()));
  for (const Candidate& candidate : candidates) {
    victims.indices.push_back(candidate.index);
  }
  return victims;
}

std::vector<std::size_t> find_silent(const std::vector<HeldConnection>& held) {
  const std::vector<pollfd> looks = look_at(held);
  std::vector<std::size_t> silent;
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (held[i].waits != Waits::for_client && looks[i].revents == 0) {
      silent.push_back(i);
    }
  }
  return silent;
}

}  // namespace perf_exporter
