// The data plane: one thread that reads the logs, counts, commits, and hands out snapshots.
//
// It alone owns tailers, tallies, series and state; others ask it. A scrape waits for the next
// batch boundary (one block of each file that has more), never the other way round.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "daemon/state_store.h"
#include "daemon/tailer.h"
#include "daemon/waker.h"
#include "exporters/series_store.h"
#include "parsers/process_batch.h"

namespace apierrd {

/// Told of commits, for metrics. Called on the ingest thread.
struct CommitObserver {
  std::function<void(std::int64_t unix_ns)> committed;  ///< also when there was nothing to write
  std::function<void()> failed;
};

class Pipeline {
 public:
  /// `state` may be null: then nothing survives a restart.
  Pipeline(const Config& config, std::shared_ptr<const Catalog> catalog, FileSystem& files,
           Clock& clock, Waker& waker, Log& log, std::unique_ptr<StateStore> state,
           CommitObserver observer);
  ~Pipeline();  ///< stops
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Takes up the state of an earlier run; before start().
  Result<void> restore();
  void start();
  /// Finishes the batch in hand, commits, ends the thread.
  void stop();

  /// Values as of now, all of them committed; older ones while the state cannot be written. From
  /// any thread; waits for the ingest thread, at most two seconds, and then gives the last ones.
  std::shared_ptr<const SeriesSnapshot> snapshot();
  /// A snapshot for /metrics; its first one ends the start-up hold.
  std::shared_ptr<const SeriesSnapshot> scrape();

  /// Changes sources, formats, catalog and limits.line_bytes at the next batch
  /// boundary. Counters stay.
  void reload(const Config& config, std::shared_ptr<const Catalog> catalog);

  /// Why the counts are not up to date with the logs yet; empty = they are.
  std::string not_ready() const;
  /// Grows as long as the thread is alive and well.
  std::uint64_t heartbeat() const { return heartbeat_.load(); }

 private:
  struct Source;
  struct Reload {
    Config config;
    std::shared_ptr<const Catalog> catalog;
  };
  class Events;
  enum class Phase { kStarting, kHolding, kReading, kReady };

  void run();
  void configure(const Config& config, std::shared_ptr<const Catalog> catalog);
  std::vector<FilePosition> take_resume(const std::string& source);
  bool holding();
  bool read_round();
  void sweep();
  void wait_for_work();
  void serve_requests();
  void count(Source& source, LineBatch batch);
  void commit();
  void set_phase(Phase phase);
  void refresh_counts();
  std::shared_ptr<const SeriesSnapshot> stale_snapshot();
  std::int64_t now() { return clock_.unix_ns(); }

  FileSystem& files_;
  Clock& clock_;
  Waker& waker_;
  Log& log_;
  std::unique_ptr<StateStore> state_;
  CommitObserver observer_;

  // The ingest thread's own.
  Config config_;
  std::unique_ptr<SeriesStore> series_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<SourcePositions> resume_;
  std::set<std::string> known_;  ///< names of sources that were followed before
  ReadBuffer buffer_;
  CallParser parser_;
  std::int64_t next_sweep_ns_ = 0;
  std::int64_t next_commit_ns_ = 0;
  std::int64_t hold_until_ns_ = 0;
  bool dirty_ = false;

  mutable std::mutex mutex_;  ///< protects what follows
  std::condition_variable served_changed_;
  std::uint64_t requested_ = 0;
  std::uint64_t served_ = 0;
  std::shared_ptr<const SeriesSnapshot> latest_;
  std::optional<Reload> reload_;
  Phase phase_ = Phase::kStarting;

  std::atomic<bool> scraped_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> heartbeat_ = 0;
  std::thread thread_;
};

}  // namespace apierrd
