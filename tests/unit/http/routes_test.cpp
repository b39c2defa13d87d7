#include "http/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "http/query.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Routes make_routes(const std::string& telemetry_path = "/metrics") {
  auto routes = Routes::create(telemetry_path, {{"cycles", "branch", "software"}, {"cache"}});
  EXPECT_TRUE(routes);
  return *routes;
}

HttpRequest get(std::string_view path, std::string_view query = "", std::string_view accept = "") {
  return {"GET", path, query, accept, ""};
}

TEST(Routes, FindsEveryPage) {
  const Routes routes = make_routes();
  EXPECT_EQ(routes.find(get("/metrics"))->page, Page::metrics);
  EXPECT_EQ(routes.find(get("/-/healthy"))->page, Page::healthy);
  EXPECT_EQ(routes.find(get("/-/ready"))->page, Page::ready);
  EXPECT_EQ(routes.find(get("/"))->page, Page::status);
  EXPECT_EQ(routes.find(get("/probe"))->page, Page::probe);
  EXPECT_EQ(routes.find(get("/version"))->page, Page::version);
}

TEST(Routes, StandInTheListsOfPages) {
  for (const auto& [name, quote] :
       {std::pair("README.md", '`'), {"tests/seccomp/served.py", '"'}}) {
    std::ifstream file(std::string(FIXTURES "/../../") + name);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const Page page : kPages) {
      EXPECT_THAT(text, HasSubstr(quote + std::string(to_text(page)) + quote)) << name;
    }
  }
}

TEST(Routes, KnowsNoOtherPath) {
  const Routes routes = make_routes();
  for (const auto* path : {"/metric", "/metrics/", "/Metrics", "/-/", "", "//", "/probe/x"}) {
    const auto route = routes.find(get(path));
    ASSERT_FALSE(route) << path;
    EXPECT_EQ(route.error().status, 404) << path;
  }
}

TEST(Routes, TakesGetAndHeadAlone) {
  const Routes routes = make_routes();
  EXPECT_TRUE(routes.find({"HEAD", "/metrics", "", "", ""}));
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get"}) {
    EXPECT_EQ(routes.find({method, "/metrics", "", "", ""}).error().status, 405) << method;
    EXPECT_EQ(routes.find({method, "/-/ready", "", "", ""}).error().status, 405) << method;
    EXPECT_EQ(routes.find({method, "/nothing", "", "", ""}).error().status, 404) << method;
  }
}

TEST(Routes, MetricsMoveWithTheTelemetryPath) {
  const Routes routes = make_routes("/perf/metrics");
  EXPECT_EQ(routes.find(get("/perf/metrics"))->page, Page::metrics);
  EXPECT_EQ(routes.find(get("/metrics")).error().status, 404);
}

TEST(Routes, StatusPageGivesWayToMetricsAtTheRoot) {
  const Routes routes = make_routes("/");
  EXPECT_EQ(routes.find(get("/"))->page, Page::metrics);
  EXPECT_EQ(routes.find(get("/probe"))->page, Page::probe);
}

TEST(Routes, RefusesATelemetryPathThatCanNotBeServed) {
  for (const auto* path :
       {"", "metrics", "/-/ready", "/probe", "/a b", "/a?b", "/a%20b", "/\xc3\xa4"}) {
    const auto routes = Routes::create(path, {});
    ASSERT_FALSE(routes) << path;
    EXPECT_THAT(routes.error().what, HasSubstr(std::string("'") + path + "'"));
  }
}

TEST(Routes, MetricsFormatIsNegotiated) {
  const Routes routes = make_routes();
  const auto format_for = [&](std::string_view accept) {
    return routes.find(get("/metrics", "", accept))->scrape.representation.format;
  };
  EXPECT_EQ(format_for(""), Format::text);
  EXPECT_EQ(format_for("application/openmetrics-text;version=1.0.0"), Format::openmetrics);
}

TEST(Routes, PageFormatIsNegotiated) {
  const Routes routes = make_routes();
  EXPECT_EQ(routes.find(get("/probe"))->format, PageFormat::html);
  EXPECT_EQ(routes.find(get("/probe", "", "application/json"))->format, PageFormat::json);
  EXPECT_EQ(routes.find(get("/probe", "", "text/plain"))->format, PageFormat::text);
  EXPECT_EQ(routes.find(get("/version"))->format, PageFormat::text);
  EXPECT_EQ(routes.find(get("/version", "", "application/json"))->format, PageFormat::json);
  EXPECT_EQ(routes.find(get("/", "", "application/json"))->format, PageFormat::html);
  EXPECT_EQ(routes.find(get("/-/ready", "", "text/html"))->format, PageFormat::text);
}

TEST(Routes, CollectAndExcludeAreRead) {
  const Routes routes = make_routes();
  const auto all = routes.find(get("/metrics", "x=1&collect=cycles"))->scrape.filter;
  EXPECT_THAT(all.collect, IsEmpty());
  EXPECT_THAT(all.exclude, IsEmpty());
  EXPECT_THAT(
      routes.find(get("/metrics", "collect[]=cycles&collect[]=branch"))->scrape.filter.collect,
      ElementsAre("cycles", "branch"));
  EXPECT_THAT(routes.find(get("/metrics", "collect%5B%5D=cycles&a=b"))->scrape.filter.collect,
              ElementsAre("cycles"));
  EXPECT_THAT(routes.find(get("/metrics", "exclude%5b%5d=cyc%6Ces"))->scrape.filter.exclude,
              ElementsAre("cycles"));
  EXPECT_THAT(routes.find(get("/metrics", "exclude[]=cache"))->scrape.filter.exclude,
              ElementsAre("cache"));
}

TEST(Routes, CollectAndExcludeAreCheckedForMetricsAlone) {
  EXPECT_TRUE(make_routes().find(get("/-/healthy", "collect[]=nothing")));
}

struct BadQuery {
  std::string query;
  std::string reason;
};

class BadFilter : public testing::TestWithParam<BadQuery> {};

TEST_P(BadFilter, IsRefusedWithTheReason) {
  const Routes routes = make_routes();
  const auto route = routes.find(get("/metrics", GetParam().query));
  ASSERT_FALSE(route);
  EXPECT_EQ(route.error().status, 400);
  EXPECT_THAT(route.error().text, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadFilter,
    testing::Values(BadQuery{"collect[]=cycles&exclude[]=branch", "can't be combined"},
                    BadQuery{"collect[]=cycels",
                             "unknown collector 'cycels' (did you mean cycles?)"},
                    BadQuery{"exclude[]=cach", "unknown collector 'cach' (did you mean cache?)"},
                    BadQuery{"collect[]=cycles&collect[]=zzzzzzzz", "unknown collector 'zzzzzzzz'"},
                    BadQuery{"collect[]=", "unknown collector ''"},
                    BadQuery{"collect[]", "unknown collector ''"},
                    BadQuery{"collect[]=cache", "collector 'cache' is disabled"}));

TEST(Routes, BoundsTheUri) {
  const Routes routes = make_routes();
  EXPECT_TRUE(routes.find(get("/metrics", std::string(8192 - 8, 'x'))));
  EXPECT_EQ(routes.find(get("/metrics", std::string(8192 - 7, 'x'))).error().status, 414);
}

TEST(Query, Decodes) {
  EXPECT_EQ(decode_form("a%20b+c"), "a b c");
  EXPECT_EQ(decode_form("%"), "%");
  EXPECT_EQ(decode_form("%4"), "%4");
  EXPECT_EQ(decode_form("%zz%4g"), "%zz%4g");
  EXPECT_EQ(decode_form("%41%"), "A%");
  EXPECT_EQ(decode_form("%-1"), "%-1");
}

TEST(Query, FindsValuesInOrder) {
  EXPECT_THAT(query_values("a=1&b=2&a=3&aa=4&a", "a"), ElementsAre("1", "3", ""));
  EXPECT_THAT(query_values("&&=&a==&", "a"), ElementsAre("="));
  EXPECT_THAT(query_values("", "a"), IsEmpty());
}

}  // namespace
}  // namespace perf_exporter
