// Any bytes as a log that may be compressed: text or an error, the same however much is asked for
// at once; and what was compressed in several pieces, by gzip or zstd, is read as it was, from any
// offset.
//
// The input: what to do (0 read the bytes, 1 pack them by gzip, 2 by zstd), how much to ask for at
// once, where to part what is packed; then the bytes.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "daemon/compressed_file.h"
#include "daemon/input_stream.h"
#include "tests/support/fuzz_folder.h"
#include "tests/support/fuzz_input.h"

using namespace apierrd;

namespace {

constexpr std::size_t kReadMax = 4U << 20;  // of what a few bytes may claim to unpack to

const test::FuzzFolder& folder() {
  static const test::FuzzFolder kFolder;
  return kFolder;
}

// All of the text up to kReadMax, and whether it ended without an error.
std::pair<std::string, bool> read_all(const std::string& path, std::size_t chunk) {
  const auto stream = open_input(path);
  REQUIRE(stream.has_value());
  std::string text, buffer(chunk, '\0');
  while (text.size() < kReadMax) {
    const Result<std::size_t> count = (*stream)->read(buffer);
    if (!count) {
      REQUIRE(!count.error().what.empty());
      return {text, false};
    }
    REQUIRE(*count <= chunk && (*stream)->consumed_bytes() <= (*stream)->total_bytes());
    if (*count == 0) break;
    text.append(buffer, 0, *count);
  }
  text.resize(std::min(text.size(), kReadMax));
  return {text, true};
}

std::string gzipped(std::string_view text) {
  std::string out(text.size() + 200, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  REQUIRE(result == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstandard(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1);
  REQUIRE(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

void check_packed(bool by_gzip, std::string_view text, std::size_t part, std::size_t chunk) {
  const auto pack = [&](std::string_view piece) {
    return by_gzip ? gzipped(piece) : zstandard(piece);
  };
  part = std::min(part, text.size());
  const std::string path = folder().write(by_gzip ? "log.gz" : "log.zst",
                                          pack(text.substr(0, part)) + pack(text.substr(part)));
  const auto [read, whole] = read_all(path, chunk);
  REQUIRE(whole && read == text);
  PosixFileSystem files;
  const auto file = files.open(path);
  REQUIRE(file.has_value());
  const Result<FileInfo> info = (*file)->info();
  REQUIRE(info.has_value() && info->size == text.size());
  for (const std::size_t offset : {part, std::size_t{0}, text.size() - part, text.size()}) {
    std::string into(chunk, '\0');
    const Result<std::size_t> count = (*file)->read_at(offset, into);
    REQUIRE(count.has_value());
    REQUIRE(std::string_view(into).substr(0, *count) == text.substr(offset, chunk));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65536) return 0;
  test::FuzzInput input(data, size);
  const std::size_t what = input.choice(3), chunk = 1 + input.byte() * std::size_t{16};
  const std::size_t part = input.byte();
  const std::string_view bytes = input.rest();
  if (what > 0) {
    check_packed(what == 1, bytes, part, chunk);
    return 0;
  }
  const std::string path = folder().write("any", bytes);
  const auto in_pieces = read_all(path, chunk), at_once = read_all(path, kReadMax);
  // Of a read that ends in an error there is no text.
  REQUIRE(in_pieces.second == at_once.second || in_pieces.first.size() + chunk > kReadMax);
  const std::size_t both = std::min(in_pieces.first.size(), at_once.first.size());
  REQUIRE(in_pieces.first.substr(0, both) == at_once.first.substr(0, both));
  if (at_once.second && in_pieces.second) REQUIRE(in_pieces.first == at_once.first);
  return 0;
}
