#pragma once

#include <cstdint>
#include <map>

namespace perf_exporter {

// Lets something about a key happen once a minute at most. It remembers the keys of the last minute
// alone. Times are CLOCK_MONOTONIC in ns.
template <class Key>
class OnceAMinute {
 public:
  // Whether it may happen now; it is then taken to happen.
  [[nodiscard]] bool admits(const Key& key, std::uint64_t now) {
    std::erase_if(last_, [now](const auto& entry) { return now - entry.second >= kMinute; });
    return last_.emplace(key, now).second;
  }

 private:
  static constexpr std::uint64_t kMinute = 60'000'000'000;

  std::map<Key, std::uint64_t> last_;
};

}  // namespace perf_exporter
