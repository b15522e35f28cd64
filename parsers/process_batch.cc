#include "parsers/process_batch.h"

namespace apierrd {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Verdict process_line(std::string_view line, const Ruleset& ruleset, CallParser& parser) {
  if (line.size() > ruleset.line_bytes_max) return Verdict::kLineTooLong;
  return parser.parse(line, ruleset.format);
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
  while (!text.empty()) {
    const std::size_t before = text.size();
    const Verdict verdict = process_line(take_line(text), ruleset, parser);
    ++tally.lines.lines;
    ++tally.lines.by_verdict[static_cast<std::size_t>(verdict)];
    tally.lines.bytes_by_verdict[static_cast<std::size_t>(verdict)] += before - text.size();
    if (verdict == Verdict::kRecord) {
      tally.add(parser.call(), *ruleset.catalog, batch.now_unix_ns);
    }
  }
}

}  // namespace apierrd
