// The data plane's thread: it looks, reads, commits, and hands out snapshots.
//
// It alone touches the Ingest; others ask it. A scrape waits for the next batch boundary (one block
// of each file that has more), never the other way round.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/ingest.h"
#include "daemon/waker.h"

namespace apierrd {

class Pipeline {
 public:
  /// `first_start`: there was no earlier run; then counting is held until a first scrape.
  Pipeline(std::unique_ptr<Ingest> ingest, Clock& clock, Waker& waker, bool first_start);
  ~Pipeline();  ///< stops
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void start();
  /// Finishes the batch in hand, commits, ends the thread.
  void stop();

  /// Values as of now, all of them committed; older ones while the state cannot be written. From
  /// any thread; waits for the ingest thread, at most two seconds, and then gives the last ones.
  std::shared_ptr<const SeriesSnapshot> snapshot();
  /// The last one given, without asking the ingest thread.
  std::shared_ptr<const SeriesSnapshot> latest() const;
  /// A snapshot for /metrics; its first one ends the start-up hold.
  std::shared_ptr<const SeriesSnapshot> scrape();

  /// Changes what Ingest::configure() changes, at the next batch boundary.
  void reload(const Config& config, std::shared_ptr<const Catalog> catalog);

  /// Why the counts do not hold yet what was logged before the start; empty = they do.
  std::string not_ready() const;
  /// Grows as long as the thread is alive and well.
  std::uint64_t heartbeat() const { return heartbeat_.load(); }

 private:
  struct Reload {
    Config config;
    std::shared_ptr<const Catalog> catalog;
  };
  enum class Phase : std::uint8_t { kStarting, kHolding, kReading, kReady };

  void run();
  bool holding();
  void sweep();
  void watch_folders();
  std::int64_t next_sweep() const;
  void commit();
  void wait_for_work();
  void serve_requests();
  void set_phase(Phase phase);

  std::unique_ptr<Ingest> ingest_;
  Clock& clock_;
  Waker& waker_;
  std::int64_t swept_ns_ = 0;
  std::int64_t sure_interval_ns_ = 0;  ///< between sweeps that hints make unlikely to find anything
  bool hints_complete_ = false;        ///< whatever happens in the folders gives a hint
  bool hints_fresh_ = false;           ///< and did so when the last sweep began
  std::int64_t hinted_ns_ = 0;         ///< when hints were taken last
  std::int64_t next_commit_ns_ = 0;
  std::int64_t hold_until_ns_ = 0;

  mutable std::mutex mutex_;  ///< protects what follows
  std::condition_variable served_changed_;
  std::uint64_t requested_ = 0;
  std::uint64_t served_ = 0;
  std::shared_ptr<const SeriesSnapshot> latest_;
  std::optional<Reload> reload_;
  Phase phase_ = Phase::kStarting;
  std::uint64_t backlog_bytes_ = 0;

  std::atomic<bool> scraped_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> heartbeat_ = 0;
  std::thread thread_;
};

}  // namespace apierrd
