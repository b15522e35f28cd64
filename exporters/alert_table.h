// The alerts of single events: one for each failed call whose code pages (`event: page` in a
// catalog), held for a time, then resolved, then forgotten.
//
// A table, not a queue: whoever sends it sends what stands in it, again and again, so an outage of
// the receiver needs no memory of its own. Bounded: beyond the limits events are counted in one
// aggregate alert of their source and code. AlertTable is a value without threads, clock or I/O;
// the ingest commits it together with the counters. AlertBoard, which shows the committed alerts to
// other threads, is thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "exporters/recent_failures.h"
#include "parsers/tally.h"

namespace apierrd {

/// An event, or, without request_id, all events of a source and code that have no alert of their
/// own. Texts are safe for labels and annotations; secrets in the message are masked.
struct Alert {
  std::uint64_t key = 0;       ///< for ever; also its key in the state
  std::uint64_t revision = 0;  ///< of its latest change; not kept over a restart

  std::string source, code, severity;
  std::string service, action, request_id;  ///< empty in an aggregate, service and action too

  std::string description;  ///< from the catalog: what it means, what to do
  std::string message;      ///< of the latest event, and where it stands
  std::string path;
  std::uint64_t offset_bytes = 0;
  std::uint64_t count = 1;         ///< events; more than one if it was logged repeatedly
  std::int64_t first_unix_ns = 0;  ///< log time, never later than when it was read
  std::int64_t last_unix_ns = 0;
  std::int64_t added_unix_ns = 0;     ///< when the first was read
  std::int64_t read_unix_ns = 0;      ///< when the latest was read
  std::int64_t resolved_unix_ns = 0;  ///< 0 = active

  bool operator==(const Alert&) const = default;
  bool aggregate() const { return request_id.empty(); }
  bool active() const { return resolved_unix_ns == 0; }
  /// ApiPaidNotDeliveredEvent, or ApiPagingEvent for any other code.
  std::string_view alertname() const;
};

using AlertList = std::vector<Alert>;  ///< by key: the oldest first

/// What differs from the state.
struct AlertChanges {
  std::vector<const Alert*> changed;
  std::vector<std::uint64_t> removed;  ///< keys
};

inline constexpr std::int64_t kHourNs = 3'600'000'000'000;
/// Alerts of single events; at some 2 KiB each. More than anybody reads.
inline constexpr std::size_t kAlertsMax = 500;
/// Aggregates: sources times codes that page; one code does in the compiled-in catalog.
inline constexpr std::size_t kAggregatesMax = 100;
/// Of one source and code, per hour; what is beyond is a storm, told by its aggregate.
inline constexpr std::size_t kStormMax = 20;
/// An event that was read so long after it was logged is history: it only counts.
inline constexpr std::int64_t kBacklogNs = 24 * kHourNs;
/// How long a resolved alert is sent on, for receivers that missed it (as Prometheus does).
inline constexpr std::int64_t kResolvedKeptNs = kHourNs / 4;

class AlertTable {
 public:
  explicit AlertTable(std::int64_t hold_ns = kBacklogNs) : hold_ns_(hold_ns) {}

  /// How long an event stays active after it was read.
  void set_hold(std::int64_t hold_ns) { hold_ns_ = hold_ns; }

  /// Takes the paging failures of a tally that has just been counted. A RequestId that is there
  /// already, for the same source, service, action and code, is the same alert.
  void add(const Tally& tally, const BatchPlace& place, std::int64_t now_unix_ns);
  /// Resolves what was held long enough, forgets what was resolved long ago.
  void advance(std::int64_t now_unix_ns);

  /// Everything that is sent: active ones, and resolved ones for kResolvedKeptNs.
  AlertList alerts(std::int64_t now_unix_ns) const;
  std::size_t size() const { return alerts_.size(); }

  /// From the state, into an empty table.
  void restore(AlertList alerts);
  AlertChanges changes() const;
  bool changed() const { return !changed_.empty() || !removed_.empty(); }
  /// The changes are in the state.
  void settle();

 private:
  using Labels = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  using Alerts = std::map<std::uint64_t, Alert>;
  static Labels labels_of(const Alert& alert);

  void add_event(Alert event, std::int64_t now_unix_ns);
  void add_to_aggregate(Alert event, std::int64_t now_unix_ns);
  bool belongs_to_aggregate(const Alert& event, std::int64_t now_unix_ns) const;
  Alert* find(const Labels& labels);
  void insert(Alert alert);
  bool make_room(bool aggregate);
  void touch(Alert& alert);
  void erase(Alerts::iterator at);

  std::int64_t hold_ns_;
  Alerts alerts_;
  std::map<Labels, std::uint64_t> keys_;
  std::size_t aggregates_ = 0;
  std::uint64_t next_key_ = 1, next_revision_ = 1;
  std::set<std::uint64_t> changed_, removed_;  ///< keys
};

/// The alerts as last committed; readers take them, the ingest thread replaces them.
class AlertBoard {
 public:
  std::shared_ptr<const AlertList> alerts() const {
    const std::lock_guard lock(mutex_);
    return alerts_;
  }
  void show(AlertList alerts) {
    auto shown = std::make_shared<const AlertList>(std::move(alerts));
    const std::lock_guard lock(mutex_);
    alerts_ = std::move(shown);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const AlertList> alerts_ = std::make_shared<const AlertList>();
};

}  // namespace apierrd
