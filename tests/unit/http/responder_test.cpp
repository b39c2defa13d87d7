#include "http/responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/http/gunzip.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Content make_content() {
  Content content;
  content.metrics = [](const ScrapeRequest& scrape, std::string& body) {
    body += scrape.representation.format == Format::openmetrics ? "# EOF\n" : "up 1\n";
  };
  content.ready = [] { return Readiness{ReadyState::ready, "all can count\n"}; };
  content.probe = [](PageFormat format) {
    return std::string(format == PageFormat::json ? "{}" : "<p>probe</p>");
  };
  content.status_page = [] { return std::string("<p>status</p>"); };
  content.version = [](PageFormat) { return std::string("0.1.0\n"); };
  return content;
}

class ResponderTest : public testing::Test {
 protected:
  std::string answer(HttpRequest request, Connection connection = Connection::keep_alive) {
    Responder responder(*Routes::create("/metrics", {{"cycles"}, {}}), content_, 1,
                        std::make_shared<spdlog::logger>("silent"));
    return std::string(responder.answer(request, connection, exchange_));
  }

  static HttpRequest get(std::string_view path) { return {"GET", path, "", "", ""}; }

  Content content_ = make_content();
  Exchange exchange_;
};

TEST_F(ResponderTest, WritesMetricsWithTheirHead) {
  EXPECT_EQ(answer(get("/metrics")),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 5\r\n"
            "Vary: Accept, Accept-Encoding\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: keep-alive\r\n"
            "\r\n"
            "up 1\n");
}

TEST_F(ResponderTest, WritesOpenMetricsWhenAskedFor) {
  HttpRequest request = get("/metrics");
  request.accept = "application/openmetrics-text";
  EXPECT_THAT(answer(request),
              AllOf(HasSubstr("Content-Type: application/openmetrics-text"), HasSubstr("# EOF")));
}

TEST_F(ResponderTest, HeadHasTheLengthButNoBody) {
  HttpRequest request = get("/metrics");
  const std::string whole = answer(request);
  request.method = "HEAD";
  EXPECT_EQ(answer(request) + "up 1\n", whole);
}

TEST_F(ResponderTest, SaysThatTheConnectionIsClosed) {
  EXPECT_THAT(answer(get("/metrics"), Connection::close), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(ResponderTest, ServesThePages) {
  EXPECT_THAT(answer(get("/-/healthy")), StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain"));
  EXPECT_THAT(answer(get("/-/ready")),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\nall can count\n")));
  EXPECT_THAT(answer(get("/")), AllOf(HasSubstr("text/html"), HasSubstr("<p>status</p>")));
  EXPECT_THAT(answer(get("/probe")), AllOf(HasSubstr("text/html"), HasSubstr("<p>probe</p>")));
  HttpRequest json = get("/probe");
  json.accept = "application/json";
  EXPECT_THAT(answer(json), AllOf(HasSubstr("application/json"), HasSubstr("\r\n\r\n{}")));
  EXPECT_THAT(answer(get("/version")), HasSubstr("\r\n\r\n0.1.0\n"));
}

TEST_F(ResponderTest, HtmlAloneCarriesAContentPolicy) {
  EXPECT_THAT(answer(get("/")), HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_THAT(answer(get("/metrics")), Not(HasSubstr("Content-Security-Policy")));
}

TEST_F(ResponderTest, IsNotReadyWhileItStarts) {
  content_.ready = [] { return Readiness{ReadyState::starting, "opening\n"}; };
  EXPECT_THAT(answer(get("/-/ready")),
              AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                    HasSubstr("\r\nRetry-After: 1\r\n"), HasSubstr("\r\n\r\nopening\n")));
}

TEST_F(ResponderTest, RefusesInPlainText) {
  EXPECT_THAT(answer(get("/nothing")),
              AllOf(StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain"),
                    HasSubstr("/metrics\n")));
  EXPECT_THAT(answer({"POST", "/metrics", "", "", ""}),
              AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"),
                    HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  EXPECT_THAT(answer({"GET", "/metrics", "collect[]=cycels", "", ""}),
              AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"), HasSubstr("did you mean cycles?")));
}

TEST_F(ResponderTest, QuotesNothingThatSteersATerminal) {
  EXPECT_THAT(answer({"GET", "/metrics", "collect[]=a%1b%0a%ff", "", ""}),
              ::testing::EndsWith("unknown collector 'a\uFFFD\uFFFD\uFFFD'\n"));
}

TEST_F(ResponderTest, CompressesWhatIsLargeEnough) {
  const std::string text(5000, 'x');
  content_.metrics = [&](const ScrapeRequest&, std::string& body) { body += text; };
  HttpRequest request = get("/metrics");
  request.accept_encoding = "gzip";
  const std::string compressed = answer(request);
  EXPECT_THAT(compressed, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
  const std::string payload = compressed.substr(compressed.find("\r\n\r\n") + 4);
  EXPECT_THAT(compressed, HasSubstr("\r\nContent-Length: " + std::to_string(payload.size())));
  EXPECT_EQ(gunzip(payload), text);
  request.accept_encoding = "identity";
  EXPECT_THAT(answer(request), AllOf(Not(HasSubstr("Content-Encoding")), HasSubstr(text)));
}

TEST_F(ResponderTest, LeavesWhatIsTinyAsItIs) {
  HttpRequest request = get("/metrics");
  request.accept_encoding = "gzip";
  EXPECT_THAT(answer(request), AllOf(Not(HasSubstr("Content-Encoding")), HasSubstr("up 1\n")));
}

TEST_F(ResponderTest, AnExceptionBecomesA500WithoutWhatWasWritten) {
  content_.metrics = [](const ScrapeRequest&, std::string& body) {
    body += "half a family";
    throw std::runtime_error("broken");
  };
  content_.probe = [](PageFormat) -> std::string { throw 1; };
  EXPECT_THAT(answer(get("/metrics")), AllOf(StartsWith("HTTP/1.1 500 Internal Server Error\r\n"),
                                             Not(HasSubstr("half")), Not(HasSubstr("broken"))));
  EXPECT_THAT(answer(get("/probe")), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ResponderTest, KeepsItsBuffersFromOneAnswerToTheNext) {
  const std::string text(100000, 'x');
  content_.metrics = [&](const ScrapeRequest&, std::string& body) { body += text; };
  answer(get("/metrics"));
  const char* first = exchange_.body.data();
  answer(get("/metrics"));
  EXPECT_EQ(exchange_.body.data(), first);
}

TEST(ConcurrencyLimit, GrantsAsManyAsAllowedAtOnce) {
  ConcurrencyLimit limit(2);
  const ConcurrencyLimit::Permit first(limit, 0);
  {
    const ConcurrencyLimit::Permit second(limit, 0);
    const ConcurrencyLimit::Permit third(limit, 0);
    EXPECT_TRUE(first.granted());
    EXPECT_TRUE(second.granted());
    EXPECT_FALSE(third.granted());
  }
  EXPECT_TRUE(ConcurrencyLimit::Permit(limit, 0).granted());
}

TEST(ConcurrencyLimit, ThoseThatAreLostDoNotCount) {
  ConcurrencyLimit limit(1);
  const ConcurrencyLimit::Permit lost(limit, 0);
  EXPECT_FALSE(ConcurrencyLimit::Permit(limit, 0).granted());
  const ConcurrencyLimit::Permit second(limit, 1);
  EXPECT_TRUE(second.granted());
  EXPECT_FALSE(ConcurrencyLimit::Permit(limit, 1).granted());
}

TEST(ConcurrencyLimit, ZeroMeansNoLimit) {
  ConcurrencyLimit limit(0);
  const ConcurrencyLimit::Permit first(limit, 0);
  EXPECT_TRUE(first.granted());
  EXPECT_TRUE(ConcurrencyLimit::Permit(limit, 0).granted());
}

TEST(ExchangePool, LendsTheLastReturnedFirst) {
  ExchangePool pool;
  auto first = pool.take();
  auto second = pool.take();
  const Exchange* last = second.get();
  pool.give_back(std::move(first));
  pool.give_back(std::move(second));
  EXPECT_EQ(pool.take().get(), last);
}

}  // namespace
}  // namespace perf_exporter
