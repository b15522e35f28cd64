#include "parsers/line_batch.h"

#include <algorithm>
#include <cstring>

#include "parsers/framing.h"

namespace apierrd {

namespace {

// NUL bytes before the first line, but for the last one if it may still turn out to be all there is
// of a line: a writer's hole ends where text begins, and a line of NUL bytes is a line.
std::size_t hole_size(std::string_view block) {
  const std::size_t text = std::min(block.find_first_not_of('\0'), block.size());
  const bool may_be_line = text == block.size() || block[text] == '\n';
  return may_be_line && text > 0 ? text - 1 : text;
}

// Of `lines`, before which no record is open, what ends where none is; all of it if the next line,
// of which as much is in the block as is left of `block_bytes`, makes what is open too long.
std::string_view whole_records(std::string_view lines, std::size_t block_bytes,
                               std::size_t line_bytes_max, const Framing& framing,
                               bool at_first_line) {
  if (framing.one_line_each()) return lines;
  const std::size_t mark =
      at_first_line && lines.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::size_t closed = closed_bytes(lines.substr(mark), framing, line_bytes_max);
  if (closed == 0) return block_bytes > line_bytes_max + kLineSlack ? lines : lines.substr(0, 0);
  return lines.substr(0, mark + closed);
}

}  // namespace

LineCutter::Cut LineCutter::cut(std::string_view block, std::size_t line_bytes_max,
                                const Framing& framing) {
  Cut cut;
  if (at_file_start_) {
    cut.consumed = hole_size(block);
    cut.batch.bytes = cut.consumed;
    block.remove_prefix(cut.consumed);
    at_file_start_ = block.empty() || block == std::string_view("\0", 1);
  }
  if (overlong_bytes_ > 0) {
    const std::size_t newline = block.find('\n');
    cut.consumed = newline == std::string_view::npos ? block.size() : newline + 1;
    overlong_bytes_ += cut.consumed;
    if (newline == std::string_view::npos) return cut;
    cut.batch = finish({});
    block.remove_prefix(cut.consumed);
  }
  const std::size_t last_newline = block.rfind('\n');
  if (last_newline != std::string_view::npos) {
    cut.batch.text = whole_records(block.substr(0, last_newline + 1), block.size(), line_bytes_max,
                                   framing, before_first_line_);
    cut.batch.bytes += cut.batch.text.size();
    cut.consumed += cut.batch.text.size();
  } else if (block.size() > line_bytes_max + kLineSlack) {
    overlong_bytes_ = block.size();
    cut.consumed += block.size();
  }
  if (!cut.batch.text.empty() || overlong_bytes_ > 0) before_first_line_ = false;
  return cut;
}

LineBatch LineCutter::finish(std::string_view rest) {
  LineBatch batch;
  if (overlong_bytes_ > 0) {
    batch.bytes = overlong_bytes_ + rest.size();
    batch.overlong_lines = 1;
    overlong_bytes_ = 0;
    return batch;
  }
  batch.text = rest;
  batch.bytes = rest.size();
  return batch;
}

std::string_view take_line(std::string_view& text) {
  const void* newline = std::memchr(text.data(), '\n', text.size());
  std::string_view line = text;
  if (newline == nullptr) {
    text = {};
  } else {
    const auto size = static_cast<std::size_t>(static_cast<const char*>(newline) - text.data());
    line = text.substr(0, size);
    text.remove_prefix(size + 1);
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace apierrd
