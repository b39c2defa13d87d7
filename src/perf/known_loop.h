#pragma once

#include "base/count.h"

namespace perf_exporter {

// How many instructions the known loop is made to execute for a check, in user mode: some 0.1 to
// 0.5 ms on a real CPU.
inline constexpr RawCount kKnownLoopInstructions = 1'000'000;

// Whether this build has the loop: it is written for x86-64 and 64-bit Arm.
bool has_known_loop();

// Executes a loop of this many instructions, a multiple of four and not 0; the call and the loop's
// set-up add a handful. Does nothing where has_known_loop() is false.
void run_known_loop(RawCount instructions);

}  // namespace perf_exporter
