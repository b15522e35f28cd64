// Counts batches on several cores: its threads parse, and the tallies come back to the one thread
// that owns it, in the order in which the batches were handed in. So whatever is made of them is
// the same as with one thread.
//
// A thread is started when a batch waits for one. The owner counts as well where it would have to
// wait. What follows the end of a log closely, a few lines at a time, is counted at once by the
// owner and never changes threads.
//
// Memory: at most kBlocksBytes of blocks, or two of the longest line if that is more, and a tally
// for each. All calls by one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "daemon/read_buffer.h"
#include "parsers/process_batch.h"

namespace apierrd {

/// A smaller batch is counted where it was read: waking a thread would take longer.
inline constexpr std::size_t kHandOverBytes = 64U << 10;
inline constexpr std::size_t kBlocksBytes = 64U << 20;

struct BatchCounterOptions {
  std::size_t threads = 1;  ///< with the owner's
  std::size_t line_bytes_max = kLineBytesDefault;
  std::size_t hand_over_bytes = kHandOverBytes;
};

class BatchCounter {
 public:
  /// Told by the owner's thread what a batch came to. The tally is the one given to count() or one
  /// of the counter's, as empty as after clear() before the batch; it is cleared, if at all, here.
  using Counted = std::function<void(Tally& tally, const LineBatch& batch)>;

  explicit BatchCounter(const BatchCounterOptions& options);
  ~BatchCounter();  ///< what has not been told of is dropped
  BatchCounter(const BatchCounter&) = delete;
  BatchCounter& operator=(const BatchCounter&) = delete;

  /// No thread but the owner's counts.
  bool is_alone() const { return options_.threads < 2; }
  /// Where the next batch's text is to be put; the same until count(). May tell of batches.
  std::span<char> block();
  /// Counts a batch whose text, if it has any, lies in block(). `counted` is called now or in a
  /// later call, settle() at the latest. `ruleset` must live until then, and so must `tally`: it is
  /// used if the batch is counted at once, and says which batches are of one source. What counting
  /// throws is thrown in place of telling.
  void count(LineBatch batch, const Ruleset& ruleset, Tally& tally, Counted counted);
  /// Returns when everything is counted and told of.
  void settle();
  /// Bytes of batches that have not been told of.
  std::uint64_t bytes_in_hand() const { return bytes_in_hand_; }

 private:
  struct Job;
  /// Its rows and what is remembered of them are those of the source whose tally `source` is.
  struct SourceTally {
    const Tally* source = nullptr;
    Tally tally;
  };

  Job& free_job();
  std::unique_ptr<SourceTally> free_tally(const Tally& source);
  void hand_over(Job& job);
  void start_thread();
  void work();
  void wait_for(const Job& job);
  void tell_first();
  bool is_done(const Job& job);

  const BatchCounterOptions options_;
  const std::size_t jobs_max_;
  std::size_t threads_max_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::deque<Job*> free_jobs_;  ///< in turn, so that their text has left other cores' caches
  std::vector<std::unique_ptr<SourceTally>> free_tallies_;
  Job* next_ = nullptr;     ///< whose block is being filled
  std::deque<Job*> order_;  ///< handed over and not told of
  std::uint64_t bytes_in_hand_ = 0;
  CallParser parser_;

  std::mutex mutex_;  ///< protects what follows, and whether a job is done
  std::condition_variable waiting_changed_, done_changed_;
  std::deque<Job*> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace apierrd
