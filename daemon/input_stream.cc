#include "daemon/input_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "daemon/os.h"

namespace apierrd {

namespace {

constexpr std::size_t kChunkBytes = 256U << 10;

// The stored bytes, as they are; the beginning can be looked at before it is read.
class RawStream : public InputStream {
 public:
  RawStream(int fd, std::string path) : fd_(fd), path_(std::move(path)) {
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) {
      total_ = static_cast<std::uint64_t>(status.st_size);
    }
  }
  ~RawStream() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }

  Result<std::size_t> read(std::span<char> into) override {
    if (!peeked_.empty()) {
      const std::size_t count = std::min(into.size(), peeked_.size());
      std::memcpy(into.data(), peeked_.data(), count);
      peeked_.erase(0, count);
      consumed_ += count;
      return count;
    }
    const Result<std::size_t> count = read_fd(into);
    if (count) consumed_ += *count;
    return count;
  }

  Result<std::string> peek(std::size_t size) {
    while (peeked_.size() < size) {
      char bytes[16];
      const Result<std::size_t> count = read_fd(std::span(bytes).first(size - peeked_.size()));
      if (!count) return count.error();
      if (*count == 0) break;
      peeked_.append(bytes, *count);
    }
    return peeked_;
  }

  std::uint64_t consumed_bytes() const override { return consumed_; }
  std::uint64_t total_bytes() const override { return total_; }
  const std::string& path() const { return path_; }

 private:
  Result<std::size_t> read_fd(std::span<char> into) {
    while (true) {
      const ssize_t count = ::read(fd_, into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return environment_error("cannot read", path_, errno_text(errno));
    }
  }

  int fd_;
  std::string path_;
  std::string peeked_;
  std::uint64_t consumed_ = 0;
  std::uint64_t total_ = 0;
};

// A decoder on top of the stored bytes, refilled chunk by chunk.
class DecodingStream : public InputStream {
 public:
  explicit DecodingStream(std::unique_ptr<RawStream> raw) : raw_(std::move(raw)) {}
  std::uint64_t consumed_bytes() const override { return raw_->consumed_bytes(); }
  std::uint64_t total_bytes() const override { return raw_->total_bytes(); }

 protected:
  /// More stored bytes; false at their end.
  Result<bool> refill() {
    const Result<std::size_t> count = raw_->read(chunk_);
    if (!count) return count.error();
    available_ = std::span(chunk_).first(*count);
    return *count > 0;
  }
  Error damaged(const char* what) const {
    return environment_error(what, raw_->path(), "is the file whole?");
  }

  std::unique_ptr<RawStream> raw_;
  std::vector<char> chunk_ = std::vector<char>(kChunkBytes);
  std::span<char> available_;
};

class GzipStream : public DecodingStream {
 public:
  explicit GzipStream(std::unique_ptr<RawStream> raw) : DecodingStream(std::move(raw)) {
    inflateInit2(&stream_, 15 + 16);
  }
  ~GzipStream() override { inflateEnd(&stream_); }

  Result<std::size_t> read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    while (stream_.avail_out > 0) {
      if (available_.empty()) {
        const Result<bool> more = refill();
        if (!more) return more.error();
        if (!*more) {
          if (inside_member_) return damaged("gzip file ends early");
          break;
        }
      }
      if (!inside_member_) inflateReset(&stream_);
      inside_member_ = true;
      stream_.next_in = reinterpret_cast<Bytef*>(available_.data());
      stream_.avail_in = static_cast<uInt>(available_.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      available_ = available_.last(stream_.avail_in);
      if (result == Z_STREAM_END) {
        inside_member_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return damaged("gzip file is damaged");
      }
    }
    return into.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool inside_member_ = false;
};

class ZstdStream : public DecodingStream {
 public:
  explicit ZstdStream(std::unique_ptr<RawStream> raw)
      : DecodingStream(std::move(raw)), stream_(ZSTD_createDStream()) {}
  ~ZstdStream() override { ZSTD_freeDStream(stream_); }

  Result<std::size_t> read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos < out.size) {
      if (available_.empty()) {
        const Result<bool> more = refill();
        if (!more) return more.error();
        if (!*more && !flush(out)) {
          if (inside_frame_) return damaged("zstd file ends early");
          break;
        }
        if (!*more) continue;
      }
      ZSTD_inBuffer in{available_.data(), available_.size(), 0};
      if (!step(out, in)) return damaged("zstd file is damaged");
      available_ = available_.subspan(in.pos);
    }
    return out.pos;
  }

 private:
  bool step(ZSTD_outBuffer& out, ZSTD_inBuffer& in) {
    const std::size_t result = ZSTD_decompressStream(stream_, &out, &in);
    inside_frame_ = result != 0;
    return !ZSTD_isError(result);
  }
  // What the decoder still holds after its input has ended; false if nothing.
  bool flush(ZSTD_outBuffer& out) {
    ZSTD_inBuffer none{nullptr, 0, 0};
    const std::size_t before = out.pos;
    return inside_frame_ && step(out, none) && out.pos > before;
  }

  ZSTD_DStream* stream_;
  bool inside_frame_ = false;
};

}  // namespace

Result<std::unique_ptr<InputStream>> open_input(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return environment_error("cannot open", path, errno_text(errno));
  auto raw = std::make_unique<RawStream>(fd, path == "-" ? "standard input" : path);
  const Result<std::string> start = raw->peek(4);
  if (!start) return start.error();
  if (start->starts_with("\x1f\x8b")) {
    return std::unique_ptr<InputStream>(std::make_unique<GzipStream>(std::move(raw)));
  }
  if (*start == "\x28\xb5\x2f\xfd") {
    return std::unique_ptr<InputStream>(std::make_unique<ZstdStream>(std::move(raw)));
  }
  return std::unique_ptr<InputStream>(std::move(raw));
}

}  // namespace apierrd
