// Whole records of one file on their way from the reader to process_batch, and how they are cut.
//
// Lines end with LF; a CR before it belongs to the line end. The cutter keeps no bytes: it says how
// far a block was used, and the reader offers the rest again with more behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/log_format.h"

namespace apierrd {

/// The default of limits.line_bytes: responses are at most 50 MB, logged ones far smaller; a longer
/// line is more likely a writer's fault than a call.
inline constexpr std::size_t kLineBytesDefault = 1U << 20;

/// What may stand around a line of the limit's length: a byte order mark before it and a CR behind.
inline constexpr std::size_t kLineSlack = 4;

/// Belongs to no line where it begins a file.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct LineBatch {
  std::string_view text;    ///< whole lines; kJsonPadding readable bytes follow it
  std::uint64_t bytes = 0;  ///< bytes of the file this batch accounts for, long lines included
  std::uint32_t overlong_lines = 0;  ///< lines that were too long for any block; not in text
  bool at_file_start = false;    ///< text is the file's first, where a byte order mark may stand
  std::int64_t now_unix_ns = 0;  ///< when it was read, to tell how late its records are
  std::string_view path{};       ///< its file, and where it begins there; for people only
  std::uint64_t offset = 0;
};

/// Cuts the blocks of one file. Remembers only whether it is inside a line that is too long, or
/// still before the first line: NUL bytes at a file's start are the hole that a writer without
/// O_APPEND leaves when its file was truncated; they belong to no line. NUL bytes that end with the
/// line or the file are a line.
class LineCutter {
 public:
  explicit LineCutter(bool at_file_start = true)
      : at_file_start_(at_file_start), before_first_line_(at_file_start) {}

  struct Cut {
    LineBatch batch;
    std::size_t consumed = 0;  ///< bytes of the block that are done with
  };

  /// `block` starts at a line start, or, inside a line that is too long, where the last cut ended.
  /// A block of more than line_bytes_max + 1 bytes without a newline is such a line's beginning.
  /// Where records may span lines the cut is made where none is open, or where the next line would
  /// make the open one too long, as Framer says.
  Cut cut(std::string_view block, std::size_t line_bytes_max, const Framing& framing = {});

  /// The end of the file has come: `rest` (may be empty) is its last line, without newline.
  LineBatch finish(std::string_view rest);

  /// Bytes passed over of a line that is too long and has not ended yet.
  std::uint64_t pending_bytes() const { return overlong_bytes_; }

  /// Nothing but a hole has been seen yet.
  bool at_file_start() const { return at_file_start_; }

 private:
  std::uint64_t overlong_bytes_ = 0;
  bool at_file_start_;
  bool before_first_line_;
};

/// Takes the next line off the front of `text`, without its line end. `text` must not be empty.
std::string_view take_line(std::string_view& text);

}  // namespace apierrd
