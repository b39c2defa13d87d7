// Kernels for benchmarks, each wrapping another one.
#pragma once

#include <memory>

#include "base/count.h"
#include "host/cpu_list.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// Makes a few real CPUs stand for many: CPU n's events are opened on the real CPU at n modulo their
// number, so that as many real groups are read as a large machine would have.
class SpreadKernel final : public PerfKernel {
 public:
  // `kernel` must outlive this; `real` is not empty.
  SpreadKernel(PerfKernel& kernel, CpuList real);

  Result<UniqueFd> open(const OpenCall& call) override;
  [[nodiscard]] std::unique_ptr<OpenBatch> begin_opens() override { return kernel_.begin_opens(); }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

 private:
  PerfKernel& kernel_;
  CpuList real_;
};

// Adds up the time that reads take. For one thread.
class TimedKernel final : public PerfKernel {
 public:
  // `kernel` must outlive this.
  explicit TimedKernel(PerfKernel& kernel) : kernel_(kernel) {}

  Result<UniqueFd> open(const OpenCall& call) override;
  [[nodiscard]] std::unique_ptr<OpenBatch> begin_opens() override { return kernel_.begin_opens(); }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

  // Since the start, in ns. What the clock itself costs is in neither.
  [[nodiscard]] RawCount read_time() const { return read_time_; }
  [[nodiscard]] RawCount reads() const { return reads_; }

 private:
  PerfKernel& kernel_;
  RawCount read_time_ = 0;
  RawCount reads_ = 0;
};

}  // namespace perf_exporter
