// Clients that send nothing, half a request or read nothing must delay nobody else.
#include <thread>

#include "unit/http/server_fixture.h"

namespace perf_exporter {
namespace {

// Far below the timeouts that would let a request through without the guard (5 s and 120 s), and
// far above what a loaded machine needs.
constexpr Seconds kPromptly{3.0};
constexpr Seconds kStopped{2.0};

class SlowClientsTest : public ServerTest {
 protected:
  void add_half_open(int count, const std::string& bytes) {
    for (int i = 0; i < count; ++i) {
      clients_.emplace_back(address());
      clients_.back().send(bytes);
    }
  }

  void expect_prompt_answer() {
    HttpAnswer answer;
    EXPECT_LT(time_of([&] { answer = connect().get("/metrics"); }), kPromptly);
    EXPECT_EQ(answer.status, 200);
  }

  std::vector<HttpClient> clients_;
};

TEST_F(SlowClientsTest, SilentOnesDelayNobody) {
  start();
  add_half_open(200, "");
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, HalfRequestsDelayNobody) {
  start();
  add_half_open(200, "GET /metrics HTTP/1.1\r\nHost: x\r\n");
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, IdleKeptAliveOnesDelayNobody) {
  start();
  for (int i = 0; i < 100; ++i) {
    clients_.emplace_back(address());
    ASSERT_EQ(clients_.back().get("/-/healthy").status, 200) << i;
  }
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, SilentOnesOnAUnixSocketDelayNobody) {
  const std::string path = testing::TempDir() + "slow_clients.sock";
  options_.listen_addresses = {"unix:" + path};
  start();
  add_half_open(100, "");
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, ThoseThatWereServedAreKeptWhileOthersCanGo) {
  options_.max_requests = 8;  // 16 threads
  start();
  HttpClient scraper = connect();
  EXPECT_EQ(scraper.get("/metrics").status, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  add_half_open(40, "");
  expect_prompt_answer();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(scraper.get("/metrics").status, 200);
}

TEST_F(SlowClientsTest, ABodyThatNeverComesDelaysNobody) {
  options_.max_requests = 1;  // 9 threads
  start();
  add_half_open(30, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, StopDoesNotWaitForThem) {
  start();
  HttpClient idle = connect();
  EXPECT_EQ(idle.get("/metrics").status, 200);
  add_half_open(20, "");
  add_half_open(20, "GET /metr");
  EXPECT_LT(time_of([this] { server_->stop(); }), kStopped);
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(SlowClientsTest, StopDoesNotWaitForAReaderThatDoesNotRead) {
  content_.metrics = [](const ScrapeRequest&, std::string& body) { body.append(30000000, 'x'); };
  start();
  HttpClient client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(time_of([this] { server_->stop(); }), kStopped);
}

TEST_F(SlowClientsTest, StopFinishesTheRequestThatRuns) {
  Gate gate;
  content_.metrics = [&](const ScrapeRequest&, std::string& body) {
    gate.pass();
    body += "finished\n";
  };
  start();
  HttpClient client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.wait_for(1);
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    gate.open();
  });
  EXPECT_LT(time_of([this] { server_->stop(); }), kStopped);
  opener.join();
  EXPECT_EQ(client.receive().body, "finished\n");
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace perf_exporter
