#include "exporters/alert_table.h"

#include <algorithm>
#include <utility>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

constexpr std::size_t kDescriptionMax = 2048;
constexpr std::string_view kPaidNotDelivered = "FailedOperation.PaySuccDeliverFailed";

Alert event_of(const ErrorRow& row, const BatchPlace& place, std::int64_t now) {
  Alert event;
  event.source = safe_label_value(place.source);
  event.code = safe_label_value(row.code);
  event.severity = name_of(row.classification.severity());
  event.service = safe_label_value(row.service);
  event.action = safe_label_value(row.action);
  if (const Meaning* meaning = row.classification.meaning) {
    event.description = safe_text(meaning->description + " " + meaning->remedy, kDescriptionMax);
  }
  event.path = safe_text(place.path, kDescriptionMax);
  event.added_unix_ns = event.read_unix_ns = now;
  return event;
}

void set_detail(Alert& event, const FailureDetail& detail, const BatchPlace& place) {
  event.request_id = shown_request_id(detail.request_id);
  event.message = shown_message(detail.message);
  event.offset_bytes = place.offset_bytes + detail.offset_bytes;
  event.first_unix_ns = event.last_unix_ns = std::min(detail.time_unix_ns, event.read_unix_ns);
}

// One more of what `alert` stands for.
void merge(Alert& alert, Alert event) {
  alert.count += event.count;
  alert.read_unix_ns = event.read_unix_ns;
  alert.first_unix_ns = std::min(alert.first_unix_ns, event.first_unix_ns);
  if (event.last_unix_ns < alert.last_unix_ns) return;
  alert.last_unix_ns = event.last_unix_ns;
  alert.message = std::move(event.message);
  alert.path = std::move(event.path);
  alert.offset_bytes = event.offset_bytes;
}

bool forgotten(const Alert& alert, std::int64_t now) {
  // The storm guard counts the alerts of an hour, so they stay as long.
  return !alert.active() && now - alert.resolved_unix_ns >= kResolvedKeptNs &&
         now - alert.added_unix_ns >= kHourNs;
}

}  // namespace

std::string_view Alert::alertname() const {
  return code == kPaidNotDelivered ? "ApiPaidNotDeliveredEvent" : "ApiPagingEvent";
}

AlertTable::Labels AlertTable::labels_of(const Alert& alert) {
  return {alert.source, alert.code, alert.service, alert.action, alert.request_id};
}

void AlertTable::add(const Tally& tally, const BatchPlace& place, std::int64_t now_unix_ns) {
  if (tally.paging().empty()) return;
  std::map<const ErrorRow*, std::uint64_t> detailed;
  for (const PagingFailure& failure : tally.paging()) {
    ++detailed[failure.row];
    Alert event = event_of(*failure.row, place, now_unix_ns);
    set_detail(event, failure.detail, place);
    add_event(std::move(event), now_unix_ns);
  }
  if (tally.paging().size() < kPagingFailuresMax) return;
  for (const ErrorRow* row : tally.errors()) {  // the others of the batch: a storm, surely
    if (!row->pages || row->count <= detailed[row]) continue;
    Alert event = event_of(*row, place, now_unix_ns);
    set_detail(event, row->latest, place);
    event.count = row->count - detailed[row];
    add_to_aggregate(std::move(event), now_unix_ns);
  }
}

void AlertTable::add_event(Alert event, std::int64_t now_unix_ns) {
  if (Alert* known = event.aggregate() ? nullptr : find(labels_of(event))) {
    merge(*known, std::move(event));
    return touch(*known);
  }
  if (belongs_to_aggregate(event, now_unix_ns) || !make_room(false)) {
    return add_to_aggregate(std::move(event), now_unix_ns);
  }
  insert(std::move(event));
}

bool AlertTable::belongs_to_aggregate(const Alert& event, std::int64_t now_unix_ns) const {
  if (event.aggregate() || event.first_unix_ns < now_unix_ns - kBacklogNs) return true;
  std::size_t of_the_hour = 0;
  for (const auto& [key, alert] : alerts_) {
    of_the_hour += !alert.aggregate() && alert.source == event.source && alert.code == event.code &&
                   now_unix_ns - alert.added_unix_ns < kHourNs;
  }
  return of_the_hour >= kStormMax;
}

void AlertTable::add_to_aggregate(Alert event, std::int64_t now_unix_ns) {
  event.service.clear(), event.action.clear(), event.request_id.clear();
  Alert* known = find(labels_of(event));
  if (known != nullptr && known->active()) {
    merge(*known, std::move(event));
    return touch(*known);
  }
  if (known != nullptr) erase(alerts_.find(known->key));  // resolved: this is a new one
  if (known == nullptr) make_room(true);
  event.added_unix_ns = now_unix_ns;
  insert(std::move(event));
}

Alert* AlertTable::find(const Labels& labels) {
  const auto key = keys_.find(labels);
  return key == keys_.end() ? nullptr : &alerts_.at(key->second);
}

void AlertTable::insert(Alert alert) {
  alert.key = next_key_++;
  aggregates_ += alert.aggregate();
  keys_.emplace(labels_of(alert), alert.key);
  touch(alerts_.emplace(alert.key, std::move(alert)).first->second);
}

// Among the events a resolved one gives way, never an active one. Among the aggregates the one that
// has been quiet for longest does: the new one is news.
bool AlertTable::make_room(bool aggregate) {
  const std::size_t used = aggregate ? aggregates_ : alerts_.size() - aggregates_;
  if (used < (aggregate ? kAggregatesMax : kAlertsMax)) return true;
  auto leaving = alerts_.end();
  for (auto at = alerts_.begin(); at != alerts_.end(); ++at) {
    const Alert& alert = at->second;
    if (alert.aggregate() != aggregate || (!aggregate && alert.active())) continue;
    if (leaving == alerts_.end() || alert.read_unix_ns < leaving->second.read_unix_ns) leaving = at;
  }
  if (leaving == alerts_.end()) return false;
  erase(leaving);
  return true;
}

void AlertTable::touch(Alert& alert) {
  alert.revision = next_revision_++;
  changed_.insert(alert.key);
}

void AlertTable::erase(Alerts::iterator at) {
  const Alert& alert = at->second;
  aggregates_ -= alert.aggregate();
  keys_.erase(labels_of(alert));
  changed_.erase(alert.key);
  removed_.insert(alert.key);
  alerts_.erase(at);
}

void AlertTable::advance(std::int64_t now_unix_ns) {
  for (auto at = alerts_.begin(); at != alerts_.end();) {
    Alert& alert = at->second;
    // An aggregate goes on as long as there are more events; a repeated line is no new event.
    const std::int64_t since = alert.aggregate() ? alert.read_unix_ns : alert.added_unix_ns;
    if (alert.active() && now_unix_ns - since >= hold_ns_) {
      alert.resolved_unix_ns = now_unix_ns;
      touch(alert);
    }
    const auto next = std::next(at);
    if (forgotten(alert, now_unix_ns)) erase(at);
    at = next;
  }
}

AlertList AlertTable::alerts(std::int64_t now_unix_ns) const {
  AlertList list;
  for (const auto& [key, alert] : alerts_) {
    if (!alert.active() && now_unix_ns - alert.resolved_unix_ns >= kResolvedKeptNs) continue;
    list.push_back(alert);
  }
  return list;
}

void AlertTable::restore(AlertList alerts) {
  for (Alert& alert : alerts) {
    next_key_ = std::max(next_key_, alert.key + 1);
    alert.revision = next_revision_++;
    aggregates_ += alert.aggregate();
    keys_.emplace(labels_of(alert), alert.key);
    alerts_.emplace(alert.key, std::move(alert));
  }
}

AlertChanges AlertTable::changes() const {
  AlertChanges changes;
  for (const std::uint64_t key : changed_) changes.changed.push_back(&alerts_.at(key));
  changes.removed.assign(removed_.begin(), removed_.end());
  return changes;
}

void AlertTable::settle() {
  changed_.clear();
  removed_.clear();
}

}  // namespace apierrd
