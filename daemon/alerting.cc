#include "daemon/alerting.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return safe_label_value(name.data());
}

}  // namespace

Alerting::Alerting(SelfMetrics& metrics, Log& log, Clock& clock)
    : metrics_(metrics),
      log_(log),
      clock_(clock),
      client_(
          board_, [&clock] { return clock.unix_ns(); }, observer()) {}

PushObserver Alerting::observer() {
  return {[this](const std::string& url, const PushResult& result) {
            metrics_.count_pushed_alerts(url, result.taken, result.refused,
                                         static_cast<double>(clock_.unix_ns()) / 1e9);
            if (result.refused == 0) return;
            log_.warning("alert_refused",
                         fmt::format("alertmanager={} alerts={}; it holds them for invalid, and "
                                     "they are left out for an hour",
                                     url, result.refused));
          },
          [this](const std::string& url, const std::string& why) {
            metrics_.count_failed_push(url);
            log_.warning("alert_push_failed",
                         fmt::format("alertmanager={} {}; trying again", url, why));
          }};
}

void Alerting::show(AlertList alerts) {
  metrics_.set_active_alerts(static_cast<std::size_t>(
      std::count_if(alerts.begin(), alerts.end(), [](const Alert& a) { return a.active(); })));
  board_.show(std::move(alerts));
  client_.wake();
}

void Alerting::configure(const AlertmanagerOptions& options) {
  if (options == options_) return;
  options_ = options;
  for (const std::string& url : options.urls) metrics_.add_alertmanager(url);
  AlertmanagerOptions wanted = options;
  if (wanted.dress.instance == kAutoInstance) wanted.dress.instance = host_name();
  client_.configure(wanted);
}

}  // namespace apierrd
