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

  void keep_idle(int count) {
    for (int i = 0; i < count; ++i) {
      clients_.emplace_back(address());
      ASSERT_EQ(clients_.back().get("/-/healthy").status, 200) << i;
    }
  }

  std::vector<HttpClient> clients_;
};

// On a machine that lets the server have the least number of threads.
class FewThreadsTest : public SlowClientsTest {
 protected:
  FewThreadsTest() {
    options_.max_requests = 1;
    options_.spare_threads = 1;
  }
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
  keep_idle(100);
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, SilentOnesOnAUnixSocketDelayNobody) {
  const std::string path = testing::TempDir() + "slow_clients.sock";
  listen_addresses_ = {"unix:" + path};
  start();
  add_half_open(100, "");
  expect_prompt_answer();
}

TEST_F(SlowClientsTest, ThoseThatWereServedAreKeptWhileOthersCanGo) {
  options_.max_requests = 8;
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
  options_.max_requests = 1;
  start();
  add_half_open(30, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  expect_prompt_answer();
}

TEST_F(FewThreadsTest, IdleKeptAliveOnesDelayNobody) {
  start();
  keep_idle(12);
  expect_prompt_answer();
}

TEST_F(FewThreadsTest, IdleKeptAliveOnesOnAUnixSocketDelayNobody) {
  const std::string path = testing::TempDir() + "few_threads.sock";
  listen_addresses_ = {"unix:" + path};
  start();
  keep_idle(12);
  expect_prompt_answer();
}

TEST_F(FewThreadsTest, AsManyAsThereAreThreadsAreKept) {
  start();
  keep_idle(2);
  EXPECT_EQ(clients_[0].get("/-/healthy").status, 200);
  EXPECT_EQ(clients_[1].get("/-/healthy").status, 200);
}

TEST_F(FewThreadsTest, HalfOpenOnesDelayNobody) {
  start();
  add_half_open(20, "");
  add_half_open(20, "GET /metrics HTTP/1.1\r\nHost: x\r\n");
  add_half_open(4, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  expect_prompt_answer();
}

TEST_F(FewThreadsTest, AReaderThatDoesNotReadDelaysNobody) {
  content_.probe = [](PageFormat) { return std::string(30000000, 'x'); };
  start();
  HttpClient reader = connect();
  reader.send("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
  keep_idle(4);
  add_half_open(4, "GET /");
  expect_prompt_answer();
}

TEST_F(FewThreadsTest, MoreRequestsThanThreadsAreAllAnswered) {
  start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 30; ++i) {
    clients.emplace_back([this] { EXPECT_EQ(connect().get("/-/healthy").status, 200); });
  }
  for (std::thread& client : clients) {
    client.join();
  }
}

TEST_F(SlowClientsTest, StopDoesNotWaitForThem) {
  start();
  HttpClient idle = connect();
  EXPECT_EQ(idle.get("/metrics").status, 200);
  add_half_open(20, "");
  add_half_open(20, "GET /metr");
  EXPECT_LT(time_of([this] { EXPECT_TRUE(server_->stop()); }), kStopped);
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(SlowClientsTest, StopDoesNotWaitForAReaderThatDoesNotRead) {
  content_.metrics = [](const ScrapeRequest&, std::string& body) { body.append(30000000, 'x'); };
  start();
  HttpClient client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(time_of([this] { EXPECT_TRUE(server_->stop()); }), kStopped);
}

TEST_F(SlowClientsTest, StopTellsThatARequestDoesNotEnd) {
  Gate gate;
  content_.metrics = [&](const ScrapeRequest&, std::string&) { gate.pass(); };
  start();
  HttpClient client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.wait_for(1);
  EXPECT_FALSE(server_->stop());
  gate.open();
  EXPECT_TRUE(server_->stop());
}

// What the request's thread goes on with is there until it has ended.
TEST_F(SlowClientsTest, TheEndWaitsForARequestThatOutlastsTheStop) {
  Gate gate;
  content_.metrics = [&](const ScrapeRequest&, std::string& body) {
    gate.pass();
    body += "finished\n";
  };
  start();
  HttpClient client = connect();
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.wait_for(1);
  EXPECT_FALSE(server_->stop());
  std::thread opener([&] {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(1500));  // another stop's second, and more
    gate.open();
  });
  server_.reset();
  opener.join();
  EXPECT_TRUE(client.is_closed());
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
  EXPECT_LT(time_of([this] { EXPECT_TRUE(server_->stop()); }), kStopped);
  opener.join();
  EXPECT_EQ(client.receive().body, "finished\n");
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace perf_exporter
