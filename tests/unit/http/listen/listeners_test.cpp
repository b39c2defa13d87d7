// What the server listens on, on real sockets.
#include <ifaddrs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <set>

#include "unit/http/server_fixture.h"

namespace perf_exporter {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class ListenersTest : public ServerTest {
 protected:
  ListenersTest() { ::mkdir(directory_.c_str(), 0700); }
  ~ListenersTest() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }

  std::string start_error(std::vector<std::string> addresses) {
    listen_addresses_ = std::move(addresses);
    const auto server = try_start();
    return server ? "it started" : server.error().what;
  }

  // ":PORT" of the server's first address.
  [[nodiscard]] std::string port() const { return address().substr(address().rfind(':')); }

  // One that was free a moment ago.
  std::string free_port() {
    listen_addresses_ = {":0"};
    start();
    EXPECT_TRUE(server_->stop());
    return port();
  }

  static bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
  }

  const std::string directory_ = testing::TempDir() + "listeners-" + std::to_string(::getpid());
  const std::string path_ = directory_ + "/http.sock";
};

bool has_ipv6_loopback() {
  const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

TEST_F(ListenersTest, ListensOnSeveralAtOnce) {
  listen_addresses_ = {"unix:" + path_, "127.0.0.1:0", "127.0.0.1:0"};
  start();
  ASSERT_EQ(server_->addresses().size(), 3U);
  EXPECT_EQ(address(0), "unix:" + path_);
  EXPECT_THAT(address(1), StartsWith("127.0.0.1:"));
  EXPECT_NE(address(1), "127.0.0.1:0");
  EXPECT_NE(address(1), address(2));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(connect(i).get("/metrics").status, 200) << address(i);
  }
}

TEST_F(ListenersTest, NamesThePortOfEachOfHundreds) {
  listen_addresses_.assign(300, "127.0.0.1:0");
  start();
  const std::vector<std::string> addresses = server_->addresses();
  const std::set<std::string> named(addresses.begin(), addresses.end());
  EXPECT_EQ(named.size(), 300U);
  EXPECT_EQ(named.count("127.0.0.1:0"), 0U);
}

TEST_F(ListenersTest, ListensOnIpv6) {
  if (!has_ipv6_loopback()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  listen_addresses_ = {"[::1]:0"};
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, AllAddressesAreReachedByBothFamilies) {
  listen_addresses_ = {":0"};
  start();
  EXPECT_EQ(HttpClient("127.0.0.1" + port()).get("/metrics").status, 200);
  if (has_ipv6_loopback()) {
    ASSERT_THAT(address(), StartsWith(":"));
    EXPECT_EQ(HttpClient("[::1]" + port()).get("/metrics").status, 200);
  }
}

// In either order, as two sockets: the kernel would refuse the second one otherwise.
TEST_F(ListenersTest, AllOfBothFamiliesMayBeNamedApart) {
  if (!has_ipv6_loopback()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  const std::string free = free_port();
  for (const std::vector<std::string>& given :
       {std::vector{"[::]" + free, "0.0.0.0" + free}, std::vector{"0.0.0.0" + free, free}}) {
    listen_addresses_ = given;
    start();
    EXPECT_THAT(server_->addresses(), UnorderedElementsAre("[::]" + free, "0.0.0.0" + free));
    EXPECT_THAT(server_->missing_addresses(), IsEmpty());
    EXPECT_EQ(HttpClient("127.0.0.1" + free).get("/metrics").status, 200);
    EXPECT_EQ(HttpClient("[::1]" + free).get("/metrics").status, 200);
    EXPECT_TRUE(server_->stop());
  }
}

TEST_F(ListenersTest, WhatAnotherCoversNeedsNoSocket) {
  const std::string free = free_port();
  for (const std::vector<std::string>& given :
       {std::vector{"127.0.0.1" + free, "127.0.0.1" + free}, std::vector{"127.0.0.1" + free, free},
        std::vector{free, free}, std::vector{"127.0.0.1" + free, "0.0.0.0" + free},
        std::vector{"127.0.0.1" + free, "[::ffff:127.0.0.1]" + free},
        std::vector{"unix:" + path_, "unix:" + path_}}) {
    listen_addresses_ = given;
    start();
    EXPECT_THAT(server_->addresses(), SizeIs(1)) << given[0] << given[1];
    EXPECT_THAT(server_->missing_addresses(), IsEmpty()) << given[0] << given[1];
    EXPECT_EQ(connect().get("/metrics").status, 200);
    EXPECT_TRUE(server_->stop());
  }
}

TEST_F(ListenersTest, LooksHostNamesUp) {
  listen_addresses_ = {"localhost:0"};
  ASSERT_NO_FATAL_FAILURE(start());  // needs a name service: /etc/hosts at least
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, APortInUseIsNamedWithItsReason) {
  start();
  const std::string taken = address();
  EXPECT_EQ(start_error({taken}), "cannot listen on " + taken + ": address already in use");
  EXPECT_THAT(start_error({port()}), EndsWith("address already in use"));
}

TEST_F(ListenersTest, WhereNoneCanBeHadAllAreNamed) {
  start();
  EXPECT_EQ(start_error({"192.0.2.1:0", address(), "unix:/nonexistent/http.sock"}),
            "cannot listen on 192.0.2.1:0: this machine has no such address; cannot listen on " +
                address() +
                ": address already in use; cannot listen on unix:/nonexistent/http.sock: No such "
                "file or directory");
}

// What is malformed is a mistake, whatever else could be served.
TEST_F(ListenersTest, OneThatIsNoneEndsIt) {
  EXPECT_THAT(start_error({"127.0.0.1:0", "10950"}), HasSubstr("'10950'"));
}

TEST_F(ListenersTest, TheOthersServeWhereOneIsMissing) {
  start();
  const std::string taken = address();
  auto other = std::exchange(server_, nullptr);
  listen_addresses_ = {"unix:" + path_ + ".d/sock", "127.0.0.1:0", taken, "no-such-host.invalid:1"};
  start();
  ASSERT_THAT(server_->addresses(), SizeIs(1));
  EXPECT_EQ(connect().get("/metrics").status, 200);
  EXPECT_THAT(server_->missing_addresses(),
              ElementsAre("cannot listen on unix:" + path_ + ".d/sock: No such file or directory",
                          "cannot listen on " + taken + ": address already in use",
                          StartsWith("cannot listen on no-such-host.invalid:1: ")));
  EXPECT_EQ(server_->listen_again(), 0U);
  ::mkdir((path_ + ".d").c_str(), 0700);
  EXPECT_TRUE(other->stop());
  EXPECT_EQ(server_->listen_again(), 2U);
  EXPECT_EQ(address(1), "unix:" + path_ + ".d/sock");
  EXPECT_EQ(address(2), taken);
  EXPECT_EQ(connect(1).get("/metrics").status, 200);
  EXPECT_EQ(connect(2).get("/metrics").status, 200);
  EXPECT_THAT(server_->missing_addresses(), SizeIs(1));
  EXPECT_EQ(server_->listen_again(), 0U);
  EXPECT_EQ(connect().get("/metrics").status, 200);
  EXPECT_TRUE(server_->stop());
  EXPECT_FALSE(exists(path_ + ".d/sock"));
  EXPECT_EQ(::rmdir((path_ + ".d").c_str()), 0);
}

// One that this machine has: "fe80::1%eth0".
std::string link_local_address() {
  ifaddrs* all = nullptr;
  std::string found;
  if (::getifaddrs(&all) != 0) {
    return found;
  }
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    sockaddr_in6 six{};
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6) {
      continue;
    }
    std::memcpy(&six, each->ifa_addr, sizeof(six));
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr)) {
      ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
      found = std::string(text.data()) + "%" + each->ifa_name;
    }
  }
  ::freeifaddrs(all);
  return found;
}

TEST_F(ListenersTest, ListensOnAnAddressOfOneLink) {
  const std::string local = link_local_address();
  if (local.empty()) {
    GTEST_SKIP() << "this machine has no link-local address";
  }
  listen_addresses_ = {"[" + local + "]:0"};
  start();
  EXPECT_EQ(address(), "[" + local + "]" + port());
  EXPECT_THAT(start_error({"[" + local.substr(0, local.find('%')) + "]:0"}),
              HasSubstr("needs its interface"));
}

TEST_F(ListenersTest, AZoneWithoutInterfaceIsNamed) {
  EXPECT_EQ(start_error({"[fe80::1%nothing0]:0"}),
            "cannot listen on [fe80::1%nothing0]:0: this machine has no interface nothing0");
}

TEST_F(ListenersTest, TheLimitOfDescriptorsIsNamed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{1, before.rlim_max};  // those open already are above it
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const std::string error = start_error({"127.0.0.1:0"});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(error, "cannot listen on 127.0.0.1:0: Too many open files");
}

// Each address of a host name takes one.
TEST_F(ListenersTest, WithoutADescriptorToAnswerItDoesNotStart) {
  const int lowest = UniqueFd(::dup(STDERR_FILENO)).get();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{static_cast<rlim_t>(lowest) + 2, before.rlim_max};  // the listener, and one more
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto started = try_start();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, EMFILE);
  EXPECT_EQ(started.error().what,
            "serving takes " + std::to_string(lowest + 3) + " file descriptors at least");
}

TEST_F(ListenersTest, AnAddressOfAnotherMachineIsNamedWithItsReason) {
  EXPECT_EQ(start_error({"192.0.2.1:0"}),
            "cannot listen on 192.0.2.1:0: this machine has no such address");
}

TEST_F(ListenersTest, NoAddressIsNone) {
  EXPECT_EQ(start_error({}), "no address to listen on");
}

TEST_F(ListenersTest, RestartsOnThePortItHad) {
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/metrics").status, 200);
  listen_addresses_ = {address()};
  EXPECT_TRUE(server_->stop());  // closes first: the port lingers in TIME_WAIT
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, RemovesItsUnixSocketAtStop) {
  listen_addresses_ = {"unix:" + path_};
  start();
  EXPECT_TRUE(exists(path_));
  EXPECT_TRUE(server_->stop());
  EXPECT_FALSE(exists(path_));
}

TEST_F(ListenersTest, LeavesTheSocketThatTookItsPlaceAtStop) {
  listen_addresses_ = {"unix:" + path_};
  start();
  ::unlink(path_.c_str());
  const auto other = try_start();
  ASSERT_TRUE(other) << other.error().what;
  EXPECT_TRUE(server_->stop());
  EXPECT_EQ(HttpClient("unix:" + path_).get("/metrics").status, 200);
}

TEST_F(ListenersTest, ReplacesAStaleUnixSocket) {
  sockaddr_un stale{};
  stale.sun_family = AF_UNIX;
  std::strncpy(stale.sun_path, path_.c_str(), sizeof(stale.sun_path) - 1);
  {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&stale), sizeof(stale)), 0);
  }
  ASSERT_TRUE(exists(path_));
  listen_addresses_ = {"unix:" + path_};
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, LeavesALiveUnixSocketToItsOwner) {
  listen_addresses_ = {"unix:" + path_};
  start();
  EXPECT_EQ(start_error({"unix:" + path_}),
            "cannot listen on unix:" + path_ + ": address already in use");
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, LeavesAnotherFileAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(start_error({"unix:" + path_}), EndsWith("File exists"));
  std::string text;
  std::ifstream(path_) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ListenersTest, AMissingFolderIsNamedWithItsReason) {
  EXPECT_EQ(start_error({"unix:/nonexistent/http.sock"}),
            "cannot listen on unix:/nonexistent/http.sock: No such file or directory");
}

TEST_F(ListenersTest, AFailedStartLeavesNoUnixSocket) {
  options_.telemetry_path = "metrics";
  EXPECT_THAT(start_error({"unix:" + path_}), HasSubstr("'metrics'"));
  EXPECT_FALSE(exists(path_));
}

}  // namespace
}  // namespace perf_exporter
