#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/gzip.h"

namespace perf_exporter {

// The buffers that one request and its answer need. They keep their capacity when they are reused.
struct Exchange {
  std::string body;
  std::string head;
  GzipCompressor gzip;
};

// Lends exchanges out, the last one given back first, so that as many are in use as requests are
// answered at once. Of those given back only a few are kept: a burst must not pin its memory.
class ExchangePool {
 public:
  std::unique_ptr<Exchange> take();
  void give_back(std::unique_ptr<Exchange> exchange);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Exchange>> free_;
};

// At most `limit` at once, beside those that are lost; 0 or less: no limit.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(int limit) : limit_(limit) {}

  // Held while one is running; false where the limit was reached. So many of those that run are
  // `lost`: they may never end.
  class Permit {
   public:
    Permit(ConcurrencyLimit& limit, std::size_t lost)
        : limit_(limit),
          granted_(limit.running_.fetch_add(1) < limit.limit_ + static_cast<int>(lost) ||
                   limit.limit_ <= 0) {}
    ~Permit() { limit_.running_.fetch_sub(1); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    [[nodiscard]] bool granted() const { return granted_; }

   private:
    ConcurrencyLimit& limit_;
    bool granted_;
  };

 private:
  int limit_;
  std::atomic<int> running_{0};
};

}  // namespace perf_exporter
