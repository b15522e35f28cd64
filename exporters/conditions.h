// What the daemon itself can see of the alerts that Prometheus would raise: for the page and `top`,
// where Prometheus is not at hand or not trusted to be up. Named after the alert rules that look at
// the same; the rules remain what pages, as they outlive the daemon.
//
// Pure but for CounterHistory, which is thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "exporters/series_store.h"

namespace apierrd {

/// What is not in any snapshot.
struct DaemonHealth {
  bool has_state = true;                   ///< counts survive a restart
  std::int64_t state_written_unix_ns = 0;  ///< 0 = not yet
  std::int64_t state_failed_unix_ns = 0;   ///< when writing it failed first, since it worked
  bool reload_successful = true;           ///< of the configuration, the last time
  std::int64_t reload_unix_ns = 0;
  std::string reload_error;  ///< empty if it was
};

/// Counters as they were at the end of each of the last minutes, to tell what is new.
class CounterHistory {
 public:
  /// Keeps the snapshot's counters, if there are none of its minute yet.
  void note(const SeriesSnapshot& snapshot);

  struct SourceCounts {
    std::uint64_t lines = 0, rejected = 0, lost_bytes = 0, missing = 0, open_errors = 0;
  };
  struct Counts {
    std::int64_t minute = 0;
    std::map<std::string, SourceCounts> sources;
    std::uint64_t overflow = 0;
  };
  /// The counters `minutes` ago, or the oldest there are; zeros if there are none.
  Counts before(std::int64_t now_unix_ns, std::int64_t minutes) const;

 private:
  static constexpr std::size_t kMinutesKept = 61;
  mutable std::mutex mutex_;
  std::deque<Counts> minutes_;  ///< the oldest first
};

struct Condition {
  std::string alert;  ///< ApierrdDataLost
  Severity severity = Severity::kWarning;
  std::string means;         ///< what is looked at, in words
  std::string subject = {};  ///< source or code; empty if not active, or the daemon as a whole
  bool active = false;
  std::string seen = {};           ///< what was seen; only if active
  std::int64_t since_unix_ns = 0;  ///< 0 = unknown
  std::string remedy = {};
};

/// Of each condition one row if all is well, else one for each source or code that is not; active
/// ones first, the gravest of them first.
std::vector<Condition> judge(const SeriesSnapshot& snapshot, const DaemonHealth& daemon,
                             const CounterHistory& history);

/// Lines of a source that could not be read.
std::uint64_t rejected_lines(const LineCounts& lines);

/// How long the oldest unread line of a source has been waiting, at most.
std::int64_t lag_ns(const SourceSeries& source, std::int64_t now_unix_ns);

}  // namespace apierrd
