#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <string>

namespace perf_exporter {

// `path` is at most 107 bytes.
sockaddr_un make_unix_address(const std::string& path);

// Removes a unix socket that nobody listens on any more, and nothing else. 0 where the path is free
// then; EADDRINUSE where somebody answers, EEXIST for another kind of file, or the errno of what
// fails.
int remove_stale_socket(const std::string& path);

// The file of a unix socket that this process has bound. Removes it at its end, unless another has
// been put in its place meanwhile. Move-only.
class UnixSocketFile {
 public:
  UnixSocketFile() = default;
  explicit UnixSocketFile(std::string path);
  ~UnixSocketFile();
  UnixSocketFile(UnixSocketFile&& other) noexcept;
  UnixSocketFile& operator=(UnixSocketFile&& other) noexcept;

  // As at its end. Returns the errno of what fails, 0 where nothing of this process is left.
  int remove();

 private:
  std::string path_;  // empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace perf_exporter
