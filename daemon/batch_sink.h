// Where a tailer's batches go: to be counted at once, or by other threads while it reads on.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "parsers/line_batch.h"
#include "parsers/tally.h"

namespace apierrd {

/// What a batch came to, as far as its file's record needs to know.
struct BatchOutcome {
  BytesByKind bytes;                       ///< the rest is padding
  std::int64_t newest_record_unix_ns = 0;  ///< log time; 0 = none
};

class BatchSink {
 public:
  using Done = std::function<void(const BatchOutcome&)>;
  virtual ~BatchSink() = default;

  /// Where the next block is to be read into; the same until take().
  virtual std::span<char> block() = 0;
  /// Takes a batch whose text, if it has any, lies in block(). Once it is counted `done` is called,
  /// by the caller's thread: during this call, a later one, or settle(); in the order of the calls.
  virtual void take(const LineBatch& batch, Done done) = 0;
  /// Returns when all that was taken is counted.
  virtual void settle() = 0;
};

}  // namespace apierrd
