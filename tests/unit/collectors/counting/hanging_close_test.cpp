// A close(2) that does not return: who goes on, and who is told.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/unique_fd.h"
#include "collectors/counting/counter_set.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

// A connection whose end to be closed lingers until the other one is gone: unsent data waits, and
// nobody takes it (socket(7), SO_LINGER).
class LingeringEnd {
 public:
  LingeringEnd() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    end_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener.get(), generic, length), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.get(), generic, &length), 0);
    EXPECT_EQ(::connect(end_.get(), generic, length), 0);
    other_ = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const linger patience{1, 60};
    ::setsockopt(end_.get(), SOL_SOCKET, SO_LINGER, &patience, sizeof patience);
    const std::array<char, 65536> data{};
    while (::send(end_.get(), data.data(), data.size(), MSG_DONTWAIT) > 0) {
    }
  }

  // Puts it in the place of a descriptor.
  void take_over(int fd) {
    ::dup3(end_.get(), fd, O_CLOEXEC);
    end_ = UniqueFd();
  }
  void let_go() { other_ = UniqueFd(); }

 private:
  UniqueFd end_;
  UniqueFd other_;
};

class HangingCloseTest : public testing::Test {
 protected:
  HangingCloseTest() {
    machine_.kernel.count({}, fast_clock);
    machine_.open_cpus({CpuId{0}, CpuId{1}});
    std::atomic<int> descriptor = -1;
    machine_.kernel.set_before_read([&](int fd) {
      if (machine_.kernel.cpu_of(fd) == 1) {
        descriptor = fd;
      }
    });
    machine_.read();
    machine_.kernel.set_before_read({});
    lingering_.take_over(descriptor);
  }

  // While `close` hangs on CPU 1.
  template <class Close, class Meanwhile>
  void during(Close close, Meanwhile meanwhile) {
    std::thread closing(close);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (machine_.counters.hanging().empty() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(machine_.counters.hanging(), CpuList{CpuId{1}});
    meanwhile();
    lingering_.let_go();
    closing.join();
    EXPECT_EQ(machine_.counters.hanging(), CpuList{});
  }

  Machine machine_{events_of({"software"})};
  LingeringEnd lingering_;
};

TEST_F(HangingCloseTest, IsToldAndTheNewGroupsCount) {
  during([this] { machine_.open_cpu(CpuId{1}); },
         [this] {
           machine_.read();
           EXPECT_TRUE(machine_.total(0, "page_faults"));
           EXPECT_TRUE(machine_.total(1, "page_faults"));
         });
}

TEST_F(HangingCloseTest, OfACpuThatWentAwayIsToldToo) {
  during([this] { machine_.counters.keep_only({CpuId{0}}); },
         [this] {
           machine_.read();
           EXPECT_TRUE(machine_.total(0, "page_faults"));
           EXPECT_EQ(machine_.counters.installed(), CpuList{CpuId{0}});
         });
}

}  // namespace
}  // namespace perf_exporter
