#pragma once

#include <sys/un.h>

#include <string>

namespace perf_exporter {

// `path` is at most 107 bytes.
sockaddr_un make_unix_address(const std::string& path);

// Removes a unix socket that nobody listens on any more, and nothing else. 0 where the path is free
// then; EADDRINUSE where somebody answers, EEXIST for another kind of file, or the errno of what
// fails.
int remove_stale_socket(const std::string& path);

}  // namespace perf_exporter
