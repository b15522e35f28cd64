#include "daemon/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace apierrd {

namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double boot_time_unix_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string key; file >> key;) {
    double value = 0;
    if (key == "btime" && file >> value) return value;
    file.ignore(65536, '\n');
  }
  return 0;
}

}  // namespace

std::string read_boot_id() { return first_line("/proc/sys/kernel/random/boot_id"); }

void use_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptors_for_logs() {
  constexpr std::size_t kReserve = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return SIZE_MAX;
  const std::size_t all = limit.rlim_cur;
  return all - std::min(all / 2, kReserve);
}

ProcessStats read_process_stats() {
  ProcessStats stats;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  double virtual_pages = 0, resident_pages = 0;
  if (std::istringstream(first_line("/proc/self/statm")) >> virtual_pages >> resident_pages) {
    stats.virtual_memory_bytes = virtual_pages * page;
    stats.resident_memory_bytes = resident_pages * page;
  }
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++stats.open_fds;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<double>(limit.rlim_cur);
  // Field 22, counted behind the command name, which may hold blanks and brackets.
  const std::string stat = first_line("/proc/self/stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string field;
  for (int i = 3; i <= 22 && fields >> field; ++i) {
    if (i != 22) continue;
    static const double boot_time = boot_time_unix_seconds();
    stats.start_time_unix_seconds =
        boot_time + std::stod(field) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return stats;
}

}  // namespace apierrd
