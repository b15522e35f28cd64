#include "daemon/compressed_file.h"

#include <algorithm>
#include <vector>

#include "daemon/input_stream.h"

namespace apierrd {

namespace {

// Text before the last read that is kept, for a look at what stands before an offset.
constexpr std::size_t kLookBackBytes = 64U << 10;
constexpr std::size_t kChunkBytes = 256U << 10;

class UnpackedFile : public OpenFile {
 public:
  UnpackedFile(std::unique_ptr<OpenFile> stored, int fd, std::string path)
      : stored_(std::move(stored)), fd_(fd), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (!stream_ || offset < window_start_) {
      if (auto failed = begin()) return *failed;
    }
    const std::uint64_t end = offset + into.size();
    while (window_start_ + window_.size() < end) {
      const Result<bool> more = decode();
      if (!more) return more.error();
      if (!*more) break;
      forget_before(offset - std::min<std::uint64_t>(offset, kLookBackBytes));
    }
    const std::uint64_t have = window_start_ + window_.size();
    if (have <= offset) return std::size_t{0};
    const std::size_t count = std::min<std::uint64_t>(into.size(), have - offset);
    std::copy_n(window_.data() + (offset - window_start_), count, into.data());
    return count;
  }

  Result<FileInfo> info() override {
    Result<FileInfo> info = stored_->info();
    if (!info) return info;
    if (!text_bytes_) {
      if (auto failed = begin()) return *failed;
      while (true) {
        const Result<bool> more = decode();
        if (!more) return more.error();
        if (!*more) break;
        forget_before(window_start_ + window_.size());
      }
      text_bytes_ = window_start_ + window_.size();
    }
    info->size = *text_bytes_;
    return info;
  }

 private:
  std::optional<Error> begin() {
    // By descriptor: the file may have another name by now, or none.
    Result<std::unique_ptr<InputStream>> stream =
        open_input("/proc/self/fd/" + std::to_string(fd_));
    if (!stream) return environment_error(stream.error().what, path_, stream.error().hint);
    stream_ = *std::move(stream);
    window_.clear();
    window_start_ = 0;
    return {};
  }

  Result<bool> decode() {
    const std::size_t before = window_.size();
    window_.resize(before + kChunkBytes);
    const Result<std::size_t> count = stream_->read(std::span(window_).subspan(before));
    window_.resize(before + (count ? *count : 0));
    if (!count) {
      stream_.reset();
      return environment_error(count.error().what, path_, count.error().hint);
    }
    return *count > 0;
  }

  void forget_before(std::uint64_t offset) {
    if (offset <= window_start_ + kLookBackBytes) return;
    const std::uint64_t unneeded = std::min<std::uint64_t>(offset - window_start_, window_.size());
    window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(unneeded));
    window_start_ += unneeded;
  }

  std::unique_ptr<OpenFile> stored_;
  int fd_;
  std::string path_;
  std::unique_ptr<InputStream> stream_;
  std::vector<char> window_;  ///< decoded text around the last read
  std::uint64_t window_start_ = 0;
  std::optional<std::uint64_t> text_bytes_;
};

}  // namespace

bool is_compressed_name(std::string_view path) {
  return path.ends_with(".gz") || path.ends_with(".zst");
}

std::unique_ptr<OpenFile> unpacked(std::unique_ptr<OpenFile> stored, int fd, std::string path) {
  return std::make_unique<UnpackedFile>(std::move(stored), fd, std::move(path));
}

}  // namespace apierrd
