#pragma once

#include <cstdint>

namespace perf_exporter {

// What one turn of the loop retires: a subtraction and a branch.
inline constexpr std::uint64_t kInstructionsPerTurn = 2;

// Retires `instructions`, an even number above 0, in user mode; the call and the return come on
// top.
inline void retire(std::uint64_t instructions) {
  std::uint64_t turns = instructions / kInstructionsPerTurn;
#if defined(__aarch64__)
  asm volatile("0: subs %0, %0, #1\n\tb.ne 0b" : "+r"(turns) : : "cc");
#elif defined(__x86_64__)
  asm volatile("0: subq $1, %0\n\tjnz 0b" : "+r"(turns) : : "cc");
#else
#error "the loop has to be written for this architecture"
#endif
}

}  // namespace perf_exporter
