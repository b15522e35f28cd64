// /api/v1/status and /api/v1/config.
#include <algorithm>
#include <span>

#include "exporters/exposition.h"
#include "exporters/json_writer.h"
#include "exporters/label_text.h"
#include "exporters/status_page.h"
#include "parsers/error_code.h"

namespace apierrd {

namespace {

void add_failures(JsonWriter& json, const FailingCode& row) {
  json.key("minutes").begin_array();
  for (const std::uint32_t count : row.minutes) json.value(std::uint64_t{count});
  json.end_array().key("recent").begin_array();
  if (row.recent != nullptr) {
    for (const RecentFailure& failure : row.recent->failures) {
      json.begin_object().member("action", failure.action);
      json.member("request_id", failure.request_id).member("message", failure.message);
      json.member("path", safe_text(failure.path, 4096)).member("offset", failure.offset_bytes);
      json.key("time").raw(seconds_text(failure.time_unix_ns)).end_object();
    }
  }
  json.end_array();
}

void add_codes(JsonWriter& json, const StatusView& view) {
  const SeriesSnapshot& snapshot = *view.snapshot;
  std::vector<FailingCode> rows = failing_codes(view);
  const std::size_t shown = std::min(rows.size(), kTableRowsMax);
  json.member("codes_more", std::uint64_t{rows.size() - shown}).key("codes").begin_array();
  rows.resize(shown);
  for (const FailingCode& row : rows) {
    const Classification& is = row.info->classification;
    json.begin_object().member("source", snapshot.sources[row.series->source].name);
    json.member("api_service", row.series->service).member("code", row.series->code);
    json.member("class", class_of(row.series->code));
    json.member("count", row.series->count).member("documented", is.documented());
    json.member("finding", name_of(row.finding)).member("meaning_by", is.meaning_by());
    json.member("fault_domain", name_of(is.fault_domain()));
    json.member("retryable", name_of(is.retryable())).member("severity", name_of(is.severity()));
    json.key("last_observed").raw(seconds_text(row.series->last_observed_unix_ns));
    json.member("request_id", safe_label_value(row.request_id));
    if (is.meaning != nullptr) {
      json.member("description", is.meaning->description).member("remedy", is.meaning->remedy);
    }
    add_failures(json, row);
    json.end_object();
  }
  json.end_array();
}

void add_items(JsonWriter& json, const SeriesSnapshot& snapshot) {
  const std::size_t shown = std::min(snapshot.items.size(), kTableRowsMax);
  json.member("item_failures_more", std::uint64_t{snapshot.items.size() - shown});
  json.key("item_failures").begin_array();
  for (const ItemSeries& item : std::span(snapshot.items).first(shown)) {
    json.begin_object().member("source", snapshot.sources[item.source].name);
    json.member("api_service", item.service).member("action", item.action);
    json.member("code", item.code).member("count", item.count).end_object();
  }
  json.end_array();
}

void add_actions(JsonWriter& json, const SeriesSnapshot& snapshot) {
  const std::vector<ActionRow> rows = action_rows(snapshot);
  const std::size_t shown = std::min(rows.size(), kTableRowsMax);
  json.member("actions_more", std::uint64_t{rows.size() - shown}).key("actions").begin_array();
  for (std::size_t i = 0; i < shown; ++i) {
    json.begin_object().member("source", snapshot.sources[rows[i].call->source].name);
    json.member("api_service", rows[i].call->service).member("action", rows[i].call->action);
    json.member("calls", rows[i].call->count).member("failed", rows[i].failed);
    json.member("fails_most_with", rows[i].worst_code).end_object();
  }
  json.end_array();
}

void add_source(JsonWriter& json, const SourceSeries& source, std::int64_t now) {
  json.begin_object().member("source", source.name).member("lines", source.lines.lines);
  json.member("bytes", source.lines.bytes).member("records", source.lines.records);
  json.member("rejected", rejected_lines(source.lines));
  json.key("last_record").raw(seconds_text(source.lines.newest_record_unix_ns));
  json.key("lag_seconds").raw(seconds_text(lag_ns(source, now)));
  json.member("rotations", source.files.rotations);
  json.member("truncations", source.files.truncations);
  json.member("files_missing", source.files.missing);
  json.member("open_errors", source.files.open_errors);
  json.key("lost_bytes").begin_object();
  for (std::size_t i = 0; i < kLossReasons.size(); ++i) {
    json.member(kLossReasons[i], source.files.lost_bytes[i]);
  }
  json.end_object();
  const std::vector<FileStatus>& files = source.files.files;
  const std::size_t shown = std::min(files.size(), kTableRowsMax);
  json.member("files_more", std::uint64_t{files.size() - shown}).key("files").begin_array();
  for (std::size_t i = 0; i < shown; ++i) {
    json.begin_object().member("path", safe_text(files[i].path, 4096));
    json.member("lag_bytes", files[i].lag_bytes).member("rotations", files[i].rotations);
    json.member("truncations", files[i].truncations);
    json.member("lost_bytes", files[i].lost_bytes).end_object();
  }
  json.end_array().end_object();
}

void add_conditions(JsonWriter& json, const StatusView& view) {
  json.key("conditions").begin_array();
  for (const Condition& row : view.conditions) {
    json.begin_object().member("alert", row.alert).member("active", row.active);
    json.member("severity", name_of(row.severity)).member("subject", row.subject);
    json.member("means", row.means).member("seen", row.seen);
    json.key("since").raw(seconds_text(row.since_unix_ns));
    json.member("remedy", row.remedy).end_object();
  }
  json.end_array();
}

void add_events(JsonWriter& json, const AlertList& alerts) {
  const std::size_t shown = std::min(alerts.size(), kTableRowsMax);
  json.member("events_more", std::uint64_t{alerts.size() - shown}).key("events").begin_array();
  for (std::size_t i = 0; i < shown; ++i) {
    const Alert& alert = alerts[alerts.size() - 1 - i];
    json.begin_object().member("alert", alert.alertname()).member("active", alert.active());
    json.member("severity", alert.severity).member("source", alert.source);
    json.member("api_service", alert.service).member("action", alert.action);
    json.member("code", alert.code).member("request_id", alert.request_id);
    json.member("count", alert.count);
    json.key("first").raw(seconds_text(alert.first_unix_ns));
    json.key("last").raw(seconds_text(alert.last_unix_ns));
    json.member("message", alert.message).member("path", safe_text(alert.path, 4096));
    json.member("offset_bytes", alert.offset_bytes).end_object();
  }
  json.end_array();
}

}  // namespace

std::string render_status_json(const StatusView& view) {
  const SeriesSnapshot& snapshot = *view.snapshot;
  const StatusTotals totals = totals_of(snapshot);
  JsonWriter json;
  json.begin_object().member("schema", std::uint64_t{1}).member("version", view.version);
  json.member("ready", view.not_ready.empty()).member("not_ready", view.not_ready);
  json.key("time").raw(seconds_text(snapshot.time_unix_ns));
  json.key("started").raw(seconds_text(view.started_unix_ns));
  json.member("calls", totals.calls).member("failed", totals.failed);
  json.member("lines", totals.lines).member("rejected", totals.rejected);
  json.member("lag_bytes", totals.lag_bytes);
  add_codes(json, view);
  add_items(json, snapshot);
  add_actions(json, snapshot);
  json.key("sources").begin_array();
  for (const SourceSeries& source : snapshot.sources) {
    add_source(json, source, snapshot.time_unix_ns);
  }
  json.end_array();
  add_conditions(json, view);
  add_events(json, *view.alerts);
  json.end_object();
  return json.take() + "\n";
}

std::string render_config_json(const StatusView& view) {
  JsonWriter json;
  json.begin_object().member("schema", std::uint64_t{1});
  json.key("loaded").raw(seconds_text(view.health.reload_unix_ns));
  json.member("reload_successful", view.health.reload_successful);
  json.key("settings").begin_array();
  for (const ShownSetting& setting : view.settings) {
    json.begin_object().member("key", setting.key).member("value", setting.value);
    json.member("origin", setting.origin).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace apierrd
