// What the running daemon knows of itself beside its counters, gathered for the page: when it
// began, what is in effect, how writing the state and reloading went, what failed lately.
//
// Thread-safe: the ingest thread reports, the main thread reloads, web threads ask.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/os.h"
#include "daemon/pipeline.h"
#include "exporters/http_responder.h"
#include "exporters/metrics_page.h"
#include "exporters/status_view.h"

namespace apierrd {

class DaemonStatus {
 public:
  /// `alerts` has those of single events; it must outlive this.
  DaemonStatus(Clock& clock, const AlertBoard& alerts)
      : clock_(clock), alerts_(alerts), started_unix_ns_(clock.unix_ns()) {}

  void loaded(const Config& config);
  void reload_failed(const std::string& why);
  void state_written(std::int64_t unix_ns);
  void state_failed();

  RecentFailures& recent() { return recent_; }
  CounterHistory& history() { return history_; }

  /// All of it with the pipeline's counters of now.
  StatusView view(Pipeline& pipeline);

 private:
  Clock& clock_;
  const AlertBoard& alerts_;
  const std::int64_t started_unix_ns_;
  RecentFailures recent_;
  CounterHistory history_;
  std::mutex mutex_;  ///< protects what follows
  DaemonHealth health_;
  std::vector<ShownSetting> settings_;
};

/// Everything the daemon answers over HTTP. The arguments must outlive the server.
std::vector<HttpRoute> daemon_routes(Pipeline& pipeline, MetricsPage& metrics,
                                     DaemonStatus& status);

}  // namespace apierrd
