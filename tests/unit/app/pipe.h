// A pipe, as a log collector reads from it, or does not.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/unique_fd.h"

namespace perf_exporter {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      reader = UniqueFd(ends[0]);
      writer = UniqueFd(ends[1]);
    }
  }

  // Until not one more byte fits.
  void fill() const {
    const std::string block(4096, '#');
    pollfd room{writer.get(), POLLOUT, 0};
    while (::poll(&room, 1, 0) == 1) {
      (void)!::write(writer.get(), block.data(), block.size());
    }
  }

  // All that is in it now.
  [[nodiscard]] std::string drain() const {
    std::string text;
    std::array<char, 4096> block{};
    pollfd content{reader.get(), POLLIN, 0};
    while (::poll(&content, 1, 0) == 1 && (content.revents & POLLIN) != 0) {
      const auto size = ::read(reader.get(), block.data(), block.size());
      text.append(block.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  UniqueFd reader;
  UniqueFd writer;
};

}  // namespace perf_exporter
