# Thin: everything is done by scripts/ and CMake's presets.
.DEFAULT_GOAL := help
.PHONY: help run test test-scenarios test-vm test-hardware test-package test-k8s test-image image seccomp-record seccomp-run lint format bench golden docs chart dashboards deb clean

JOBS := $(shell nproc)

help: ## This list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 22

run: ## Build and serve on 127.0.0.1:10950; ARGS="--collector cycles" adds flags
	@scripts/run.sh $(ARGS)

test: ## All tests: image, release, asan-ubsan, tsan, two virtual machines, the lint; PRESETS="release" for fewer
	@scripts/test.sh $(PRESETS)

test-scenarios: ## The scoreboard: what the probe finds in real situations, as root
	@scripts/test.sh scenarios

test-vm: ## The tests in virtual machines with all of Debian's kernels; writes the table in docs/testing.md
	@scripts/test.sh vm-all

test-image: ## The image for both architectures: what it holds, its file capabilities, a run by runc; needs root
	@scripts/test.sh image

test-hardware: ## The truth tests on this machine's own PMU, as root
	@scripts/test-hardware.sh

lint: ## clang-format and clang-tidy
	@scripts/install-packages.sh build test lint
	@cmake --preset release -DPERF_EXPORTER_TESTS=ON > /dev/null
	@scripts/lint.sh

format: ## Lay out all sources as clang-format wants them
	@scripts/install-packages.sh lint
	@find src tests cmake -name '*.cpp' -o -name '*.h' -o -name '*.c' | xargs clang-format -i

bench: ## Side by side with the floor and node_exporter, and the micro-benchmarks
	@scripts/install-packages.sh build bench test
	@tests/bench/run.sh

golden: ## Write the expected outputs anew; look at the difference before you commit it
	@scripts/install-packages.sh build test
	@cmake --preset release -DPERF_EXPORTER_TESTS=ON > /dev/null
	@cmake --build --preset release --parallel $(JOBS)
	@UPDATE_GOLDEN=1 ctest --preset release --tests-regex '[Gg]olden'

docs: ## Write docs/metrics.md, the man page and the completions anew from the tables in the code
	@scripts/install-packages.sh build test
	@cmake --preset release -DPERF_EXPORTER_TESTS=ON > /dev/null
	@cmake --build --preset release --parallel $(JOBS) --target regenerate

deb: ## The Debian package, in build/package
	@scripts/package.sh

test-package: ## Install the package on a machine that runs systemd, in a container; needs root
	@scripts/package.sh test

test-k8s: ## The chart and the image on a real Kubernetes, built from Debian's source the first time; needs root
	@scripts/test-kubernetes.sh

image: ## The image, an OCI archive in build/image; needs root; ARCHITECTURE=arm64 for the other
	@scripts/image.sh $(ARCHITECTURE)

chart: ## Write the chart's README.md and values.schema.json anew from its values and the program's flags
	@scripts/install-packages.sh build test chart
	@cmake --preset release -DPERF_EXPORTER_TESTS=ON > /dev/null
	@cmake --build --preset release --parallel $(JOBS) --target perf-exporter > /dev/null
	@/usr/bin/python3 -B deploy/helm/generate.py build/release/perf-exporter

dashboards: ## Write the Grafana dashboards anew from their TypeScript
	@scripts/install-packages.sh grafana
	@scripts/fetch-grafana-sdk.sh > /dev/null
	@scripts/dashboards.sh

seccomp-record: ## Record the program's system calls in all modes, and write the profile in deploy/seccomp anew; as root
	@scripts/seccomp.sh record

seccomp-run: ## Run it behind the profile and name what that lacks, all modes or ARGS="probe --need"; as root
	@scripts/seccomp.sh run $(ARGS)

clean: ## Remove everything built
	@rm -rf build
