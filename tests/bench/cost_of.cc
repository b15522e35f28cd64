// Runs a command on one core and writes down what it cost. A process's peak memory begins with that
// of the process it was forked from; this one is small where a Python is not.
//
//   cost_of CORE REPORT COMMAND [ARGUMENT...]    SIGTERM is passed on
//
// REPORT gets: user seconds, system seconds, peak resident KiB, wait status.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

volatile sig_atomic_t child = 0;

void pass_on(int signal) {
  if (child > 0) ::kill(child, signal);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (argc >= 4) CPU_SET(static_cast<std::size_t>(std::atoi(argv[1])), &cores);
  if (argc < 4 || ::sched_setaffinity(0, sizeof cores, &cores) != 0) {
    std::fprintf(stderr, "cost_of: cannot: cost_of CORE REPORT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  ::signal(SIGTERM, pass_on);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::signal(SIGTERM, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execv(argv[3], argv + 3);
    std::perror(argv[3]);
    ::_exit(127);
  }
  child = pid;
  rusage usage{};
  int status = 0;
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  std::FILE* report = std::fopen(argv[2], "w");
  if (report == nullptr) return 2;
  std::fprintf(report, "%.6f %.6f %ld %d\n", seconds(usage.ru_utime), seconds(usage.ru_stime),
               usage.ru_maxrss, status);
  std::fclose(report);
  return 0;
}
