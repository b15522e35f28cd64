#include "exporters/alert_push.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "exporters/json_writer.h"
#include "parsers/ascii.h"
#include "parsers/time_text.h"

namespace apierrd {

namespace {

constexpr std::size_t kUrlMax = 256;  // it is the value of a label

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

// An Alertmanager drops labels without a value; so do we.
void member(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.member(name, value);
}

std::string summary_of(const Alert& alert) {
  if (alert.aggregate()) {
    return fmt::format("{} calls of {} failed with {}", alert.count, alert.source, alert.code);
  }
  return fmt::format("{} {} failed with {}", alert.service, alert.action, alert.code);
}

void write_labels(JsonWriter& json, const Alert& alert, const AlertDress& dress) {
  json.key("labels").begin_object();
  member(json, "alertname", alert.alertname());
  member(json, "severity", alert.severity);
  member(json, "source", alert.source);
  member(json, "api_service", alert.service);
  member(json, "action", alert.action);
  member(json, "code", alert.code);
  member(json, "request_id", alert.request_id);
  member(json, "instance", dress.instance);
  member(json, "origin", "apierrd");
  for (const auto& [name, value] : dress.external_labels) member(json, name, value);
  json.end_object();
}

// All of them each time: an Alertmanager keeps those of the latest request only.
void write_annotations(JsonWriter& json, const Alert& alert, const AlertDress& dress) {
  json.key("annotations").begin_object();
  member(json, "summary", summary_of(alert));
  member(json, "description", alert.description);
  member(json, "message", alert.message);
  member(json, "log_file", alert.path);
  member(json, "offset", std::to_string(alert.offset_bytes));
  member(json, "time", rfc3339_text(alert.last_unix_ns));
  if (alert.aggregate()) member(json, "first_time", rfc3339_text(alert.first_unix_ns));
  if (alert.aggregate()) member(json, "count", std::to_string(alert.count));
  if (!dress.runbooks.empty()) {
    member(json, "runbook_url", dress.runbooks + "#" + lower(alert.alertname()));
  }
  json.end_object();
}

}  // namespace

Result<AlertmanagerUrl> parse_alertmanager_url(std::string_view url) {
  const auto bad = [&](const char* hint) {
    return invalid_error("'" + std::string(url.substr(0, kUrlMax)) + "' is no Alertmanager's URL",
                         {}, hint);
  };
  constexpr const char* kExample = "write http://host:9093 or https://host/prefix";
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (url.find('@') != std::string_view::npos) {
    return {invalid_error("an Alertmanager's URL must not hold a user or password", {},
                          "it is shown in metrics and logs; put a proxy before it")};
  }
  if (scheme == 0) return bad(kExample);
  if (url.size() > kUrlMax) return bad("at most 256 characters");
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (!plain || url.find_first_of("?#\"\\") != std::string_view::npos) return bad(kExample);
  const std::size_t slash = std::min(url.find('/', scheme), url.size());
  const std::string_view host = url.substr(scheme, slash - scheme);
  if (host.empty() || host.front() == ':') return bad(kExample);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    const bool digits = std::all_of(port.begin(), port.end(), is_digit);
    if (port.empty() || port.size() > 5 || !digits || std::stoi(std::string(port)) > 65535) {
      return bad(kExample);
    }
    if (host.front() != '[' && host.find(':') != colon) return bad("write [::1]:9093 for IPv6");
  }
  AlertmanagerUrl parsed{std::string(url.substr(0, slash)), std::string(url.substr(slash))};
  while (parsed.prefix.ends_with('/')) parsed.prefix.pop_back();
  return parsed;
}

std::string render_alerts(std::span<const Alert* const> alerts, const AlertDress& dress,
                          std::int64_t now_unix_ns) {
  const std::int64_t ends = now_unix_ns + 4 * std::max(dress.resend_ns, kBackoffMaxNs);
  JsonWriter json;
  json.begin_array();
  for (const Alert* alert : alerts) {
    json.begin_object();
    write_labels(json, *alert, dress);
    write_annotations(json, *alert, dress);
    const std::int64_t end = alert->active() ? ends : alert->resolved_unix_ns;
    json.member("startsAt", rfc3339_text(std::min(alert->first_unix_ns, end)));
    json.member("endsAt", rfc3339_text(end));
    json.end_object();
  }
  json.end_array();
  return json.take();
}

std::vector<const Alert*> PushTarget::due(const AlertList& alerts, std::int64_t resend_ns,
                                          std::int64_t now_unix_ns) const {
  std::vector<const Alert*> due;
  for (const Alert& alert : alerts) {
    const auto sent = sent_.find(alert.key);
    const bool known = sent != sent_.end() && sent->second.revision == alert.revision;
    const std::int64_t pause = known && sent->second.refused ? kRefusedNs : resend_ns;
    if (!known) {
      due.push_back(&alert);
      continue;
    }
    const std::int64_t elapsed = now_unix_ns - sent->second.time_unix_ns;
    if (elapsed >= pause || elapsed < 0) due.push_back(&alert);  // the clock may be set back
  }
  return due;
}

PushResult PushTarget::push(const AlertList& alerts, std::int64_t resend_ns,
                            std::int64_t now_unix_ns, const Post& post) {
  forget_missing(alerts);
  PushResult result;
  const std::vector<const Alert*> due_now = due(alerts, resend_ns, now_unix_ns);
  std::span<const Alert* const> rest(due_now);
  while (!rest.empty() && !result.failed) {
    const std::size_t size = std::min(rest.size(), kPushBatchMax);
    send(rest.first(size), now_unix_ns, post, result);
    rest = rest.subspan(size);
  }
  if (result.failed) std::erase_if(sent_, [](const auto& entry) { return !entry.second.refused; });
  return result;
}

void PushTarget::send(std::span<const Alert* const> batch, std::int64_t now_unix_ns,
                      const Post& post, PushResult& result) {
  if (batch.empty() || result.failed) return;
  const PushAnswer answer = post(batch);
  if (answer == PushAnswer::kFailed) {
    result.failed = true;
    return;
  }
  const bool refused = answer == PushAnswer::kRefused;
  if (refused && batch.size() > 1) {
    send(batch.first(batch.size() / 2), now_unix_ns, post, result);
    send(batch.subspan(batch.size() / 2), now_unix_ns, post, result);
    return;
  }
  for (const Alert* alert : batch) sent_[alert->key] = {alert->revision, now_unix_ns, refused};
  (refused ? result.refused : result.taken) += batch.size();
}

void PushTarget::forget_missing(const AlertList& alerts) {
  std::set<std::uint64_t> there;
  for (const Alert& alert : alerts) there.insert(alert.key);
  std::erase_if(sent_, [&](const auto& entry) { return !there.contains(entry.first); });
}

std::int64_t backoff_ns(unsigned failures, double random) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, 6U);
  const std::int64_t pause = std::min(kSecond << doublings, kBackoffMaxNs);
  return pause - static_cast<std::int64_t>(static_cast<double>(pause) / 2 * random);
}

}  // namespace apierrd
