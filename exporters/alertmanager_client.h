// Sends the alerts of a board to every configured Alertmanager, from a thread for each, so that one
// that is slow or gone delays neither the others nor whoever writes to the board. With http_responder
// the only door to cpp-httplib. docs/alerting-push.md has the semantics.
//
// Thread-safe. Never logs: what happens is told to the observer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporters/alert_push.h"
#include "exporters/alert_table.h"

namespace apierrd {

inline constexpr std::size_t kAlertmanagersMax = 8;  ///< each has a thread

struct AlertmanagerOptions {
  std::vector<std::string> urls;  ///< checked by parse_alertmanager_url; empty = nothing is sent
  AlertDress dress;
  bool operator==(const AlertmanagerOptions&) const = default;
};

/// Called from the client's threads.
struct PushObserver {
  std::function<void(const std::string& url, const PushResult& result)> pushed;
  /// `why` is safe to log.
  std::function<void(const std::string& url, const std::string& why)> failed;
};

class AlertmanagerClient {
 public:
  /// `now_unix_ns` is the clock. Nothing is sent before configure().
  AlertmanagerClient(const AlertBoard& board, std::function<std::int64_t()> now_unix_ns,
                     PushObserver observer);
  ~AlertmanagerClient();  ///< stops
  AlertmanagerClient(const AlertmanagerClient&) = delete;
  AlertmanagerClient& operator=(const AlertmanagerClient&) = delete;

  /// Other Alertmanagers or labels; everything is sent anew.
  void configure(const AlertmanagerOptions& options);
  /// Something on the board has changed.
  void wake();
  /// Gives up what is under way; at most a few seconds, however an Alertmanager behaves.
  void stop();

 private:
  class Target;
  const AlertBoard& board_;
  std::function<std::int64_t()> now_unix_ns_;
  PushObserver observer_;
  struct Targets;
  std::unique_ptr<Targets> targets_;
};

}  // namespace apierrd
