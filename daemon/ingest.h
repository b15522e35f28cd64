// From files to committed counts: readers, tallies, series and state, without a thread of their
// own. What drives it (the pipeline's thread, a test) decides when to look, to read and to commit;
// between any two calls it may be dropped, and a later run goes on from the last commit.
//
// One thread, which alone applies what the BatchCounter's threads have counted, in the order of
// the log. docs/architecture.md shows where it stands.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/batch_counter.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "daemon/state_store.h"
#include "daemon/tailer.h"
#include "exporters/alert_table.h"
#include "exporters/recent_failures.h"
#include "exporters/series_store.h"
#include "parsers/process_batch.h"

namespace apierrd {

/// Told of commits: metrics, and whoever shows or sends alerts.
struct CommitObserver {
  std::function<void(std::int64_t unix_ns)> committed;  ///< also when there was nothing to write
  std::function<void()> failed;
  /// The alerts as committed, after each change of them and at the start.
  std::function<void(AlertList)> alerts{};
};

/// Told of each batch once it is counted; the tally is read only during the call.
using BatchObserver =
    std::function<void(const Tally&, const BatchPlace&, std::int64_t now_unix_ns)>;

class Ingest {
 public:
  /// `state` may be null: then nothing survives a restart. `boot_id` tells one start of the machine
  /// from another; empty if unknown.
  Ingest(const Config& config, std::shared_ptr<const Catalog> catalog, FileSystem& files,
         Clock& clock, Log& log, std::unique_ptr<StateStore> state, std::string boot_id,
         CommitObserver observer, BatchObserver counted = {});
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  /// Takes up the state of an earlier run; before anything else. Returns whether there was none.
  Result<bool> restore();

  /// Other sources, formats, catalog, limits.line_bytes, reader options and how long alerts are
  /// held. Counters and alerts stay.
  void configure(const Config& config, std::shared_ptr<const Catalog> catalog);
  const Config& config() const { return config_; }

  void sweep();
  bool wants_sweep() const;
  bool is_blind() const;  ///< Tailer::is_blind(), of any source
  void look_at(const std::string& path);
  /// Reads one block of each file that has more. Returns whether any may have more still; until
  /// then blocks may be being counted while others are read.
  bool read_round();
  /// Writes what is new, if anything is. Returns whether all that was counted is committed.
  bool commit();
  /// Something was counted since the last commit.
  bool dirty() const { return dirty_; }

  /// All values as of the last commit; those of the readers (lag, open files) as of now.
  std::shared_ptr<const SeriesSnapshot> snapshot();

  std::set<std::string> folders() const;
  /// Bytes that were there at the first look and have not been counted yet.
  std::uint64_t backlog_bytes();

 private:
  struct Source;
  class Events;
  class Sink;

  TailResume take_resume(const std::string& source);
  void apply(Source& source, Tally& tally, const LineBatch& batch, const BatchSink::Done& done);
  void show_alerts();
  std::int64_t now() { return clock_.unix_ns(); }

  FileSystem& files_;
  Clock& clock_;
  Log& log_;
  std::unique_ptr<StateStore> state_;
  std::string boot_id_;
  CommitObserver observer_;
  BatchObserver counted_;

  Config config_;
  std::unique_ptr<SeriesStore> series_;
  AlertTable alerts_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<SourcePositions> resume_;  ///< of sources that are not followed now
  std::set<std::string> known_;          ///< names of sources that were followed before
  bool rebooted_ = false;
  std::unique_ptr<BatchCounter> counter_;  ///< ends before the sources that it counts for
  bool dirty_ = false;
  std::shared_ptr<const SeriesSnapshot> latest_;  ///< as of the last commit
};

}  // namespace apierrd
