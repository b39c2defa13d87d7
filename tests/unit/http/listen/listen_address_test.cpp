#include "http/listen/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

using Kind = ListenAddress::Kind;
using testing::HasSubstr;

struct Good {
  std::string text;
  Kind kind;
  std::string host;
  int port;
  std::string path;
};

class GoodAddress : public testing::TestWithParam<Good> {};

TEST_P(GoodAddress, IsRead) {
  const auto address = parse_listen_address(GetParam().text);
  ASSERT_TRUE(address) << address.error().what;
  EXPECT_EQ(address->kind, GetParam().kind);
  EXPECT_EQ(address->host, GetParam().host);
  EXPECT_EQ(address->port, GetParam().port);
  EXPECT_EQ(address->path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodAddress,
    testing::Values(Good{":10950", Kind::any, "", 10950, ""}, Good{":0", Kind::any, "", 0, ""},
                    Good{"[::]:10950", Kind::any, "::", 10950, ""},
                    Good{"127.0.0.1:65535", Kind::ipv4, "127.0.0.1", 65535, ""},
                    Good{"0.0.0.0:80", Kind::ipv4, "0.0.0.0", 80, ""},
                    Good{"[::1]:10950", Kind::ipv6, "::1", 10950, ""},
                    Good{"[fd00::a:1]:1", Kind::ipv6, "fd00::a:1", 1, ""},
                    Good{"[0:0::0]:1", Kind::any, "0:0::0", 1, ""},
                    Good{"[fe80::1%eth0.100]:1", Kind::ipv6, "fe80::1%eth0.100", 1, ""},
                    Good{"[fe80::1%2]:1", Kind::ipv6, "fe80::1%2", 1, ""},
                    Good{"localhost:10950", Kind::host_name, "localhost", 10950, ""},
                    Good{"node-1.example_x:9", Kind::host_name, "node-1.example_x", 9, ""},
                    Good{"unix:/run/k8s/a-b_c.sock", Kind::unix_path, "", 0,
                         "/run/k8s/a-b_c.sock"}));

struct Bad {
  std::string text;
  std::string reason;
};

class BadAddress : public testing::TestWithParam<Bad> {};

TEST_P(BadAddress, IsRefusedByNameAndReason) {
  const auto address = parse_listen_address(GetParam().text);
  ASSERT_FALSE(address);
  EXPECT_THAT(address.error().what, HasSubstr("'" + GetParam().text + "'"));
  EXPECT_THAT(address.error().what, HasSubstr(GetParam().reason));
  EXPECT_EQ(address.error().what.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadAddress,
    testing::Values(Bad{"", "no port"}, Bad{"10950", "no port"}, Bad{"localhost", "no port"},
                    Bad{":", "is no port"}, Bad{":65536", "is no port"}, Bad{":-1", "is no port"},
                    Bad{":10950x", "is no port"}, Bad{": 10950", "is no port"},
                    Bad{":http", "is no port"}, Bad{"::1:10950", "brackets"},
                    Bad{"[::1]", "is no port"}, Bad{"[::g]:1", "no IPv6 address"},
                    Bad{"[]:1", "no IPv6 address"}, Bad{"[fe80::1%]:1", "no IPv6 address"},
                    Bad{"[%lo]:1", "no IPv6 address"}, Bad{"[fe80::1%a/b]:1", "no IPv6 address"},
                    Bad{"[fe80::1%" + std::string(17, 'x') + "]:1", "no IPv6 address"},
                    Bad{"127.0.0.1%lo:1", "neither an address nor a host name"},
                    Bad{"[127.0.0.1]:1", "no IPv6 address"},
                    Bad{"256.0.0.1:1", "neither an address nor a host name"},
                    Bad{"1.2.3:1", "neither an address nor a host name"},
                    Bad{"a b:1", "neither an address nor a host name"},
                    Bad{"http://x:1", "brackets"}, Bad{"unix:", "starts with a slash"},
                    Bad{"unix:run/x", "starts with a slash"}, Bad{"unix:/run/a,b", "no comma"},
                    Bad{"unix:/run/a:b", "no comma"}, Bad{"unix:/run/a b", "white space"},
                    Bad{"unix:/" + std::string(107, 'x'), "longer than 107"}));

TEST(ListenAddress, TakesTheLongestUnixPath) {
  const std::string path = "/" + std::string(106, 'x');
  const auto address = parse_listen_address("unix:" + path);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->path, path);
}

}  // namespace
}  // namespace perf_exporter
