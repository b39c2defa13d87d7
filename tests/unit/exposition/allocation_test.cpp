// The second scrape of a layout allocates nothing. Counts what operator new is asked for in this
// test program.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "exposition/encoder.h"
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

}  // namespace
}  // namespace perf_exporter
