// What is sent to an Alertmanager, and when: requests as text, what is due, what becomes of
// refusals. Pure: no threads, no clock, no network; alertmanager_client.h has those.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/alert_table.h"
#include "parsers/result.h"

namespace apierrd {

/// Where an Alertmanager listens: `http://host:9093` and a path before /api/v2/alerts, or none.
struct AlertmanagerUrl {
  std::string origin, prefix;
};
/// `http://` or `https://`, host, perhaps a port and a path. No user, query or fragment: a URL is a
/// label of metrics and is logged, so it must not hold a password.
Result<AlertmanagerUrl> parse_alertmanager_url(std::string_view url);

/// What an alert bears besides what the event says.
struct AlertDress {
  std::string instance;  ///< empty = no such label
  std::vector<std::pair<std::string, std::string>> external_labels;
  std::string runbooks;  ///< a page; the alert's name in lower case is the fragment. Empty = none
  std::int64_t resend_ns = 60'000'000'000;
  bool operator==(const AlertDress&) const = default;
};

/// Labels that an alert has of its own.
inline constexpr std::string_view kAlertLabels[] = {"alertname",   "severity", "source",
                                                    "api_service", "action",   "code",
                                                    "request_id",  "instance", "origin"};

/// A body of POST /api/v2/alerts. An active alert ends, should we fall silent, after
/// four times the longest time between two attempts.
std::string render_alerts(std::span<const Alert* const> alerts, const AlertDress& dress,
                          std::int64_t now_unix_ns);

enum class PushAnswer : std::uint8_t {
  kTaken,
  kRefused,  ///< 400: at least one alert of the request is invalid; the others were stored
  kFailed,   ///< anything else: tried again, all of it
};
/// Alerts in one request; some 300 KiB at most.
inline constexpr std::size_t kPushBatchMax = 100;
/// How long a refused alert is left out: it was refused as it is, but perhaps by a proxy.
inline constexpr std::int64_t kRefusedNs = kHourNs;

struct PushResult {
  std::uint64_t taken = 0;    ///< alerts
  std::uint64_t refused = 0;  ///< alerts
  bool failed = false;        ///< the rest was not tried
};

/// What one Alertmanager is known to have. Of one thread.
class PushTarget {
 public:
  using Post = std::function<PushAnswer(std::span<const Alert* const>)>;

  /// Alerts that it does not have yet, has in another revision, or was sent `resend_ns` ago.
  std::vector<const Alert*> due(const AlertList& alerts, std::int64_t resend_ns,
                                std::int64_t now_unix_ns) const;
  /// Sends what is due in batches. A refused batch is halved until the invalid alerts are found;
  /// those are left out for kRefusedNs or until they change. After a failure everything is due
  /// again, since the Alertmanager may come back with nothing.
  PushResult push(const AlertList& alerts, std::int64_t resend_ns, std::int64_t now_unix_ns,
                  const Post& post);

 private:
  struct Sent {
    std::uint64_t revision = 0;
    std::int64_t time_unix_ns = 0;
    bool refused = false;
  };
  void send(std::span<const Alert* const> batch, std::int64_t now_unix_ns, const Post& post,
            PushResult& result);
  void forget_missing(const AlertList& alerts);

  std::map<std::uint64_t, Sent> sent_;  ///< by the alert's key
};

/// The pause after the n-th failure in a row (from 1): 1, 2, 4 ... 60 s, less up to a half of it at
/// random (`random` from 0 to 1), so that many daemons do not come back at the same moment.
inline constexpr std::int64_t kBackoffMaxNs = 60'000'000'000;
std::int64_t backoff_ns(unsigned failures, double random);

}  // namespace apierrd
