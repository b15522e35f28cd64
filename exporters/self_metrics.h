// apierrd's metrics about itself, kept in a prometheus-cpp registry. Thread-safe, as the registry
// is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "exporters/exposition.h"

namespace apierrd {

/// What the operating system says of this process; read by the daemon at each scrape.
struct ProcessStats {
  double cpu_seconds = 0;
  double resident_memory_bytes = 0;
  double virtual_memory_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
  double start_time_unix_seconds = 0;
};

/// Why an HTTP client was turned away.
enum class HttpShed : std::uint8_t {
  kConnections,  ///< too many are open
  kSlow,         ///< it took longer than it may
  kRequests,     ///< too many wait for a worker: answered 503
  kUnsent,       ///< too much waits to be read by clients
};

class SelfMetrics {
 public:
  SelfMetrics(std::string_view version, std::string_view revision, std::string_view compiler);
  ~SelfMetrics();
  SelfMetrics(const SelfMetrics&) = delete;
  SelfMetrics& operator=(const SelfMetrics&) = delete;

  void count_http_request(std::string_view handler, int status);
  void count_http_shed(HttpShed reason);
  void set_http_connections(std::size_t open);
  void count_log_message(std::string_view level);
  void set_reload(bool successful, double unix_seconds);
  void set_checkpoint(double unix_seconds);
  void count_checkpoint_failure();
  /// The series of an Alertmanager exist from then on; what they count stays.
  void add_alertmanager(const std::string& url);
  void count_pushed_alerts(const std::string& url, std::uint64_t taken, std::uint64_t refused,
                           double unix_seconds);
  void count_failed_push(const std::string& url);
  void set_active_alerts(std::size_t count);
  void set_process(const ProcessStats& stats);
  void set_exposition(double seconds, std::uint64_t bytes, std::uint64_t samples);

  /// Writes all families, in the order of the metric table.
  void write(ExpositionWriter& writer) const;

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace apierrd
