#include "fakes/temp_host.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/unique_fd.h"

namespace perf_exporter {
namespace {

std::filesystem::path cpu_directory(int cpu) {
  return std::filesystem::path("devices/system/cpu") / ("cpu" + std::to_string(cpu));
}

}  // namespace

TempHost::TempHost(std::string_view online) {
  std::string name =
      (std::filesystem::temp_directory_path() / "perf-exporter-host-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  root_ = name;
  std::filesystem::create_directories(root_ / "sys/bus/event_source/devices");
  std::filesystem::create_directories(root_ / "proc");
  write_sys("kernel/uevent_seqnum", "1000\n");
  set_online(online);
}

TempHost::~TempHost() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

void TempHost::write_sys(const std::filesystem::path& path, std::string_view text) {
  write(root_ / "sys" / path, text);
}

void TempHost::write_proc(const std::filesystem::path& path, std::string_view text) {
  write(root_ / "proc" / path, text);
}

// A reader may come between the two calls: it sees the new text with an old rest, or all of it.
void TempHost::write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0) {
    throw std::system_error(errno, std::generic_category(), path);
  }
}

void TempHost::set_online(std::string_view list) {
  write_sys("devices/system/cpu/online", std::string(list) + "\n");
}

void TempHost::add_pmu(const std::string& name, std::uint32_t type, std::string_view cpus) {
  const auto directory = std::filesystem::path("bus/event_source/devices") / name;
  write_sys(directory / "type", std::to_string(type) + "\n");
  if (!cpus.empty()) {
    write_sys(directory / "cpus", std::string(cpus) + "\n");
  }
}

void TempHost::add_topology(int cpu, int core, int package, int die, int numa_node) {
  const auto directory = cpu_directory(cpu);
  write_sys(directory / "topology/core_id", std::to_string(core) + "\n");
  write_sys(directory / "topology/physical_package_id", std::to_string(package) + "\n");
  write_sys(directory / "topology/die_id", std::to_string(die) + "\n");
  std::filesystem::create_directories(root_ / "sys" / directory /
                                      ("node" + std::to_string(numa_node)));
}

}  // namespace perf_exporter
