#include "exporters/metrics_page.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace apierrd {

SeenRows ScraperMemory::seen(const std::string& client, const SeenRows& rows,
                             std::int64_t now_unix_ns) {
  auto known = std::find_if(scrapers_.begin(), scrapers_.end(),
                            [&client](const Scraper& s) { return s.client == client; });
  SeenRows seen;
  if (known != scrapers_.end()) {
    if (now_unix_ns - known->last_unix_ns < kForgetNs) seen = known->rows;
  } else if (scrapers_.size() < kScrapersMax) {
    known = scrapers_.insert(scrapers_.end(), Scraper{client, {}, 0});
  } else {
    known = std::min_element(
        scrapers_.begin(), scrapers_.end(),
        [](const Scraper& a, const Scraper& b) { return a.last_unix_ns < b.last_unix_ns; });
    known->client = client;
  }
  known->rows = rows;
  known->last_unix_ns = now_unix_ns;
  return seen;
}

HttpResponse MetricsPage::render(const HttpRequest& request) {
  const auto started = std::chrono::steady_clock::now();
  const std::shared_ptr<const SeriesSnapshot> snapshot = snapshot_();
  SeenRows seen;
  {
    const std::lock_guard lock(mutex_);
    seen = scrapers_.seen(request.client, SeenRows::of(*snapshot), snapshot->time_unix_ns);
  }
  self_.set_process(process_());
  // A sixteenth more, for counts that grow. What is reserved and not written to takes no memory.
  const std::size_t last_bytes = last_bytes_;
  ExpositionWriter writer(negotiate_format(request.accept), last_bytes + last_bytes / 16);
  write_series(writer, *snapshot, seen);
  self_.write(writer);
  last_bytes_ = writer.bytes();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  self_.set_exposition(elapsed.count(), writer.bytes(), writer.samples());
  const std::string_view type = content_type_of(writer.format());
  return {200, std::string(type), writer.finish()};
}

}  // namespace apierrd
