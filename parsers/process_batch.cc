#include "parsers/process_batch.h"

namespace apierrd {

Verdict read_record(const Record& record, const Ruleset& ruleset, CallParser& parser) {
  if (record.too_long || record.text.size() > ruleset.line_bytes_max) return Verdict::kLineTooLong;
  if (record.not_wrapped) return Verdict::kNotWrapped;
  const Verdict verdict = parser.parse(record.text, ruleset.format, ruleset.catalog.get());
  if (verdict == Verdict::kRecord && parser.lacks_time())
    parser.take_time(record.wrapping.time_unix_ns());
  return verdict;
}

namespace {

// One batch on its way into a tally, record by record.
class Counting {
 public:
  Counting(const LineBatch& batch, std::uint64_t offset, const Ruleset& ruleset, CallParser& parser,
           Tally& tally)
      : batch_(batch), ruleset_(ruleset), parser_(parser), tally_(tally), offset_(offset) {}

  // Each line is a record.
  void count_lines(std::string_view text) {
    std::uint64_t skimmed_lines = 0, skimmed_bytes = 0;
    Record single;
    parser_.begin_lines();
    while (!text.empty()) {
      const std::size_t skimmed = parser_.skim_line(text, ruleset_.format, ruleset_.line_bytes_max);
      if (skimmed != 0) {
        text.remove_prefix(skimmed);
        tally_.add(parser_.call(), *ruleset_.catalog, batch_.now_unix_ns, offset_, batch_.text);
        offset_ += skimmed;
        skimmed_bytes += skimmed;
        ++skimmed_lines;
        continue;
      }
      const std::size_t before = text.size();
      single.text = take_line(text);
      single.bytes = before - text.size();
      const bool fits = single.text.size() <= ruleset_.line_bytes_max;
      count(single, fits ? parser_.parse_fully(single.text, ruleset_.format, catalog())
                         : Verdict::kLineTooLong);
    }
    count_skimmed(skimmed_lines, skimmed_bytes);
  }

  // Records are put together of lines, or taken out of them.
  void count_framed(std::string_view text) {
    Framer framer(ruleset_.format.framing, ruleset_.line_bytes_max);
    while (!text.empty()) {
      const std::size_t before = text.size();
      const std::string_view line = take_line(text);
      for (const Record& record : framer.feed(line, before - text.size())) read(record);
    }
    for (const Record& record : framer.finish()) read(record);
  }

 private:
  const Catalog* catalog() const { return ruleset_.catalog.get(); }

  void read(const Record& record) { count(record, read_record(record, ruleset_, parser_)); }

  void count(const Record& record, Verdict verdict) {
    LineCounts& lines = tally_.lines;
    lines.lines += record.lines;
    ++lines.by_verdict[static_cast<std::size_t>(verdict)];
    lines.by_verdict[static_cast<std::size_t>(Verdict::kJoined)] += record.lines - 1;
    lines.bytes_by_verdict[static_cast<std::size_t>(verdict)] += record.bytes;
    if (verdict == Verdict::kRecord) {
      for (const ApiCall& call : parser_.calls())
        tally_.add(call, *catalog(), batch_.now_unix_ns, offset_, batch_.text);
    }
    offset_ += record.bytes;
  }

  void count_skimmed(std::uint64_t lines, std::uint64_t bytes) {
    constexpr auto kRecord = static_cast<std::size_t>(Verdict::kRecord);
    tally_.lines.lines += lines;
    tally_.lines.by_verdict[kRecord] += lines;
    tally_.lines.bytes_by_verdict[kRecord] += bytes;
  }

  const LineBatch& batch_;
  const Ruleset& ruleset_;
  CallParser& parser_;
  Tally& tally_;
  std::uint64_t offset_;  ///< where the next record begins in the batch
};

}  // namespace

void process_batch(const LineBatch& batch, const Ruleset& ruleset, CallParser& parser,
                   Tally& tally) {
  tally.lines.bytes += batch.bytes;
  tally.lines.lines += batch.overlong_lines;
  const auto too_long = static_cast<std::size_t>(Verdict::kLineTooLong);
  tally.lines.by_verdict[too_long] += batch.overlong_lines;
  if (batch.overlong_lines > 0) {  // such a batch begins with it, no padding
    tally.lines.bytes_by_verdict[too_long] += batch.bytes - batch.text.size();
  }
  std::string_view text = batch.text;
  if (batch.at_file_start && text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    if (text.empty()) return;  // a file of nothing but the mark has no line
  }
  // Every byte is a record's, from here on.
  Counting counting(batch, batch.bytes - text.size(), ruleset, parser, tally);
  if (ruleset.format.framing.one_line_each()) {
    counting.count_lines(text);
  } else {
    counting.count_framed(text);
  }
  tally.settle();
}

}  // namespace apierrd
