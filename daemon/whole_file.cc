#include "daemon/whole_file.h"

#include <algorithm>
#include <string>
#include <utility>

namespace apierrd {

Result<void> count_whole(InputStream& input, const Ruleset& ruleset, BatchCounter& counter,
                         std::int64_t now_unix_ns, Tally& tally,
                         const std::function<void()>& at_block) {
  LineCutter cutter;
  bool at_start = true;
  const auto process = [&](LineBatch batch) {
    const bool empty = batch.text.empty() && batch.overlong_lines == 0;
    batch.at_file_start = std::exchange(at_start, at_start && empty);
    batch.now_unix_ns = now_unix_ns;
    if (batch.bytes == 0) return;
    counter.count(batch, ruleset, tally,
                  [&tally, &catalog = *ruleset.catalog](Tally& counted, const LineBatch&) {
                    if (&counted == &tally) return;
                    tally.merge(counted, catalog);
                    counted.clear();
                  });
  };
  std::string rest;  // behind the last cut
  while (true) {
    const std::span<char> block = counter.block();
    std::copy(rest.begin(), rest.end(), block.begin());
    const std::span<char> room = block.subspan(rest.size());
    const Result<std::size_t> count =
        input.read(counter.is_alone() ? room.first(std::min(kReadAloneBytes, room.size())) : room);
    if (!count) return count.error();
    const std::string_view text(block.data(), rest.size() + *count);
    const LineCutter::Cut cut = cutter.cut(text, ruleset.line_bytes_max, ruleset.format.framing);
    rest = text.substr(cut.consumed);
    process(cut.batch);
    if (at_block) at_block();
    if (*count == 0) break;
  }
  const std::span<char> block = counter.block();
  std::copy(rest.begin(), rest.end(), block.begin());
  process(cutter.finish({block.data(), rest.size()}));
  return {};
}

}  // namespace apierrd
