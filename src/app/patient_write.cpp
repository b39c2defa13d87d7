#include "app/patient_write.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::chrono::seconds kLastPatience{1};

// Where a pipe takes anything without waiting, it takes as much as this (pipe(7), PIPE_BUF).
ssize_t write_piece(int fd, std::string_view text) {
  const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
  const ssize_t sent = ::send(fd, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? ::write(fd, text.data(), size) : sent;
}

class Deadline {
 public:
  explicit Deadline(std::optional<std::chrono::milliseconds> patience)
      : patience_(patience), begun_(monotonic_ns()) {}

  // As poll(2) takes it: -1 for ever.
  [[nodiscard]] int left() const {
    if (!patience_) {
      return -1;
    }
    const auto gone = static_cast<std::int64_t>((monotonic_ns() - begun_) / kMillisecond);
    return static_cast<int>(std::max<std::int64_t>(0, patience_->count() - gone));
  }

 private:
  std::optional<std::chrono::milliseconds> patience_;
  std::uint64_t begun_;
};

}  // namespace

bool write_within(int fd, std::string_view text,
                  std::optional<std::chrono::milliseconds> patience) {
  const Deadline deadline(patience);
  while (!text.empty()) {
    pollfd watched{fd, POLLOUT, 0};
    const int ready = ::poll(&watched, 1, deadline.left());
    if (ready == 0) {
      return false;
    }
    const ssize_t written = ready > 0 ? write_piece(fd, text) : ready;
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      return false;
    }
  }
  return true;
}

void print_last_words(std::string_view line) {
  write_within(STDERR_FILENO, line, kLastPatience);
}

}  // namespace perf_exporter
