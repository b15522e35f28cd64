#include "daemon/state_sums.h"

#include <fmt/format.h>

#include <string_view>

namespace apierrd {

namespace {

void compare(std::vector<std::string>& faults, std::string_view what, std::uint64_t files,
             std::uint64_t counters) {
  if (files == counters) return;
  faults.push_back(fmt::format("{}: {} bytes by file, {} by counter", what, files, counters));
}

}  // namespace

ByteLedger ledger_of(const LineCounts& lines) {
  const BytesByKind bytes = bytes_by_kind(lines);
  ByteLedger ledger;
  ledger.parsed = bytes.parsed;
  ledger.ignored = bytes.ignored;
  ledger.rejected = bytes.rejected;
  ledger.padding = lines.bytes - ledger.counted();
  return ledger;
}

std::vector<std::string> faults_in_sums(const PersistedSource& counted,
                                        const std::vector<FilePosition>& positions) {
  std::vector<std::string> faults;
  ByteLedger sum;
  for (const FilePosition& at : positions) {
    sum.add(at.ledger);
    if (at.ledger.counted() == at.offset + at.ledger.undone) continue;
    faults.push_back(fmt::format("{}: {} bytes accounted for, offset {}", at.log,
                                 at.ledger.counted(), at.offset));
  }
  const ByteLedger counters = ledger_of(counted.lines);
  compare(faults, "parsed", sum.parsed, counters.parsed);
  compare(faults, "ignored", sum.ignored, counters.ignored);
  compare(faults, "rejected", sum.rejected, counters.rejected);
  compare(faults, "padding", sum.padding, counters.padding);
  std::uint64_t lost = 0;
  for (const std::uint64_t bytes : counted.files.lost_bytes) lost += bytes;
  compare(faults, "lost", sum.lost, lost);
  return faults;
}

}  // namespace apierrd
