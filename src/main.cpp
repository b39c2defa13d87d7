#include "app/run.h"

int main(int argc, char** argv) {
  return perf_exporter::run(argc, argv);
}
