// A session behind a server, over HTTP, on a scripted kernel of which a read never returns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "app/commands/content.h"
#include "app/log.h"
#include "app/session.h"
#include "fakes/fake_perf_kernel.h"
#include "fakes/hanging_calls.h"
#include "fakes/temp_host.h"
#include "http/server.h"
#include "unit/collectors/counting/machine.h"
#include "unit/http/http_client.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;
using testing::Not;

// Far more than what it takes: for busy machines.
constexpr auto kAtMost = std::chrono::seconds(60);

std::string series_of(int cpu) {
  return "perf_cpu_page_faults_total{cpu=\"" + std::to_string(cpu) + "\"}";
}

class HangingServiceTest : public testing::Test {
 protected:
  HangingServiceTest() {
    host_.write_sys("kernel/uevent_seqnum", "1\n");
    kernel_.count({}, testing_machine::fast_clock);
    options_.paths = host_.paths();
    options_.collectors = {"software"};
    kernel_.set_before_read([this](int fd) {
      if (hangs_on_ >= 0 && kernel_.cpu_of(fd) == hangs_on_) {
        reads_.hang();
      }
    });
  }
  ~HangingServiceTest() override {
    hangs_on_ = -1;
    reads_.let_go();
    for (std::thread& client : clients_) {
      client.join();
    }
    server_.reset();
    becomes_true([this] { return session_ == nullptr || session_->reader().left_behind() == 0; });
  }

  void start(int max_requests) {
    session_ = Session::create(options_, kernel_, SideCalls{}, log_, [this] { ++passes_; }).value();
    ASSERT_TRUE(session_->start());
    ServerOptions server;
    server.max_requests = max_requests;
    server.collectors = options_.collectors;
    server.logger = log_.logger();
    server_ = Server::start(Listeners::open({"127.0.0.1:0", "unix:" + socket_}).value(), server,
                            content_of(options_, *session_))
                  .value();
    session_->begin();
    ASSERT_TRUE(becomes_true([this] { return get("/-/ready").status == 200; }));
  }

  [[nodiscard]] HttpAnswer get(const std::string& path) const {
    return HttpClient(server_->addresses().front()).get(path);
  }
  [[nodiscard]] HttpAnswer scrape() const {
    std::this_thread::sleep_for(std::chrono::microseconds(1200));  // else it shares a reading
    return get("/metrics");
  }
  // A client whose scrape hangs on the CPU.
  void lose_a_scrape(int cpu) {
    hangs_on_ = cpu;
    const std::size_t before = reads_.begun();
    clients_.emplace_back([this] { (void)scrape(); });
    reads_.wait_for(before + 1);
  }

  template <class Condition>
  static bool becomes_true(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kAtMost;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  TempHost host_{"0-2"};
  FakePerfKernel kernel_;
  HangingCalls reads_;
  std::atomic<int> hangs_on_ = -1;
  Options options_;
  Log log_{LogLevel::error, LogStyle{}};
  std::atomic<int> passes_ = 0;
  const std::string socket_ =
      testing::TempDir() + "hanging-" + std::to_string(::getpid()) + ".sock";
  std::unique_ptr<Session> session_;
  std::unique_ptr<Server> server_;
  std::vector<std::thread> clients_;
};

// With a permit for a single scrape, which the lost one holds.
TEST_F(HangingServiceTest, LaterScrapesAreAnsweredWithoutTheCpu) {
  start(1);
  EXPECT_THAT(scrape().body, HasSubstr(series_of(1)));
  lose_a_scrape(1);
  ASSERT_TRUE(becomes_true([this] { return scrape().status == 200; }));
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = scrape();
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(series_of(0)));
    EXPECT_THAT(answer.body, Not(HasSubstr(series_of(1))));
    EXPECT_THAT(answer.body, HasSubstr(series_of(2)));
  }
  EXPECT_EQ(reads_.begun(), 1U) << "nobody reads it again";
}

TEST_F(HangingServiceTest, AFindingNamesTheCpuAndPagesAndPublishingGoOn) {
  start(2);
  lose_a_scrape(1);
  ASSERT_TRUE(becomes_true([this] {
    session_->look_for_silence();
    return get("/probe").body.find("kernel_does_not_answer") != std::string::npos;
  }));
  for (const char* page : {"/", "/probe", "/-/ready", "/-/healthy"}) {
    EXPECT_EQ(get(page).status, 200) << page;
  }
  EXPECT_THAT(get("/-/ready").body, HasSubstr("events of CPU 1 has not returned"));
  EXPECT_THAT(scrape().body, HasSubstr("finding=\"kernel_does_not_answer\""));
  const int before = passes_;
  session_->look_again();
  EXPECT_TRUE(becomes_true([&] { return passes_ > before; }));
  EXPECT_THAT(get("/-/ready").body, HasSubstr("kernel_does_not_answer"));

  reads_.let_go();
  hangs_on_ = -1;
  EXPECT_TRUE(becomes_true([this] {
    session_->look_for_silence();
    return get("/-/ready").body.find("kernel_does_not_answer") == std::string::npos;
  }));
  EXPECT_THAT(scrape().body, HasSubstr(series_of(1)));
}

// The one request that meets the hang is answered, too, and takes no thread from those that serve.
TEST_F(HangingServiceTest, ThePageThatMeetsAHangIsAnswered) {
  start(1);
  EXPECT_THAT(scrape().body, HasSubstr(series_of(1)));
  hangs_on_ = 1;
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // until the page wants a reading
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(reads_.begun(), 1U);
  EXPECT_EQ(session_->reader().left_behind(), 1U);
  EXPECT_EQ(scrape().status, 200);
  EXPECT_FALSE(session_->stop()) << "that thread is left behind";
}

TEST_F(HangingServiceTest, LostScrapesOnTwoCpusLeaveThePages) {
  start(1);
  lose_a_scrape(1);
  ASSERT_TRUE(becomes_true([this] { return scrape().status == 200; }));
  lose_a_scrape(2);
  ASSERT_TRUE(becomes_true([this] { return scrape().status == 200; }));
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = scrape();
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, Not(HasSubstr("perf_cpu_page_faults_total{")));
    EXPECT_EQ(get("/").status, 200);
  }
}

TEST_F(HangingServiceTest, AStopClosesTheSocketsAndLeavesTheThreadBehind) {
  start(2);
  lose_a_scrape(1);
  auto stopped = std::async(std::launch::async, [this] {
    const bool all_answered = server_->stop();
    return session_->stop() && all_answered;
  });
  ASSERT_EQ(stopped.wait_for(kAtMost), std::future_status::ready);
  EXPECT_FALSE(stopped.get());
  EXPECT_EQ(::access(socket_.c_str(), F_OK), -1);
  EXPECT_THROW((void)get("/-/healthy"), std::runtime_error);
}

// A hook that takes its time, as a log may, holds up nobody, and is not called beside itself.
TEST_F(HangingServiceTest, TheHookIsCalledWithoutALock) {
  HangingCalls hook;
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;
  std::vector<std::size_t> findings;
  session_ = Session::create(options_, kernel_, SideCalls{}, log_, [&] {
               most_at_once = std::max<int>(most_at_once, ++at_once);
               findings.push_back(session_->newest_report().get().value().findings.size());
               hook.hang();
               --at_once;
               ++passes_;
             }).value();
  ASSERT_TRUE(session_->start());
  session_->begin();
  hook.wait_for(1);
  hangs_on_ = 1;
  clients_.emplace_back([this] {
    std::string body;
    session_->scrape(Format::text, {}, body);
  });
  ASSERT_TRUE(becomes_true([this] { return session_->counters().hangs(CpuId{1}); }));
  auto looked = std::async(std::launch::async, [this] { session_->look_for_silence(); });
  EXPECT_EQ(looked.wait_for(kAtMost / 4), std::future_status::ready);
  hook.let_go();
  EXPECT_TRUE(becomes_true([this] { return passes_ >= 2; }));
  EXPECT_EQ(most_at_once, 1);
  EXPECT_TRUE(session_->stop());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1], findings[0] + 1) << "the newest is told last";
}

}  // namespace
}  // namespace perf_exporter
