#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "host/cpu_list.h"
#include "host/host_paths.h"

namespace perf_exporter {

// What the kernel's lists tell where something lies over `online` (lxcfs in a container, a bind
// mount) and names other CPUs than are online. Nothing is masked where `told` is empty.
struct OnlineMask {
  CpuList told;     // by the file `online`
  CpuList known;    // by `present` and `possible`
  CpuList offline;  // by the file `offline`

  [[nodiscard]] bool is_there() const { return !told.empty(); }
  // Online, and not named.
  [[nodiscard]] CpuList hidden() const { return subtract(subtract(known, offline), told); }
  bool operator==(const OnlineMask&) const = default;
};

// Which CPUs are online now, cheap enough to ask at every scrape: the file
// devices/system/cpu/online is kept open and parsed only when its text has changed.
//
// Every CPU that there can be is in `online` or in `offline` (drivers/base/cpu.c). Where one is in
// neither, or in both, or in `online` alone, something lies over `online`, and the CPUs of
// `present` and `possible` that are not `offline` are what is online. A file of another file system
// than sysfs is compared with `offline` at every look. A copy shares the descriptors and is apart
// in all else: threads may use one each.
class OnlineCpus {
 public:
  // A fault where the file can't be opened, read whole or understood.
  static Result<OnlineCpus> open(const HostPaths& paths);

  // Reads the file again; the list as it is now. Where that fails the last known list stands.
  const CpuList& refresh();

  // As of the newest look.
  [[nodiscard]] const OnlineMask& mask() const { return mask_; }

 private:
  // A list that is kept open; `text` is the newest.
  struct File {
    std::shared_ptr<const UniqueFd> fd;
    std::string buffer = {};  // longer than any text so far, so that one call reads it
    std::string text = {};

    // Whether the text is another one than before.
    Result<bool> read();
  };

  OnlineCpus(std::filesystem::path folder, File online, File offline);
  // The list that the newest texts make; nothing where they make no sense.
  [[nodiscard]] Result<CpuList> judge();
  [[nodiscard]] OnlineMask find_mask(const CpuList& told);

  std::filesystem::path folder_;
  File online_;
  File offline_;
  bool is_kernels_own_ = true;  // `online` is a file of sysfs
  CpuList cpus_;
  OnlineMask mask_;
};

// Whether a device may have come or gone, a CPU among them, by the number that the kernel gives to
// each such event: /sys/kernel/uevent_seqnum. It tells without a look at the devices, so that
// nothing is woken to find that nothing has changed.
class DeviceEvents {
 public:
  explicit DeviceEvents(const HostPaths& paths);

  // Whether there were any since the call before, or since this was made; true, too, where the
  // number can't be read.
  bool any();

 private:
  std::filesystem::path path_;
  std::string number_;
};

// Which CPUs the user wants counted: --cpus.
struct CpuChoice {
  enum class Kind { online, housekeeping, list };
  Kind kind = Kind::online;
  CpuList list;  // of Kind::list
};

// Reads a --cpus value: "online", "housekeeping" or a CPU list.
Result<CpuChoice> parse_cpu_choice(std::string_view text);

// The CPUs to count on, of those online. Housekeeping CPUs are those that are neither isolated nor
// nohz_full (devices/system/cpu/isolated, nohz_full).
CpuList choose_cpus(const CpuChoice& choice, const CpuList& online, const HostPaths& paths);

}  // namespace perf_exporter
