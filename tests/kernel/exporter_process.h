#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unit/http/http_client.h"

namespace perf_exporter {

// One answer in the text format.
class Page {
 public:
  explicit Page(std::string text);

  // The value of a series as the page writes it, `perf_cpu_cycles_total{cpu="0"}`; nothing where it
  // is absent. A long double holds every count below 2^64.
  [[nodiscard]] std::optional<long double> value(std::string_view series) const;

  // All series with their values.
  [[nodiscard]] const std::map<std::string_view, long double>& values() const { return values_; }

 private:
  std::unique_ptr<const std::string> text_;  // where it is does not change when a page is moved
  std::map<std::string_view, long double> values_;
};

// The exporter, started on a unix socket of its own as this process's user and on its CPUs, ended
// when this goes away. Its binary is named by the environment: PERF_EXPORTER. Where a test failed,
// its log is printed.
class ExporterProcess {
 public:
  // Returns once it is ready; throws where it does not come to that.
  explicit ExporterProcess(const std::vector<std::string>& arguments);
  ExporterProcess(const ExporterProcess&) = delete;
  ExporterProcess& operator=(const ExporterProcess&) = delete;
  ~ExporterProcess();

  // The answer to a scrape over one connection that is kept. It waits first until no reading before
  // can be shared, and leaves the parsing, which is counted too, to the caller.
  std::string scrape();

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  bool answers(const std::filesystem::path& socket);
  void wait_until_ready();
  [[nodiscard]] std::string log() const;
  void stop();

  std::filesystem::path directory_;
  pid_t pid_ = -1;
  std::optional<HttpClient> client_;
};

}  // namespace perf_exporter
