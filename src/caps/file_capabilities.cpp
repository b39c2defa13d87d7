#include "caps/file_capabilities.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "caps/libcap.h"

namespace perf_exporter {

std::optional<FileCapabilities> read_file_capabilities(const std::filesystem::path& file) {
  const UniqueCapabilities found(::cap_get_file(file.c_str()));
  if (found == nullptr) {
    return errno == ENODATA || errno == EOPNOTSUPP ? std::optional(FileCapabilities{})
                                                   : std::nullopt;
  }
  return FileCapabilities{true, take_mask(found, CAP_PERMITTED), take_mask(found, CAP_INHERITABLE),
                          take_mask(found, CAP_EFFECTIVE) != 0, ::cap_get_nsowner(found.get())};
}

std::optional<bool> is_on_nosuid_mount(const std::filesystem::path& file) {
  struct statvfs mount {};
  if (::statvfs(file.c_str(), &mount) != 0) {
    return std::nullopt;
  }
  return (mount.f_flag & ST_NOSUID) != 0;
}

}  // namespace perf_exporter
