#include "perf/known_loop.h"

namespace perf_exporter {
namespace {

// Four instructions a turn: the two in the middle leave the flags alone and keep the subtraction
// from being fused with the jump, so that no counter can take both for one.
[[maybe_unused]] constexpr RawCount kInstructionsOfATurn = 4;
static_assert(kKnownLoopInstructions % kInstructionsOfATurn == 0);

}  // namespace

// A turn of the loop, by the architecture's own instructions.
#if defined(__x86_64__)
#define PERF_EXPORTER_TURN     \
  "1: sub $1, %[turns]\n"      \
  "   lea 1(%[sum]), %[sum]\n" \
  "   lea 1(%[sum]), %[sum]\n" \
  "   jnz 1b\n"
#elif defined(__aarch64__)
#define PERF_EXPORTER_TURN           \
  "1: subs %[turns], %[turns], #1\n" \
  "   add %[sum], %[sum], #1\n"      \
  "   add %[sum], %[sum], #1\n"      \
  "   b.ne 1b\n"
#endif

#if defined(PERF_EXPORTER_TURN)

bool has_known_loop() {
  return true;
}

void run_known_loop(RawCount instructions) {
  RawCount turns = instructions / kInstructionsOfATurn;
  RawCount sum = 0;
  __asm__ volatile(PERF_EXPORTER_TURN : [turns] "+r"(turns), [sum] "+r"(sum) : : "cc");
}

#else

bool has_known_loop() {
  return false;
}

void run_known_loop(RawCount /*instructions*/) {}

#endif

}  // namespace perf_exporter
