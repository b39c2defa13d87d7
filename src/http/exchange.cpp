#include "http/exchange.h"

#include <utility>

namespace perf_exporter {
namespace {

constexpr std::size_t kKept = 4;

}  // namespace

std::unique_ptr<Exchange> ExchangePool::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    free_.reserve(kKept);
    return std::make_unique<Exchange>();
  }
  std::unique_ptr<Exchange> exchange = std::move(free_.back());
  free_.pop_back();
  return exchange;
}

void ExchangePool::give_back(std::unique_ptr<Exchange> exchange) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kKept) {
    free_.push_back(std::move(exchange));
  }
}

}  // namespace perf_exporter
