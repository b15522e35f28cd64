// What the page at `/`, /api/v1/status and `top` show, as values: snapshot, latest failures,
// conditions, configuration in effect, and the rows made of them. Pure.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/alert_table.h"
#include "exporters/conditions.h"
#include "exporters/recent_failures.h"
#include "exporters/series_store.h"

namespace apierrd {

/// Rows of a table; a page is for looking, /metrics has everything.
inline constexpr std::size_t kTableRowsMax = 200;

/// A value in effect and where it comes from.
struct ShownSetting {
  std::string key, value;
  std::string origin;  ///< file:line:column, or "default"
};

/// Its value without what may be secret: passwords in URLs, all of keys that are called secret.
/// Values and file names of any bytes become text.
ShownSetting shown_setting(std::string key, std::string value, const std::string& origin);

struct StatusView {
  std::shared_ptr<const SeriesSnapshot> snapshot;
  std::vector<RecentCode> recent;
  std::vector<Condition> conditions;
  std::shared_ptr<const AlertList> alerts = std::make_shared<const AlertList>();
  std::vector<ShownSetting> settings;
  DaemonHealth health;
  std::string version;
  std::string not_ready;  ///< why /-/ready says 503; empty = ready
  std::int64_t started_unix_ns = 0;
};

/// One failing code.
struct FailingCode {
  const CodeSeries* series;
  const CodeInfo* info;
  std::string_view request_id;  ///< of the latest
  Documentation finding;        ///< the farthest of its actions
  const RecentCode* recent;     ///< nullptr = nothing since the daemon began
  std::array<std::uint32_t, kRecentMinutes> minutes;
};

/// What pages at its first occurrence, then by severity, then the most frequent.
std::vector<FailingCode> failing_codes(const StatusView& view);

/// One action with its failures, those with the most first.
struct ActionRow {
  const CallSeries* call;
  std::uint64_t failed = 0;
  std::string_view worst_code;  ///< what it failed with most; empty if never
};
std::vector<ActionRow> action_rows(const SeriesSnapshot& snapshot);

struct StatusTotals {
  std::uint64_t calls = 0, failed = 0, lines = 0, rejected = 0, lag_bytes = 0;
};
StatusTotals totals_of(const SeriesSnapshot& snapshot);

/// DryRunOperation and its like arrive as errors but are none (fault_domain none).
bool is_failure(const CodeInfo& info);

}  // namespace apierrd
