#include "app/address_watch.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

TEST(AddressWatch, NamesUrlsThatCanBeOpened) {
  EXPECT_EQ(url_of("127.0.0.1:80"), "http://127.0.0.1:80");
  EXPECT_EQ(url_of(":80"), "http://127.0.0.1:80");
  EXPECT_EQ(url_of("0.0.0.0:80"), "http://127.0.0.1:80");
  EXPECT_EQ(url_of("[::]:80"), "http://[::1]:80");
  EXPECT_EQ(url_of("[fd00::1]:80"), "http://[fd00::1]:80");
  EXPECT_EQ(url_of("[fe80::1%eth0]:80"), "http://[fe80::1%25eth0]:80");
  EXPECT_EQ(url_of("unix:/run/%x"), "unix:/run/%x");
}

TEST(AddressWatch, NamesTheSockets) {
  EXPECT_EQ(sockets_of(":80"), "[::]:80 and 0.0.0.0:80");
  EXPECT_EQ(sockets_of("[::]:80"), "[::]:80");
  EXPECT_EQ(sockets_of("unix:/run/x"), "unix:/run/x");
}

}  // namespace
}  // namespace perf_exporter
