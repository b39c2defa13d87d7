#include "http/server.h"

#include <dirent.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "unit/http/gunzip.h"
#include "unit/http/server_fixture.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ServerTest, ServesEveryPage) {
  start();
  for (const Page page : kPages) {
    const std::string path(to_text(page));
    const HttpAnswer answer = connect().get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_FALSE(answer.body.empty()) << path;
  }
}

TEST_F(ServerTest, HeadHasNoBody) {
  start();
  HttpClient client = connect();
  const HttpAnswer head = client.request("HEAD", "/metrics");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "5");
  EXPECT_EQ(client.get("/metrics").body, "up 1\n");
}

TEST_F(ServerTest, RefusesMethodsPathsAndNames) {
  start();
  HttpClient client = connect();
  const HttpAnswer post = client.request("POST", "/metrics", "Content-Length: 0\r\n");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.header("Allow"), "GET, HEAD");
  EXPECT_EQ(client.request("DELETE", "/metrics").status, 405);
  EXPECT_EQ(client.get("/nothing").status, 404);
  EXPECT_EQ(client.get("/metrics?collect%5B%5D=cycels").status, 400);
  EXPECT_EQ(client.get("/metrics?collect[]=cache").status, 400);
  EXPECT_EQ(client.get("/metrics?collect[]=cycles&exclude[]=branch").status, 400);
  EXPECT_EQ(client.get("/metrics?collect[]=cycles").status, 200);
}

TEST_F(ServerTest, AnswersInATypeThatWasOffered) {
  start();
  HttpClient client = connect();
  for (const auto* type :
       {"application/openmetrics-text; version=0.0.1",
        "application/openmetrics-text; version=1.0.0", "text/plain; version=0.0.4"}) {
    const std::string accept = "Accept: " + std::string(type) + "\r\n";
    EXPECT_EQ(client.get("/metrics", accept).header("Content-Type"),
              std::string(type) + "; charset=utf-8");
  }
}

TEST_F(ServerTest, PassesTheFilterOn) {
  std::atomic<bool> filtered{false};
  content_.metrics = [&](const ScrapeRequest& scrape, std::string&) {
    filtered = scrape.filter.collect == std::vector<std::string>{"branch"};
  };
  start();
  EXPECT_EQ(connect().get("/metrics?collect%5B%5D=branch").status, 200);
  EXPECT_TRUE(filtered);
}

TEST_F(ServerTest, KeepsTheConnectionForPipelinedRequests) {
  start();
  HttpClient client = connect();
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(request + request + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + request);
  for (const int status : {200, 200, 404, 200}) {
    const HttpAnswer answer = client.receive();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("Connection"), "keep-alive");
  }
}

TEST_F(ServerTest, ClosesTheConnectionWhereTheClientWantsIt) {
  start();
  HttpClient asked = connect();
  EXPECT_EQ(asked.get("/metrics", "Connection: close\r\n").header("Connection"), "close");
  EXPECT_TRUE(asked.is_closed());
  HttpClient old = connect();
  old.send("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().header("Connection"), "close");
  EXPECT_TRUE(old.is_closed());
}

TEST_F(ServerTest, IgnoresRequestBodies) {
  start();
  HttpClient with_length = connect();
  const HttpAnswer answer =
      with_length.request("POST", "/metrics", "Content-Length: 20000\r\n", std::string(20000, 'x'));
  EXPECT_EQ(answer.status, 405);
  EXPECT_TRUE(with_length.is_closed());
  HttpClient chunked = connect();
  EXPECT_EQ(
      chunked.request("GET", "/metrics", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")
          .status,
      200);
  EXPECT_TRUE(chunked.is_closed());
  HttpClient promised = connect();
  EXPECT_EQ(promised.request("PUT", "/metrics", "Content-Length: 99999999999\r\n").status, 405);
  EXPECT_TRUE(promised.is_closed());
}

TEST_F(ServerTest, AnExceptionBecomesA500AndTheServerGoesOn) {
  content_.metrics = [](const ScrapeRequest&, std::string&) { throw std::runtime_error("broken"); };
  start();
  HttpClient client = connect();
  EXPECT_EQ(client.get("/metrics").status, 500);
  EXPECT_EQ(client.get("/-/healthy").status, 200);
}

TEST_F(ServerTest, CompressesAndSendsLargeBodiesWhole) {
  std::string text;
  for (int i = 0; text.size() < 4000000; ++i) {
    text += "perf_cpu_cycles_total{cpu=\"" + std::to_string(i) + "\"} 1\n";
  }
  content_.metrics = [&](const ScrapeRequest&, std::string& body) { body += text; };
  start();
  HttpClient client = connect();
  EXPECT_TRUE(client.get("/metrics").body == text);
  const HttpAnswer answer = client.get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  EXPECT_TRUE(gunzip(answer.body) == text);
}

TEST_F(ServerTest, MoreRequestsForMetricsThanAllowedGet503) {
  Gate gate;
  content_.metrics = [&](const ScrapeRequest&, std::string& body) {
    gate.pass();
    body += "late\n";
  };
  options_.max_requests = 2;
  start();
  std::vector<std::thread> slow;
  for (int i = 0; i < 2; ++i) {
    slow.emplace_back([this] { EXPECT_EQ(connect().get("/metrics").body, "late\n"); });
  }
  gate.wait_for(2);
  const HttpAnswer refused = connect().get("/metrics");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(connect().get("/-/healthy").status, 200);
  gate.open();
  for (std::thread& client : slow) {
    client.join();
  }
  EXPECT_EQ(connect().get("/metrics").status, 200);
}

TEST_F(ServerTest, NamesItsThreads) {
  content_.status_page = [] {
    std::string name(16, '\0');
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    return std::string(name.c_str());
  };
  start();
  EXPECT_EQ(connect().get("/").body, "http-worker");
}

std::size_t count_workers() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    count += name == "http-worker" ? 1 : 0;
  }
  return count;
}

// And stays there for a few looks: threads that only hold room have the same name for a moment.
bool comes_to_workers(std::size_t number) {
  constexpr int kLooks = 5;
  int in_a_row = 0;
  for (int i = 0; i < 1000 && in_a_row < kLooks; ++i) {
    in_a_row = count_workers() == number ? in_a_row + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return in_a_row == kLooks;
}

TEST_F(ServerTest, ThreadsComeWithConnectionsAndGoWithThem) {
  start();
  EXPECT_TRUE(comes_to_workers(2));
  {
    std::vector<HttpClient> clients;
    for (int i = 0; i < 6; ++i) {
      clients.push_back(connect());
      EXPECT_EQ(clients.back().get("/metrics").status, 200);
    }
    EXPECT_TRUE(comes_to_workers(6));
    for (HttpClient& client : clients) {
      EXPECT_EQ(client.get("/metrics").status, 200);
    }
  }
  EXPECT_TRUE(comes_to_workers(2));
}

// Not to a logger of its own, which would write elsewhere and in another format.
// One worker of two is held up. The other comes and goes beside the thread that accepts when it is
// away: whoever gets a connection, none is left waiting beside it.
TEST_F(ServerTest, EachOfManyConnectionsIsServedByTheOneWhoIsFree) {
  constexpr int kConnections = 3000;
  Gate gate;
  content_.metrics = [&](const ScrapeRequest&, std::string& body) {
    gate.pass();
    body += "up 1\n";
  };
  options_.max_requests = 1;
  options_.spare_threads = 1;
  start();
  auto held = std::async(std::launch::async, [this] { return connect().get("/metrics").status; });
  gate.wait_for(1);
  int answered = 0;
  for (int i = 0; i < kConnections && answered == i; ++i) {
    answered += connect().get("/-/healthy").status == 200 ? 1 : 0;
  }
  EXPECT_EQ(answered, kConnections);
  gate.open();
  EXPECT_EQ(held.get(), 200);
}

TEST_F(ServerTest, TellsItsLoggerWhatGoesWrong) {
  std::ostringstream log;
  options_.logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  content_.metrics = [](const ScrapeRequest&, std::string&) {
    throw std::runtime_error("out of ink");
  };
  start();
  EXPECT_EQ(connect().get("/metrics").status, 500);
  EXPECT_TRUE(server_->stop());
  EXPECT_THAT(log.str(), HasSubstr("out of ink"));
}

TEST_F(ServerTest, RefusesOptionsThatMakeNoSense) {
  options_.telemetry_path = "metrics";
  EXPECT_THAT(try_start().error().what, HasSubstr("'metrics'"));
  options_.telemetry_path = "/metrics";
  options_.max_requests = -1;
  EXPECT_THAT(try_start().error().what, HasSubstr("-1"));
  options_.max_requests = 100000;
  EXPECT_THAT(try_start().error().what, HasSubstr("100000"));
}

TEST_F(ServerTest, ServesItsMetricsWhereToldTo) {
  options_.telemetry_path = "/";
  start();
  EXPECT_EQ(connect().get("/").body, "up 1\n");
  EXPECT_EQ(connect().get("/metrics").status, 404);
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) {
    ++count;
  }
  ::closedir(directory);
  return count;
}

TEST_F(ServerTest, LeavesNoDescriptorBehind) {
  start();
  EXPECT_TRUE(server_->stop());  // what is opened once for all is open now
  const std::size_t before = count_descriptors();
  for (int i = 0; i < 3; ++i) {
    start();
    EXPECT_EQ(connect().get("/metrics").status, 200);
    EXPECT_TRUE(server_->stop());
  }
  EXPECT_EQ(count_descriptors(), before);
}

}  // namespace
}  // namespace perf_exporter
