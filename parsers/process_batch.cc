#include "parsers/process_batch.h"

#include <optional>

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

void count(const Record& record, Verdict verdict, const Ruleset& ruleset, const LineBatch& batch,
           std::uint64_t offset_bytes, const CallParser& parser, Tally& tally) {
  tally.lines.lines += record.lines;
  ++tally.lines.by_verdict[static_cast<std::size_t>(verdict)];
  tally.lines.by_verdict[static_cast<std::size_t>(Verdict::kJoined)] += record.lines - 1;
  tally.lines.bytes_by_verdict[static_cast<std::size_t>(verdict)] += record.bytes;
  if (verdict != Verdict::kRecord) return;
  for (const ApiCall& call : parser.calls()) {
    tally.add(call, *ruleset.catalog, batch.now_unix_ns, offset_bytes, batch.text);
  }
}

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
  std::uint64_t offset = batch.bytes - text.size();  // every byte is a record's, from here on
  const auto count_one = [&](const Record& record, Verdict verdict) {
    count(record, verdict, ruleset, batch, offset, parser, tally);
    offset += record.bytes;
  };
  std::optional<Framer> framer;
  if (!ruleset.format.framing.one_line_each()) {
    framer.emplace(ruleset.format.framing, ruleset.line_bytes_max);
  }
  Record single;
  parser.begin_lines();
  while (!text.empty()) {
    const std::size_t before = text.size();
    if (framer) {
      const std::string_view line = take_line(text);
      for (const Record& record : framer->feed(line, before - text.size()))
        count_one(record, read_record(record, ruleset, parser));
      continue;
    }
    Verdict verdict = Verdict::kRecord;
    single.bytes = parser.skim_line(text, ruleset.format, ruleset.line_bytes_max);
    if (single.bytes != 0) {
      text.remove_prefix(single.bytes);
    } else {
      single.text = take_line(text);
      single.bytes = before - text.size();
      const bool fits = single.text.size() <= ruleset.line_bytes_max;
      verdict = fits ? parser.parse_fully(single.text, ruleset.format, ruleset.catalog.get())
                     : Verdict::kLineTooLong;
    }
    count_one(single, verdict);
  }
  if (framer) {
    for (const Record& record : framer->finish())
      count_one(record, read_record(record, ruleset, parser));
  }
  tally.settle();
}

}  // namespace apierrd
