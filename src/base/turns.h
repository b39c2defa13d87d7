#pragma once

#include <algorithm>
#include <memory>
#include <vector>

namespace perf_exporter {

// Objects whose storage takes turns: one that nobody holds any more is handed out again, with all
// that it has grown to. There are never more of them than were held at once, and one.
template <class T>
class Turns {
 public:
  // One that nobody else holds; its content is that of its last turn. Callers exclude each other;
  // holders let go when they like.
  std::shared_ptr<T> take() {
    const auto free = std::find_if(all_.begin(), all_.end(),
                                   [](const auto& one) { return one.use_count() == 1; });
    if (free == all_.end()) {
      return all_.emplace_back(std::make_shared<T>());
    }
    // use_count() orders nothing. Letting go of a copy does: what its last holder has done comes
    // before what the next one does.
    std::shared_ptr<T>(*free).reset();
    return *free;
  }

  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  std::vector<std::shared_ptr<T>> all_;
};

}  // namespace perf_exporter
