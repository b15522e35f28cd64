#include "daemon/file_position.h"

namespace apierrd {

void ByteLedger::add(const ByteLedger& other) {
  parsed += other.parsed;
  ignored += other.ignored;
  rejected += other.rejected;
  padding += other.padding;
  skipped += other.skipped;
  undone += other.undone;
  lost += other.lost;
}

void add_mark(std::vector<Mark>& marks, const Mark& mark) {
  marks.push_back(mark);
  if (marks.size() <= kMarksMax) return;
  // The one whose neighbours are closest together, measured by their distance from the end: what
  // stays lies the further apart the older it is.
  std::size_t densest = 1;
  double smallest = 1e300;
  for (std::size_t i = 1; i + 1 < marks.size(); ++i) {
    const auto gap = static_cast<double>(marks[i + 1].offset - marks[i - 1].offset);
    const auto age = static_cast<double>(mark.offset - marks[i - 1].offset);
    if (gap / age < smallest) {
      smallest = gap / age;
      densest = i;
    }
  }
  marks.erase(marks.begin() + static_cast<std::ptrdiff_t>(densest));
}

std::uint64_t marker_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace apierrd
