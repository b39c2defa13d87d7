// What the server listens on, on real sockets.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <set>

#include "unit/http/server_fixture.h"

namespace perf_exporter {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ListenersTest : public ServerTest {
 protected:
  ListenersTest() { ::mkdir(directory_.c_str(), 0700); }
  ~ListenersTest() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }

  std::string start_error(std::vector<std::string> addresses) {
    options_.listen_addresses = std::move(addresses);
    const auto server = Server::start(options_, content_);
    return server ? "it started" : server.error().what;
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
  options_.listen_addresses = {"unix:" + path_, "127.0.0.1:0", "127.0.0.1:0"};
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
  options_.listen_addresses.assign(300, "127.0.0.1:0");
  start();
  const std::set<std::string> named(server_->addresses().begin(), server_->addresses().end());
  EXPECT_EQ(named.size(), 300U);
  EXPECT_EQ(named.count("127.0.0.1:0"), 0U);
}

TEST_F(ListenersTest, ListensOnIpv6) {
  if (!has_ipv6_loopback()) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  options_.listen_addresses = {"[::1]:0"};
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, AllAddressesAreReachedByBothFamilies) {
  options_.listen_addresses = {":0"};
  start();
  ASSERT_THAT(address(), StartsWith(":"));
  EXPECT_EQ(HttpClient("127.0.0.1" + address()).get("/metrics").status, 200);
  if (has_ipv6_loopback()) {
    EXPECT_EQ(HttpClient("[::1]" + address()).get("/metrics").status, 200);
  }
}

TEST_F(ListenersTest, LooksHostNamesUp) {
  options_.listen_addresses = {"localhost:0"};
  ASSERT_NO_FATAL_FAILURE(start());  // needs a name service: /etc/hosts at least
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, APortInUseIsNamedWithItsReason) {
  start();
  const std::string taken = address();
  EXPECT_EQ(start_error({taken}), "cannot listen on " + taken + ": address already in use");
  EXPECT_THAT(start_error({taken.substr(taken.rfind(':'))}), EndsWith("address already in use"));
  EXPECT_THAT(start_error({"127.0.0.1:0", taken}), StartsWith("cannot listen on " + taken));
}

TEST_F(ListenersTest, AnAddressGivenTwiceIsInUse) {
  start();
  const std::string port = address().substr(address().rfind(':'));
  EXPECT_TRUE(server_->stop());
  EXPECT_THAT(start_error({"127.0.0.1" + port, "127.0.0.1" + port}),
              EndsWith("address already in use"));
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
  const auto started = Server::start(options_, content_);
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

TEST_F(ListenersTest, WhatIsNoAddressIsNamed) {
  EXPECT_THAT(start_error({"127.0.0.1:0", "10950"}), HasSubstr("'10950'"));
  EXPECT_EQ(start_error({}), "no address to listen on");
}

TEST_F(ListenersTest, RestartsOnThePortItHad) {
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/metrics").status, 200);
  options_.listen_addresses = {address()};
  EXPECT_TRUE(server_->stop());  // closes first: the port lingers in TIME_WAIT
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, RemovesItsUnixSocketAtStop) {
  options_.listen_addresses = {"unix:" + path_};
  start();
  EXPECT_TRUE(exists(path_));
  EXPECT_TRUE(server_->stop());
  EXPECT_FALSE(exists(path_));
}

TEST_F(ListenersTest, LeavesTheSocketThatTookItsPlaceAtStop) {
  options_.listen_addresses = {"unix:" + path_};
  start();
  ::unlink(path_.c_str());
  const auto other = Server::start(options_, content_);
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
  options_.listen_addresses = {"unix:" + path_};
  start();
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ListenersTest, LeavesALiveUnixSocketToItsOwner) {
  options_.listen_addresses = {"unix:" + path_};
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
  start();
  const std::string taken = address();
  EXPECT_THAT(start_error({"unix:" + path_, taken}), EndsWith("address already in use"));
  EXPECT_FALSE(exists(path_));
}

}  // namespace
}  // namespace perf_exporter
