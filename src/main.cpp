#include "app/process_start.h"
#include "app/run.h"

int main(int argc, char** argv) {
  const perf_exporter::Inherited inherited = perf_exporter::enter_known_state();
  return perf_exporter::run(argc, argv, inherited);
}
