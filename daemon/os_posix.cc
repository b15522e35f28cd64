#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "daemon/os.h"

namespace apierrd {

namespace {

FileInfo info_from(const struct stat& status) {
  return {{status.st_dev, status.st_ino},
          static_cast<std::uint64_t>(status.st_size),
          S_ISREG(status.st_mode)};
}

class PosixFile : public OpenFile {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    while (true) {
      const ssize_t count =
          ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return environment_error("cannot read", path_, errno_text(errno));
    }
  }

  Result<FileInfo> info() override {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) {
      return environment_error("cannot stat", path_, errno_text(errno));
    }
    return info_from(status);
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

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<std::unique_ptr<OpenFile>> PosixFileSystem::open(const std::string& path) {
  // O_NONBLOCK: a fifo that matches a pattern must not hold us up; it is refused as not regular.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return environment_error("cannot open", path, errno_text(errno));
  return std::unique_ptr<OpenFile>(std::make_unique<PosixFile>(fd, path));
}

Result<std::optional<FileInfo>> PosixFileSystem::info(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return std::optional(info_from(status));
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
  return environment_error("cannot stat", path, errno_text(errno));
}

std::vector<std::string> PosixFileSystem::glob(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
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
    const Result<std::size_t> count =
        (*file)->read_at(before, std::span(text).subspan(before));
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
