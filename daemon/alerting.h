// The committed alerts and who sends them: the board, the client, and what is counted and logged of
// both. Thread-safe.
#pragma once

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "exporters/alert_table.h"
#include "exporters/alertmanager_client.h"
#include "exporters/self_metrics.h"

namespace apierrd {

class Alerting {
 public:
  Alerting(SelfMetrics& metrics, Log& log, Clock& clock);

  /// The alerts as committed; for whoever wants to show them.
  const AlertBoard& board() const { return board_; }
  void show(AlertList alerts);
  /// Where to, and how they are dressed. What has not changed goes on undisturbed.
  void configure(const AlertmanagerOptions& options);
  void stop() { client_.stop(); }

 private:
  PushObserver observer();

  SelfMetrics& metrics_;
  Log& log_;
  Clock& clock_;
  AlertBoard board_;
  AlertmanagerOptions options_;
  AlertmanagerClient client_;
};

}  // namespace apierrd
