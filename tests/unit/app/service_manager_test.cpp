// Notifications on real datagram sockets.
#include "app/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <sstream>
#include <vector>

#include "app/logging.h"
#include "base/unique_fd.h"
#include "fakes/descriptors.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;

class ServiceManagerTest : public testing::Test {
 protected:
  ~ServiceManagerTest() override { ::unlink(path_.c_str()); }

  // Listens as a service manager does; `name` as NOTIFY_SOCKET holds it.
  void listen(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0)
        << std::strerror(errno);
  }

  // The next datagram; "nothing" where none has come.
  std::string received() {
    std::array<char, 256> buffer{};
    const auto size = ::recv(listener_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  static Result<void> send(const std::string& name, std::string_view state) {
    return send_notification(open_notifier().value(), name, state);
  }

  std::shared_ptr<spdlog::logger> logger() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
    sink->set_formatter(make_log_formatter({}));
    return std::make_shared<spdlog::logger>("test", sink);
  }

  const std::string path_ = testing::TempDir() + "notify-" + std::to_string(::getpid()) + ".sock";
  UniqueFd listener_;
  std::ostringstream log_;
};

TEST_F(ServiceManagerTest, IsToldOnASocketInTheFileSystem) {
  listen(path_);
  const ServiceManager manager(path_, logger());
  manager.ready();
  EXPECT_EQ(received(), "READY=1");
  manager.stopping();
  EXPECT_EQ(received(), "STOPPING=1");
  EXPECT_EQ(received(), "nothing");
  EXPECT_EQ(log_.str(), "");
}

TEST_F(ServiceManagerTest, IsToldOnAnAbstractSocket) {
  const std::string name = "@perf-exporter-test/" + std::to_string(::getpid());
  listen(name);
  ServiceManager(name, logger()).ready();
  EXPECT_EQ(received(), "READY=1");
  EXPECT_EQ(log_.str(), "");
}

TEST_F(ServiceManagerTest, NobodyIsToldWhereNobodyAsked) {
  ServiceManager("", logger()).ready();
  EXPECT_EQ(log_.str(), "");
}

TEST_F(ServiceManagerTest, WhatCannotBeToldIsAWarning) {
  ServiceManager(path_, logger()).ready();
  EXPECT_THAT(log_.str(), HasSubstr("level=warn"));
  EXPECT_THAT(log_.str(), HasSubstr("cannot notify " + path_ + ": No such file or directory"));
  EXPECT_THAT(log_.str(), HasSubstr("state=\"READY=1\""));
}

TEST_F(ServiceManagerTest, ASocketNobodyReadsIsAFault) {
  listen(path_);
  listener_ = UniqueFd();
  const auto sent = send(path_, "READY=1");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ECONNREFUSED);
}

TEST_F(ServiceManagerTest, AManagerThatDoesNotReadIsNotWaitedForForEver) {
  listen(path_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path_.begin(), path_.end(), address.sun_path);
  // One alone may come to the end of its own buffer first (unix(7), max_dgram_qlen).
  std::vector<UniqueFd> others;
  bool has_room = true;
  while (has_room) {
    others.emplace_back(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int other = others.back().get();
    ASSERT_EQ(::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    has_room = ::send(other, "x", 1, 0) == 1;
    while (::send(other, "x", 1, 0) == 1) {
    }
  }
  const auto sent = send(path_, "READY=1");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EAGAIN);
}

TEST_F(ServiceManagerTest, OtherKindsOfAddressesAreAFault) {
  for (const char* name : {"vsock:2:1234", "notify.sock"}) {
    const auto sent = send(name, "READY=1");
    ASSERT_FALSE(sent) << name;
    EXPECT_EQ(sent.error().code, EAFNOSUPPORT) << name;
    EXPECT_THAT(sent.error().what, HasSubstr(name));
  }
}

TEST_F(ServiceManagerTest, TheLongestNameIsTakenAndALongerOneIsAFault) {
  std::string name = "@" + std::to_string(::getpid());
  name.resize(sizeof(sockaddr_un::sun_path) - 1, 'n');
  listen(name);
  EXPECT_TRUE(send(name, "READY=1"));
  EXPECT_EQ(received(), "READY=1");
  const auto sent = send(name + "n", "READY=1");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ENAMETOOLONG);
}

// Somebody else may have taken the last.
TEST_F(ServiceManagerTest, IsToldWithNoDescriptorLeft) {
  listen(path_);
  const ServiceManager manager(path_, logger());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{1, before.rlim_max};  // those open already are above it
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  manager.ready();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(received(), "READY=1");
  EXPECT_EQ(log_.str(), "");
}

TEST_F(ServiceManagerTest, LeavesNoDescriptorOpen) {
  const auto before = open_descriptors();
  ServiceManager(path_, logger()).ready();
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace perf_exporter
