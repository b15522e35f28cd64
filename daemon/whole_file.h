// Counts a log from its start to its end at once: replay, and audit's second count.
#pragma once

#include <cstddef>
#include <functional>

#include "daemon/batch_counter.h"
#include "daemon/input_stream.h"
#include "parsers/process_batch.h"

namespace apierrd {

/// Read at once by a counter without threads, so that it finds the lines in its core's own cache.
inline constexpr std::size_t kReadAloneBytes = 256U << 10;

/// Like the daemon's reader, but to the very end: a last line without newline counts. `at_block` is
/// called after each block. The tally is whole once the counter is settled; until then it and the
/// ruleset must live.
Result<void> count_whole(InputStream& input, const Ruleset& ruleset, BatchCounter& counter,
                         std::int64_t now_unix_ns, Tally& tally,
                         const std::function<void()>& at_block = {});

}  // namespace apierrd
