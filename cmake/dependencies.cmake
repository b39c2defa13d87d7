# The libraries, all from Debian's packages (scripts/packages.sh).
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBCAP REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(LIBISAL REQUIRED IMPORTED_TARGET libisal)
# By pkg-config, not by its CMake package: that one brings the pull and push libraries along, and with
# them the system's civetweb as the very target that cmake/civetweb.cmake defines.
pkg_check_modules(PROMETHEUS_CPP_CORE REQUIRED IMPORTED_TARGET prometheus-cpp-core)

find_path(LIBPFM_INCLUDE_DIR perfmon/pfmlib.h REQUIRED)
