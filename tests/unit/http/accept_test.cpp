#include "http/accept.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

struct CodingCase {
  std::string header;
  ContentCoding expected;
};

class Coding : public testing::TestWithParam<CodingCase> {};

TEST_P(Coding, IsNegotiated) {
  EXPECT_EQ(negotiate_coding(GetParam().header), GetParam().expected) << GetParam().header;
}

constexpr auto kGzip = ContentCoding::gzip;
constexpr auto kIdentity = ContentCoding::identity;

INSTANTIATE_TEST_SUITE_P(
    Table, Coding,
    testing::Values(CodingCase{"", kIdentity}, CodingCase{"gzip", kGzip}, CodingCase{"GZip", kGzip},
                    CodingCase{"x-gzip", kGzip}, CodingCase{"deflate, gzip, br", kGzip},
                    CodingCase{"deflate, br", kIdentity}, CodingCase{"gzip;q=0", kIdentity},
                    CodingCase{"gzip;q=0.000", kIdentity}, CodingCase{"gzip;q=0.001", kGzip},
                    CodingCase{"gzip ; q=1.0", kGzip},
                    CodingCase{"gzip;q=0.5, identity", kIdentity},
                    CodingCase{"gzip;q=0.5, identity;q=0.4", kGzip},
                    CodingCase{"identity, gzip", kGzip}, CodingCase{"*", kGzip},
                    CodingCase{"*;q=0", kIdentity}, CodingCase{"gzip, *;q=0", kGzip},
                    CodingCase{"gzip;q=0, *", kIdentity}, CodingCase{"identity;q=0, *", kGzip},
                    CodingCase{"gzip;q=2", kIdentity}, CodingCase{"gzip;q=x", kIdentity},
                    CodingCase{"gzip;q=", kIdentity}, CodingCase{"gzip;q=0.1234", kIdentity},
                    CodingCase{"gzipped", kIdentity}, CodingCase{",, ,gzip", kGzip},
                    CodingCase{";;;=,", kIdentity}));

struct PageCase {
  std::string header;
  PageFormat expected;
};

class PageNegotiation : public testing::TestWithParam<PageCase> {};

TEST_P(PageNegotiation, PicksTheBestLiked) {
  EXPECT_EQ(
      negotiate_page(GetParam().header, {PageFormat::html, PageFormat::json, PageFormat::text}),
      GetParam().expected)
      << GetParam().header;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PageNegotiation,
    testing::Values(PageCase{"", PageFormat::html}, PageCase{"*/*", PageFormat::html},
                    PageCase{"application/json", PageFormat::json},
                    PageCase{"Application/JSON;charset=utf-8", PageFormat::json},
                    PageCase{"text/plain", PageFormat::text}, PageCase{"text/*", PageFormat::html},
                    PageCase{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                             PageFormat::html},
                    PageCase{"application/json, text/html;q=0.9", PageFormat::json},
                    PageCase{"text/html;q=0.3, application/*;q=0.4", PageFormat::json},
                    PageCase{"text/*, text/html;q=0, application/json;q=0.5", PageFormat::text},
                    PageCase{"image/png", PageFormat::html}));

}  // namespace
}  // namespace perf_exporter
