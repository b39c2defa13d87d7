#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "unit/http/http_client.h"

namespace perf_exporter {

// A door that requests wait at until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// A server on a port of 127.0.0.1 with small pages.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.logger = std::make_shared<spdlog::logger>("silent");
    options_.collectors = {"cycles", "branch"};
    options_.disabled_collectors = {"cache"};
    content_.metrics = [](const ScrapeRequest&, std::string& body) { body += "up 1\n"; };
    content_.ready = [] { return Readiness{ReadyState::ready, "ready\n"}; };
    content_.probe = [](PageFormat) { return std::string("probe\n"); };
    content_.status_page = [] { return std::string("<p>status</p>\n"); };
    content_.version = [](PageFormat) { return std::string("0.1.0\n"); };
  }

  Result<std::unique_ptr<Server>> try_start() {
    auto listeners = Listeners::open(listen_addresses_);
    if (!listeners) {
      return tl::unexpected<Fault>(listeners.error());
    }
    return Server::start(std::move(*listeners), options_, content_);
  }

  void start() {
    auto server = try_start();
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(*server);
  }

  [[nodiscard]] std::string address(std::size_t index = 0) const {
    return server_->addresses().at(index);
  }

  [[nodiscard]] HttpClient connect(std::size_t index = 0) const {
    return HttpClient(address(index));
  }

  std::vector<std::string> listen_addresses_ = {"127.0.0.1:0"};
  ServerOptions options_;
  Content content_;
  std::unique_ptr<Server> server_;
};

using Seconds = std::chrono::duration<double>;

template <class Action>
Seconds time_of(Action action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - start;
}

}  // namespace perf_exporter
