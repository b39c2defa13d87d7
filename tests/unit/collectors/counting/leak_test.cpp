// Ten thousand scrapes: descriptors and heap stay as they are.
#include <gtest/gtest.h>
#include <malloc.h>
#include <spdlog/sinks/null_sink.h>

#include "collectors/families/scrape.h"
#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Of the sanitizers' run-time library; g++ installs no header for it.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace perf_exporter {
namespace {

using namespace testing_machine;

std::size_t heap_in_use() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return ::mallinfo2().uordblks;
#endif
}

// A millisecond apart, so that each scrape reads anew.
void scrape_often(Scrape& scrape, int scrapes) {
  for (int i = 0; i < scrapes; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(1000));
    const Scrape::Samples samples = scrape.take();
    ASSERT_FALSE(samples.table->values.empty());
    ASSERT_FALSE(samples.info->families.empty());
  }
}

TEST(Leak, TenThousandScrapesLeaveDescriptorsAndHeapAsTheyWere) {
  Machine machine;
  machine.open_cpus({CpuId{0}, CpuId{1}});
  Scrape scrape(
      machine.counters, machine.host.paths(), Aggregate::cpu, {"cycles", "software"},
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>()),
      [] { return 0U; });
  scrape_often(scrape, 100);
  const std::size_t descriptors = open_descriptors();
  const std::size_t heap = heap_in_use();
  const std::size_t reads = machine.kernel.reads();
  constexpr int kScrapes = 10'000;
  scrape_often(scrape, kScrapes);
  EXPECT_GT(machine.kernel.reads() - reads, std::size_t{kScrapes}) << "most were fresh readings";
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_LE(heap_in_use(), heap + 4096);
}

TEST(Leak, HotplugAndReopeningLeaveNoDescriptorBehind) {
  Machine machine;
  machine.open_cpus({CpuId{0}, CpuId{1}});
  const std::size_t descriptors = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    machine.counters.keep_only({CpuId{0}});
    machine.open_cpu(CpuId{1});
    machine.open_cpu(CpuId{0}, i % 2 == 0 ? Arrangement::apart : Arrangement::merged);
    machine.read();
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

}  // namespace
}  // namespace perf_exporter
