#include "exporters/conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporters/page_text.h"
#include "exporters/recent_failures.h"

namespace apierrd {

namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kLaggingNs = 2 * kMinuteNs;

CounterHistory::SourceCounts counts_of(const SourceSeries& source) {
  CounterHistory::SourceCounts counts;
  counts.lines = source.lines.lines;
  counts.rejected = rejected_lines(source.lines);
  for (const std::uint64_t bytes : source.files.lost_bytes) counts.lost_bytes += bytes;
  counts.missing = source.files.missing;
  counts.open_errors = source.files.open_errors;
  return counts;
}

std::uint64_t total_overflow(const SeriesSnapshot& snapshot) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : snapshot.overflow) total += count;
  return total;
}

// Collects the rows of one condition after the other.
class Judge {
 public:
  Judge(const SeriesSnapshot& snapshot, const CounterHistory& history)
      : snapshot_(snapshot), history_(history) {}

  void begin(Condition condition) {
    end();
    current_ = std::move(condition);
  }
  void active(std::string subject, std::string seen, std::int64_t since_unix_ns = 0) {
    Condition row = current_;
    row.active = true;
    row.subject = std::move(subject);
    row.seen = std::move(seen);
    row.since_unix_ns = since_unix_ns;
    rows_.push_back(std::move(row));
    any_ = true;
  }
  std::vector<Condition> finish() {
    end();
    std::stable_sort(rows_.begin(), rows_.end(), [](const Condition& a, const Condition& b) {
      return std::pair(!a.active, a.active ? a.severity : Severity::kCritical) <
             std::pair(!b.active, b.active ? b.severity : Severity::kCritical);
    });
    return std::move(rows_);
  }

  bool within(std::int64_t unix_ns, std::int64_t minutes) const {
    return unix_ns != 0 && snapshot_.time_unix_ns - unix_ns < minutes * kMinuteNs;
  }
  /// Calls `visit` with each source and what its counters grew by in so many minutes.
  template <class Visit>
  void each_growth(std::int64_t minutes, Visit&& visit) {
    const CounterHistory::Counts before = history_.before(snapshot_.time_unix_ns, minutes);
    for (const SourceSeries& source : snapshot_.sources) {
      CounterHistory::SourceCounts grown = counts_of(source);
      if (const auto old = before.sources.find(source.name); old != before.sources.end()) {
        grown.lines -= std::min(grown.lines, old->second.lines);
        grown.rejected -= std::min(grown.rejected, old->second.rejected);
        grown.lost_bytes -= std::min(grown.lost_bytes, old->second.lost_bytes);
        grown.missing -= std::min(grown.missing, old->second.missing);
        grown.open_errors -= std::min(grown.open_errors, old->second.open_errors);
      }
      visit(source.name, grown);
    }
  }
  std::uint64_t overflow_growth(std::int64_t minutes) const {
    const std::uint64_t before = history_.before(snapshot_.time_unix_ns, minutes).overflow;
    const std::uint64_t now = total_overflow(snapshot_);
    return now - std::min(now, before);
  }

 private:
  void end() {
    if (!any_ && !current_.alert.empty()) rows_.push_back(current_);
    any_ = false;
  }

  const SeriesSnapshot& snapshot_;
  const CounterHistory& history_;
  Condition current_;
  bool any_ = false;
  std::vector<Condition> rows_;
};

void judge_codes(Judge& judge, const SeriesSnapshot& snapshot) {
  const auto each_recent = [&](auto&& wanted) {
    for (const CodeSeries& code : snapshot.codes) {
      const Classification& is = snapshot.infos[code.info].classification;
      if (!wanted(is) || !judge.within(code.last_observed_unix_ns, 60)) continue;
      judge.active(
          fmt::format("{} {} ({})", code.service, code.code, snapshot.sources[code.source].name),
          fmt::format("{} so far, last {}", grouped(code.count),
                      ago(code.last_observed_unix_ns, snapshot.time_unix_ns)),
          snapshot.infos[code.info].first_seen_unix_ns);
    }
  };
  judge.begin({.alert = "ApiPaidNotDelivered",
               .severity = Severity::kCritical,
               .means = "a code of which each occurrence matters, in the last hour",
               .remedy = "Note the RequestIds under What fails and contact the vendor; do not pay "
                         "again."});
  each_recent([](const Classification& is) { return is.pages(); });
  judge.begin({.alert = "ApiUndocumentedCode",
               .means = "a code that no catalog knows, in the last hour",
               .remedy = "Look it up at the vendor and add it by an overlay (docs/catalog.md)."});
  each_recent([](const Classification& is) { return !is.documented(); });
}

void judge_ingestion(Judge& judge, const SeriesSnapshot& snapshot) {
  judge.begin({.alert = "ApierrdDataLost",
               .means = "bytes of a log gone before they were read, in 15 minutes",
               .remedy = "Rotate by renaming, or keep copytruncate's copy beside the log; `apierrd "
                         "audit` shows the rest adds up."});
  judge.each_growth(15, [&](const std::string& source, const auto& grown) {
    if (grown.lost_bytes == 0 && grown.missing == 0) return;
    judge.active(source, fmt::format("{} lost, {} files missing", bytes_text(grown.lost_bytes),
                                     grouped(grown.missing)));
  });
  judge.begin({.alert = "ApierrdIngestionLagging",
               .means = "the oldest unread line is older than two minutes",
               .remedy = "Look at CPU and disk; until it has caught up, everything here is late."});
  for (const SourceSeries& source : snapshot.sources) {
    const std::int64_t lag = lag_ns(source, snapshot.time_unix_ns);
    if (lag <= kLaggingNs) continue;
    judge.active(source.name, duration_text(lag) + " behind", source.files.oldest_unread_unix_ns);
  }
  judge.begin({.alert = "ApierrdFileOpenErrors",
               .means = "a log could not be opened or read, in 10 minutes",
               .remedy = "Look for event=file_failed in the journal; the service's group must be "
                         "able to read the log and its folders."});
  judge.each_growth(10, [&](const std::string& source, const auto& grown) {
    if (grown.open_errors == 0) return;
    judge.active(source, fmt::format("{} attempts failed", grouped(grown.open_errors)));
  });
  judge.begin({.alert = "ApierrdParseFailures",
               .means = "more than 1 % and at least 10 of the lines of 10 minutes were rejected",
               .remedy = "Give a line to `apierrd explain`: the log may have another format."});
  judge.each_growth(10, [&](const std::string& source, const auto& grown) {
    if (grown.rejected < 10 || grown.rejected * 100 <= grown.lines) return;
    judge.active(source,
                 fmt::format("{} of {} lines", grouped(grown.rejected), grouped(grown.lines)));
  });
}

void judge_daemon(Judge& judge, const DaemonHealth& daemon) {
  judge.begin({.alert = "ApierrdCheckpointStale",
               .means = "the state cannot be written",
               .remedy = "Make room for the state, or see to its permissions; counters stand still "
                         "until it can be written, nothing is lost."});
  if (daemon.state_failed_unix_ns != 0) {
    judge.active("", "writing the state fails", daemon.state_failed_unix_ns);
  }
  judge.begin(
      {.alert = "ApierrdConfigReloadFailed",
       .means = "the configuration on disk was refused",
       .remedy = "Run `apierrd check`, correct it, reload; a restart would fail as it is."});
  if (!daemon.reload_successful) judge.active("", daemon.reload_error, daemon.reload_unix_ns);
  judge.begin({.alert = "ApierrdLabelOverflow",
               .severity = Severity::kInfo,
               .means = "names beyond a limit are counted as other, in the last hour",
               .remedy = "Raise the limit under limits and restart, or find who makes up names."});
  if (const std::uint64_t folded = judge.overflow_growth(60); folded > 0) {
    judge.active("", grouped(folded) + " observations counted as other");
  }
}

}  // namespace

void CounterHistory::note(const SeriesSnapshot& snapshot) {
  const std::int64_t minute = minute_of(snapshot.time_unix_ns);
  const std::lock_guard lock(mutex_);
  if (!minutes_.empty() && minutes_.back().minute >= minute) return;
  Counts counts{minute, {}, total_overflow(snapshot)};
  for (const SourceSeries& source : snapshot.sources) {
    counts.sources[source.name] = counts_of(source);
  }
  minutes_.push_back(std::move(counts));
  if (minutes_.size() > kMinutesKept) minutes_.pop_front();
}

CounterHistory::Counts CounterHistory::before(std::int64_t now_unix_ns,
                                              std::int64_t minutes) const {
  const std::int64_t wanted = minute_of(now_unix_ns) - minutes;
  const std::lock_guard lock(mutex_);
  Counts found;
  for (const Counts& counts : minutes_) {
    if (counts.minute > wanted && found.minute != 0) break;
    found = counts;
  }
  return found;
}

std::vector<Condition> judge(const SeriesSnapshot& snapshot, const DaemonHealth& daemon,
                             const CounterHistory& history) {
  Judge judge(snapshot, history);
  judge_codes(judge, snapshot);
  judge_ingestion(judge, snapshot);
  judge_daemon(judge, daemon);
  return judge.finish();
}

std::uint64_t rejected_lines(const LineCounts& lines) {
  std::uint64_t total = 0;
  for (const VerdictInfo& verdict : kVerdicts) {
    if (verdict.kind == VerdictKind::kRejected) {
      total += lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    }
  }
  return total;
}

std::int64_t lag_ns(const SourceSeries& source, std::int64_t now_unix_ns) {
  const std::int64_t since = source.files.oldest_unread_unix_ns;
  return since == 0 ? 0 : std::max<std::int64_t>(0, now_unix_ns - since);
}

}  // namespace apierrd
