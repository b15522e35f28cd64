#include "exporters/self_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

constexpr std::array kLevels{"debug", "info", "warning", "error"};
constexpr std::array kShedReasons{"connections", "slow", "requests", "unsent"};  // as HttpShed

// The table's row of a family; every family here is registered from the table.
Metric metric_named(const std::string& name) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if (kMetrics[i].name == name) return static_cast<Metric>(i);
  }
  return Metric::kBuildInfo;
}

}  // namespace

struct SelfMetrics::Registry {
  prometheus::Registry registry;

  prometheus::Family<prometheus::Counter>& counters(Metric metric) {
    return prometheus::BuildCounter()
        .Name(std::string(info_of(metric).name))
        .Help(std::string(info_of(metric).help))
        .Register(registry);
  }
  prometheus::Family<prometheus::Gauge>& gauges(Metric metric) {
    return prometheus::BuildGauge()
        .Name(std::string(info_of(metric).name))
        .Help(std::string(info_of(metric).help))
        .Register(registry);
  }
  prometheus::Gauge& gauge(Metric metric) { return gauges(metric).Add({}); }

  prometheus::Gauge& checkpoint_time = gauge(Metric::kCheckpointLastSuccess);
  prometheus::Counter& checkpoint_failures = counters(Metric::kCheckpointFailures).Add({});
  prometheus::Gauge& reload_successful = gauge(Metric::kReloadSuccessful);
  prometheus::Gauge& reload_time = gauge(Metric::kReloadSuccessTime);
  prometheus::Family<prometheus::Counter>& alerts_sent = counters(Metric::kAlertPushSent);
  prometheus::Family<prometheus::Counter>& pushes_failed = counters(Metric::kAlertPushFailed);
  prometheus::Family<prometheus::Counter>& alerts_dropped = counters(Metric::kAlertPushDropped);
  prometheus::Gauge& alerts_active = gauge(Metric::kAlertPushActive);
  prometheus::Family<prometheus::Gauge>& push_time = gauges(Metric::kAlertPushLastSuccess);
  prometheus::Family<prometheus::Gauge>& build = gauges(Metric::kBuildInfo);
  prometheus::Gauge& scrape_duration = gauge(Metric::kScrapeDuration);
  prometheus::Gauge& exposition_bytes = gauge(Metric::kExpositionBytes);
  prometheus::Gauge& series = gauge(Metric::kSeries);
  prometheus::Family<prometheus::Counter>& http_requests = counters(Metric::kHttpRequests);
  prometheus::Gauge& http_connections = gauge(Metric::kHttpConnections);
  prometheus::Family<prometheus::Counter>& http_shed = counters(Metric::kHttpShed);
  prometheus::Family<prometheus::Counter>& log_messages = counters(Metric::kLogMessages);
  prometheus::Gauge& cpu = gauge(Metric::kProcessCpu);
  prometheus::Gauge& resident = gauge(Metric::kProcessResidentMemory);
  prometheus::Gauge& virtual_memory = gauge(Metric::kProcessVirtualMemory);
  prometheus::Gauge& open_fds = gauge(Metric::kProcessOpenFds);
  prometheus::Gauge& max_fds = gauge(Metric::kProcessMaxFds);
  prometheus::Gauge& start_time = gauge(Metric::kProcessStartTime);
};

SelfMetrics::SelfMetrics(std::string_view version, std::string_view revision,
                         std::string_view compiler)
    : registry_(std::make_unique<Registry>()) {
  registry_->build
      .Add({{"version", std::string(version)},
            {"revision", std::string(revision)},
            {"compiler", std::string(compiler)}})
      .Set(1);
  registry_->reload_successful.Set(1);
  for (const char* level : kLevels) registry_->log_messages.Add({{"level", level}});
  registry_->http_requests.Add({{"handler", "/metrics"}, {"status", "200"}});
  for (const char* reason : kShedReasons) registry_->http_shed.Add({{"reason", reason}});
}

SelfMetrics::~SelfMetrics() = default;

void SelfMetrics::count_http_request(std::string_view handler, int status) {
  registry_->http_requests
      .Add({{"handler", std::string(handler)}, {"status", std::to_string(status)}})
      .Increment();
}

void SelfMetrics::count_http_shed(HttpShed reason) {
  const char* const name = kShedReasons[static_cast<std::size_t>(reason)];
  registry_->http_shed.Add({{"reason", name}}).Increment();
}

void SelfMetrics::set_http_connections(std::size_t open) {
  registry_->http_connections.Set(static_cast<double>(open));
}

void SelfMetrics::count_log_message(std::string_view level) {
  registry_->log_messages.Add({{"level", std::string(level)}}).Increment();
}

void SelfMetrics::set_reload(bool successful, double unix_seconds) {
  registry_->reload_successful.Set(successful ? 1 : 0);
  if (successful) registry_->reload_time.Set(unix_seconds);
}

void SelfMetrics::set_checkpoint(double unix_seconds) {
  registry_->checkpoint_time.Set(unix_seconds);
}

void SelfMetrics::count_checkpoint_failure() { registry_->checkpoint_failures.Increment(); }

void SelfMetrics::set_process(const ProcessStats& stats) {
  registry_->cpu.Set(stats.cpu_seconds);
  registry_->resident.Set(stats.resident_memory_bytes);
  registry_->virtual_memory.Set(stats.virtual_memory_bytes);
  registry_->open_fds.Set(stats.open_fds);
  registry_->max_fds.Set(stats.max_fds);
  registry_->start_time.Set(stats.start_time_unix_seconds);
}

void SelfMetrics::set_exposition(double seconds, std::uint64_t bytes, std::uint64_t samples) {
  registry_->scrape_duration.Set(seconds);
  registry_->exposition_bytes.Set(static_cast<double>(bytes));
  registry_->series.Set(static_cast<double>(samples));
}

void SelfMetrics::write(ExpositionWriter& writer) const {
  std::vector<prometheus::MetricFamily> families = registry_->registry.Collect();
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) {
    return metric_named(a.name) < metric_named(b.name);
  });
  for (const prometheus::MetricFamily& family : families) {
    writer.begin(metric_named(family.name));
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::string labels;
      for (const auto& label : metric.label) append_label(labels, label.name, label.value);
      const bool counter = family.type == prometheus::MetricType::Counter;
      writer.sample(labels, counter ? metric.counter.value : metric.gauge.value);
    }
  }
}

void SelfMetrics::add_alertmanager(const std::string& url) {
  registry_->alerts_sent.Add({{"alertmanager", url}});
  registry_->pushes_failed.Add({{"alertmanager", url}});
  registry_->alerts_dropped.Add({{"alertmanager", url}});
  registry_->push_time.Add({{"alertmanager", url}});
}

void SelfMetrics::count_pushed_alerts(const std::string& url, std::uint64_t taken,
                                      std::uint64_t refused, double unix_seconds) {
  registry_->alerts_sent.Add({{"alertmanager", url}}).Increment(static_cast<double>(taken));
  registry_->alerts_dropped.Add({{"alertmanager", url}}).Increment(static_cast<double>(refused));
  if (taken > 0) registry_->push_time.Add({{"alertmanager", url}}).Set(unix_seconds);
}

void SelfMetrics::count_failed_push(const std::string& url) {
  registry_->pushes_failed.Add({{"alertmanager", url}}).Increment();
}

void SelfMetrics::set_active_alerts(std::size_t count) {
  registry_->alerts_active.Set(static_cast<double>(count));
}

}  // namespace apierrd
