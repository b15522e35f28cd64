// Reads a text as a reader does that finds so much of it written at each look: cut into blocks,
// each counted by itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/process_batch.h"

namespace apierrd::test {

class BlockReader {
 public:
  explicit BlockReader(const Ruleset& ruleset) : ruleset_(ruleset) {}

  /// `next_size()` bytes more are there at each look.
  template <class NextSize>
  Tally& read(const std::string& text, std::size_t block_max, NextSize&& next_size) {
    std::size_t offset = 0, written = 0;
    while (true) {
      const std::size_t size = std::min(block_max, written - offset);
      const LineCutter::Cut cut =
          cutter_.cut(padded(text, offset, size), ruleset_.line_bytes_max, ruleset_.format.framing);
      count(cut.batch);
      offset += cut.consumed;
      if (cut.consumed > 0) continue;
      if (written == text.size()) break;
      written = std::min(text.size(), written + next_size());
    }
    count(cutter_.finish(padded(text, offset, text.size() - offset)));
    return tally_;
  }

 private:
  std::string_view padded(const std::string& text, std::size_t offset, std::size_t size) {
    block_.assign(size + kJsonPadding, '\0');
    std::memcpy(block_.data(), text.data() + offset, size);
    return {block_.data(), size};
  }
  void count(LineBatch batch) {
    batch.at_file_start = at_start_;
    if (!batch.text.empty() || batch.overlong_lines > 0) at_start_ = false;
    process_batch(batch, ruleset_, parser_, tally_);
  }

  const Ruleset& ruleset_;
  LineCutter cutter_;
  CallParser parser_;
  Tally tally_{SIZE_MAX};
  std::vector<char> block_;
  bool at_start_ = true;
};

/// The calls and errors of a tally, a line each, sorted.
inline std::string rows_text(const Tally& tally) {
  std::vector<std::string> rows;
  for (const CallRow* row : tally.calls()) {
    rows.push_back(row->service + "/" + row->action + " " + std::to_string(row->count));
  }
  for (const ErrorRow* row : tally.errors()) {
    rows.push_back(row->service + "/" + row->action + " " + row->code + " " +
                   std::to_string(row->count));
  }
  std::sort(rows.begin(), rows.end());
  std::string out;
  for (const std::string& row : rows) out.append(row).append("\n");
  return out;
}

/// All that a tally counts of lines and calls, as text to compare and to read.
inline std::string text_of(const Tally& tally) {
  std::ostringstream out;
  out << rows_text(tally) << tally.lines.lines << " lines, " << tally.lines.bytes << " bytes\n";
  for (const VerdictInfo& verdict : kVerdicts) {
    const auto index = static_cast<std::size_t>(verdict.verdict);
    out << verdict.name << " " << tally.lines.by_verdict[index] << " "
        << tally.lines.bytes_by_verdict[index] << "\n";
  }
  return out.str();
}

}  // namespace apierrd::test
