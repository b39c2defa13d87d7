// A scrape allocates nothing. Counts what operator new is asked for in this
// test program.
#include <gtest/gtest.h>

#include <spdlog/sinks/null_sink.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "collectors/families/scrape.h"
#include "exposition/encoder.h"
#include "unit/collectors/counting/machine.h"
#include "unit/exposition/example_tables.h"

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

// Not inlined: g++ would see malloc and free through them and warn of pairs that do not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace perf_exporter {
namespace {

TEST(EncoderAllocation, NoneOnceTheBufferHasGrown) {
  const SampleTable table = testing_text::example_table();
  const InfoFamilies info = testing_text::example_info();
  const CollectorFilter all;
  Encoder encoder;
  std::string out;
  const auto write = [&](Format format) {
    out.clear();
    const std::size_t before = allocations;
    encoder.encode(table, info, format, all, out);
    return allocations - before;
  };
  EXPECT_GT(write(Format::text), 0U) << "the counter counts";
  write(Format::openmetrics);
  for (int scrape = 0; scrape < 100; ++scrape) {
    ASSERT_EQ(write(Format::text), 0U);
    ASSERT_EQ(write(Format::openmetrics), 0U);
  }
}

// From the reading to the text. Three turns, for the storage to grow that takes turns.
TEST(ScrapeAllocation, NoneOnceTheStorageHasGrown) {
  testing_machine::Machine machine;
  machine.open_cpus({CpuId{0}, CpuId{1}});
  Scrape scrape(
      machine.counters, {}, Aggregate::cpu, {"cycles", "software"},
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()),
      [] { return 0U; });
  Encoder encoder;
  std::string out;
  out.reserve(1 << 16);  // numbers grow
  const auto answer = [&] {
    testing_machine::let_the_reading_age();
    out.clear();
    const std::size_t before = allocations;
    const Scrape::Samples samples = scrape.take();
    encoder.encode(*samples.table, *samples.info, Format::text, {}, out);
    return allocations - before;
  };
  EXPECT_GT(answer(), 0U) << "the counter counts";
  answer();
  answer();
  const std::size_t reads = machine.kernel.reads();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(answer(), 0U) << i;
  }
  EXPECT_EQ(machine.kernel.reads() - reads, 400U) << "each is a reading of its own";
}

}  // namespace
}  // namespace perf_exporter
