// Physical lines -> records: takes wrappers off, joins what a runtime has split or a program has
// printed over several lines.
//
// A join never crosses a batch: the cutter (line_batch.h) ends batches where no record is open, so
// that a position in a file always stands between records and nothing half joined must be
// remembered. That place is found without taking wrappers off, as long as lines are plainly whole
// (is_whole, wrappers.h). Pure but for its memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "parsers/json_prefix.h"
#include "parsers/log_format.h"
#include "parsers/text_pool.h"
#include "parsers/wrappers.h"

namespace apierrd {

struct Record {
  std::string_view text;  ///< kJsonPadding readable bytes follow it
  std::uint32_t lines = 1;
  std::uint64_t bytes = 0;  ///< of its lines in the file, line ends included
  WrappedLine wrapping;     ///< of its first line
  bool not_wrapped = false;
  bool too_long = false;
};

class Framer {
 public:
  /// `bytes_max` is the limit of a record: of what lies in the file from its first line to its
  /// last. A record that is not whole by then counts as far as it goes, so that where a block of
  /// the file ends makes no difference.
  Framer(const Framing& framing, std::size_t bytes_max)
      : framing_(framing), bytes_max_(bytes_max) {}

  /// Takes the next line, without its line end; `bytes` is its length in the file. Returns the
  /// records that are whole now; they live until the next call. `line` must live as long as the
  /// record it belongs to is open.
  const std::vector<Record>& feed(std::string_view line, std::uint64_t bytes);

  /// There are no more lines: what is open counts as it is.
  const std::vector<Record>& finish();

  /// Lines were taken whose record is not whole yet.
  bool open() const;

  /// No record was open when the latest line began.
  bool closed_before() const { return closed_before_; }

 private:
  /// Standard output and error are two texts that may interleave.
  struct Stream {
    bool in_parts = false;
    Record whole;  ///< of which `parts` is the text so far
    std::string parts;
    bool in_document = false;
    JsonPrefix prefix;
    std::vector<Record> pending;  ///< lines of the document
    std::size_t pending_bytes = 0;
  };

  void take_wrappers_off(Record& record);
  bool continues(const WrappedLine& line) const;
  void close_all();
  bool add_part(Stream& stream, const Record& part);
  void complete_parts(Stream& stream);
  void join(Stream& stream, const Record& record);
  void join_waiting(Stream& stream);
  bool add_line(Stream& stream, const Record& line);
  void finish_document(Stream& stream);
  void give_up_document(Stream& stream);

  const Framing& framing_;
  std::size_t bytes_max_;
  std::array<Stream, 2> streams_;
  std::vector<Record> ready_;
  std::deque<Record> waiting_;  ///< lines to be looked at, while feed() works
  std::uint64_t span_ = 0;      ///< bytes since no record was open
  bool closed_before_ = true;
  TextPool texts_;
  JsonDocument scratch_;
};

/// How much of `text`, which is whole lines and begins where no record is open, ends where none is.
std::size_t closed_bytes(std::string_view text, const Framing& framing, std::size_t bytes_max);

}  // namespace apierrd
