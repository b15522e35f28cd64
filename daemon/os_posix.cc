#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "daemon/compressed_file.h"
#include "daemon/os.h"

namespace apierrd {

namespace {

std::int64_t nanoseconds_of(const statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Of the open file `fd`, or of `path` with links followed. Returns errno, 0 if all is well.
int read_info(int fd, const char* path, FileInfo& info) {
  struct statx status {};
  const int flags = *path == '\0' ? AT_EMPTY_PATH : 0;
  if (::statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return errno;
  info.id = {std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor, status.stx_ino};
  info.size = status.stx_size;
  info.modified_ns = nanoseconds_of(status.stx_mtime);
  info.born_ns = status.stx_mask & STATX_BTIME ? nanoseconds_of(status.stx_btime) : 0;
  info.regular = S_ISREG(status.stx_mode);
  return 0;
}

// glob(3) takes what it cannot see for absent, so it looks through these, which note why.
thread_local int glob_errno = 0;

int noted(int result) {
  const bool absent = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP ||
                      errno == ENAMETOOLONG;
  if (result < 0 && !absent) glob_errno = errno;
  return result;
}

void* glob_opendir(const char* path) {
  DIR* const folder = ::opendir(path);
  noted(folder == nullptr ? -1 : 0);
  return folder;
}

struct dirent* glob_readdir(void* folder) {
  errno = 0;
  struct dirent* const entry = ::readdir(static_cast<DIR*>(folder));
  noted(entry == nullptr && errno != 0 ? -1 : 0);
  return entry;
}

class PosixFile : public OpenFile {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    while (true) {
      const ssize_t count = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return environment_error("cannot read", path_, errno_text(errno));
    }
  }

  Result<FileInfo> info() override {
    FileInfo info;
    const int error = read_info(fd_, "", info);
    if (error != 0) return environment_error("cannot stat", path_, errno_text(error));
    return info;
  }

  Result<std::uint64_t> data_from(std::uint64_t offset) override {
    const off_t found = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
    if (found >= 0) return static_cast<std::uint64_t>(found);
    if (errno != ENXIO) return offset;  // not a file system that knows; then all of it is read
    const Result<FileInfo> end = info();
    if (!end) return end.error();
    return std::max(offset, end->size);
  }

 private:
  int fd_;
  std::string path_;
};

template <class ClockType>
std::int64_t nanoseconds_of(typename ClockType::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::size_t usable_cores() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;  // more than a set can hold
  return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&cores)));
}

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<std::unique_ptr<OpenFile>> PosixFileSystem::open(const std::string& path) {
  // O_NONBLOCK: a fifo that matches a pattern must not hold us up; it is refused as not regular.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return environment_error("cannot open", path, errno_text(errno));
  auto file = std::make_unique<PosixFile>(fd, path);
  if (is_compressed_name(path)) return unpacked(std::move(file), fd, path);
  return std::unique_ptr<OpenFile>(std::move(file));
}

Result<std::optional<FileInfo>> PosixFileSystem::info(const std::string& path) {
  FileInfo info;
  const int error = read_info(AT_FDCWD, path.c_str(), info);
  if (error == 0) return std::optional(info);
  if (error == ENOENT || error == ENOTDIR) return std::optional<FileInfo>();
  return environment_error("cannot stat", path, errno_text(error));
}

bool PosixFileSystem::gives_hints(const std::string& path) {
  struct statx status {};
  const int failed = ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status);
  const bool mounted = status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
  return failed == 0 && S_ISREG(status.stx_mode) && !mounted;
}

Result<std::vector<std::string>> PosixFileSystem::glob(const std::string& pattern) {
  glob_t found{};
  found.gl_opendir = glob_opendir;
  found.gl_readdir = glob_readdir;
  found.gl_closedir = [](void* folder) { ::closedir(static_cast<DIR*>(folder)); };
  found.gl_stat = [](const char* path, struct stat* info) { return noted(::stat(path, info)); };
  found.gl_lstat = [](const char* path, struct stat* info) { return noted(::lstat(path, info)); };
  glob_errno = 0;
  const int result = ::glob(pattern.c_str(), GLOB_ALTDIRFUNC, nullptr, &found);
  std::vector<std::string> paths;
  if (result == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (result == GLOB_NOSPACE) glob_errno = ENOMEM;
  if (glob_errno != 0) return environment_error("cannot list", pattern, errno_text(glob_errno));
  return paths;
}

std::int64_t SystemClock::unix_ns() {
  return nanoseconds_of<std::chrono::system_clock>(std::chrono::system_clock::now());
}

std::int64_t SystemClock::monotonic_ns() {
  return nanoseconds_of<std::chrono::steady_clock>(std::chrono::steady_clock::now());
}

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
  PosixFileSystem files;
  Result<std::unique_ptr<OpenFile>> file = files.open(path);
  if (!file) return file.error();
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + 65536);
    const Result<std::size_t> count = (*file)->read_at(before, std::span(text).subspan(before));
    if (!count) return count.error();
    text.resize(before + *count);
    if (*count == 0) return text;
    if (text.size() > bytes_max) {
      return invalid_error("file is too large", path,
                           "at most " + std::to_string(bytes_max) + " bytes are read");
    }
  }
}

}  // namespace apierrd
