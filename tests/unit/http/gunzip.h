#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace perf_exporter {

// What gzip(1) makes of the bytes: a decoder by others. "not gzip" where it refuses them.
inline std::string gunzip(std::string_view bytes) {
  std::string path = "/tmp/gunzip_test.XXXXXX";
  const int fd = ::mkstemp(path.data());
  const bool written =
      ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  ::close(fd);
  std::FILE* pipe = ::popen(("gzip -dc < " + path + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> chunk{};
  std::size_t size = 0;
  while ((size = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0) {
    text.append(chunk.data(), size);
  }
  const bool good = ::pclose(pipe) == 0;
  ::unlink(path.c_str());
  return written && good ? text : "not gzip";
}

}  // namespace perf_exporter
