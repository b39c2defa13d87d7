#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/listen/listen_candidates.h"
#include "http/listen/unix_socket.h"

namespace perf_exporter {

// A socket that connections are accepted from. It does not block, and what it accepts inherits
// SO_KEEPALIVE and TCP_NODELAY. A unix socket's file goes with it.
struct Listener {
  UniqueFd fd;
  SocketAddress address;  // as bound: with the port that the kernel chose where 0 was asked for
  std::string name;  // the same as listen addresses are written: "127.0.0.1:80", "[::]:80" (all
                     // of IPv6), ":80" (all of both families), "unix:/path"
  UnixSocketFile file;
};

// The sockets for the listen addresses, and what could not be had.
class Listeners {
 public:
  // Listens on the addresses, as --web.listen-address takes them (http/listen/listen_address.h);
  // those for all addresses come first. What another one covers needs no socket of its own: the
  // same address given twice, 127.0.0.1:80 beside :80. [::]:80 means IPv6 alone beside 0.0.0.0:80.
  // A unix socket that nobody answers on is replaced; one that is in use, and any other file, is
  // left alone. Of a host name's addresses those are missing that are taken; that the machine lacks
  // one, such as ::1 where IPv6 is off, is normal.
  //
  // A fault where one is malformed, where there are none, or where none can be had; it names each
  // with the reason: a port in use, an address that this machine lacks, no permission.
  static Result<Listeners> open(const std::vector<std::string>& addresses);

  // They stay where they are in memory.
  [[nodiscard]] const std::deque<Listener>& all() const { return listeners_; }

  // What could not be had, each as "cannot listen on ADDRESS: REASON".
  [[nodiscard]] std::vector<std::string> missing() const;

  // Tries those again. Returns how many listeners have come, at the end of all(). A host name whose
  // look-up failed after more than a second is not looked up any more: this takes no longer.
  std::size_t try_again();

  // Closes all, and removes the files of the unix sockets. What can't be removed is named, with the
  // reason: "/path: permission denied".
  std::vector<std::string> close();

 private:
  struct Wanted {
    std::string given;
    ListenAddress address;
    Fault fault;           // of the last time
    int first_error = -1;  // errno of the first time; -1 before that
    bool is_given_up = false;
  };

  // False where it has to be tried again; `wanted.fault` says why.
  bool listen_on(Wanted& wanted);
  // Nothing where it is served from then on.
  std::optional<Fault> serve(ListenCandidate& candidate);
  static bool note(Wanted& wanted, Fault fault);
  [[nodiscard]] bool is_covered(const ListenCandidate& candidate) const;

  std::deque<Listener> listeners_;
  std::vector<Wanted> missing_;
  std::vector<std::uint16_t> apart_;  // ports of 0.0.0.0, where [::] is for IPv6 alone
};

}  // namespace perf_exporter
