#include "daemon/whole_file.h"

#include <cstring>
#include <utility>

namespace apierrd {

Result<void> count_whole(InputStream& input, const Ruleset& ruleset, ReadBuffer& buffer,
                         std::int64_t now_unix_ns, Tally& tally,
                         const std::function<void()>& at_block) {
  CallParser parser;
  LineCutter cutter;
  const std::span<char> block = buffer.block();
  std::size_t carried = 0;
  bool at_start = true;
  const auto process = [&](LineBatch batch) {
    const bool empty = batch.text.empty() && batch.overlong_lines == 0;
    batch.at_file_start = std::exchange(at_start, at_start && empty);
    batch.now_unix_ns = now_unix_ns;
    process_batch(batch, ruleset, parser, tally);
  };
  while (true) {
    const Result<std::size_t> count = input.read(block.subspan(carried));
    if (!count) return count.error();
    const std::string_view text(block.data(), carried + *count);
    const LineCutter::Cut cut = cutter.cut(text, ruleset.line_bytes_max, ruleset.format.framing);
    process(cut.batch);
    carried = text.size() - cut.consumed;
    std::memmove(block.data(), block.data() + cut.consumed, carried);
    if (at_block) at_block();
    if (*count == 0) break;
  }
  process(cutter.finish({block.data(), carried}));
  return {};
}

}  // namespace apierrd
