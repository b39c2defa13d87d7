#include "app/process_start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace perf_exporter {
namespace {

constexpr mode_t kOwnerBits = S_IRWXU;

// The lowest number is free whenever open(2) is called here. Without /dev/null it is a descriptor
// that takes the place and fails with EBADF, as standard output does in any case: what is printed
// to a closed one has not arrived.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const int mode = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", mode | O_CLOEXEC) < 0) {
      (void)!::open("/", O_PATH | O_CLOEXEC);
    }
  }
}

// Those that may not be asked about (KILL, STOP, the C library's own two) count as not ignored.
sigset_t ignored_signals() {
  sigset_t ignored;
  ::sigemptyset(&ignored);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction current {};
    if (::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_IGN) {
      ::sigaddset(&ignored, number);
    }
  }
  return ignored;
}

}  // namespace

Inherited enter_known_state() {
  fill_standard_descriptors();
  Inherited inherited;
  inherited.ignored = ignored_signals();
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  inherited.umask = ::umask(0);
  ::umask(inherited.umask & ~kOwnerBits);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, &inherited.blocked);
  return inherited;
}

void restore_inherited(const Inherited& inherited, int signal) {
  ::signal(signal, ::sigismember(&inherited.ignored, signal) == 1 ? SIG_IGN : SIG_DFL);
}

void restore_inherited(const Inherited& inherited) {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    restore_inherited(inherited, number);
  }
  ::umask(inherited.umask);
  ::sigprocmask(SIG_SETMASK, &inherited.blocked, nullptr);
}

void ignore_stray_signals() {
  for (const int number :
       {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT}) {
    ::signal(number, SIG_IGN);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
    ::signal(number, SIG_IGN);
  }
}

}  // namespace perf_exporter
