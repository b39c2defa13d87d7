// What can fail returns Result<T>; exceptions come from third parties only and are caught at the
// edge.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace perf_exporter {

// Why something failed. `code` is an errno value, or 0 where no system call was involved. `what` is
// one sentence fragment without a trailing period that names the input or the object and the
// reason.
struct Fault {
  int code = 0;
  std::string what;

  bool operator==(const Fault&) const = default;
};

template <class T>
using Result = tl::expected<T, Fault>;

// A failed Result: `return fault("cannot read " + path, errno);`
inline tl::unexpected<Fault> fault(std::string what, int code = 0) {
  return tl::unexpected<Fault>(Fault{code, std::move(what)});
}

}  // namespace perf_exporter
