// What /metrics answers: the latest snapshot and the daemon's own metrics, in the format asked for.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporters/http_responder.h"
#include "exporters/self_metrics.h"
#include "exporters/series_store.h"

namespace apierrd {

/// Remembers how many rows each scraper has seen. A row is shown as 0 in the first scrape after its
/// birth to scrapers that were here before it: Prometheus' increase() sees an error only as a step
/// from an earlier sample. Pure; bounded to kScrapersMax.
class ScraperMemory {
 public:
  /// What `client` has seen; all of it for one not seen within kForgetNs, for whom every value is a
  /// first sample anyway. From now on it has seen `rows`.
  SeenRows seen(const std::string& client, const SeenRows& rows, std::int64_t now_unix_ns);

 private:
  struct Scraper {
    std::string client;
    SeenRows rows;
    std::int64_t last_unix_ns = 0;
  };
  static constexpr std::size_t kScrapersMax = 16;
  static constexpr std::int64_t kForgetNs = 600'000'000'000;

  std::vector<Scraper> scrapers_;
};

class MetricsPage {
 public:
  using Snapshot = std::function<std::shared_ptr<const SeriesSnapshot>()>;
  using Process = std::function<ProcessStats()>;

  MetricsPage(SelfMetrics& self, Snapshot snapshot, Process process)
      : self_(self), snapshot_(std::move(snapshot)), process_(std::move(process)) {}

  HttpResponse render(const HttpRequest& request);

 private:
  SelfMetrics& self_;
  Snapshot snapshot_;
  Process process_;
  std::mutex mutex_;  ///< protects scrapers_
  ScraperMemory scrapers_;
  std::atomic<std::size_t> last_bytes_{0};  ///< of the page before
};

}  // namespace apierrd
