#include "daemon/state_alerts.h"

#include <algorithm>
#include <cstdint>

#include "daemon/state_rows.h"
#include "parsers/utf8.h"

namespace apierrd {

namespace {

// What an AlertTable can have given: it counts keys up from 1.
bool in_order(const Alert& alert) {
  const auto times = {alert.first_unix_ns, alert.last_unix_ns, alert.added_unix_ns,
                      alert.read_unix_ns, alert.resolved_unix_ns};
  return alert.key > 0 && alert.key < INT64_MAX && is_utf8(alert.description) &&
         is_utf8(alert.message) &&
         are_labels({alert.source, alert.code, alert.service, alert.action}) &&
         std::all_of(times.begin(), times.end(), is_time);
}

}  // namespace

bool load_alerts(Database& database, AlertList& out) {
  Statement query(database,
                  "SELECT key, source, code, severity, service, action, request_id, description, "
                  "message, path, offset, count, first_ns, last_ns, added_ns, read_ns, resolved_ns "
                  "FROM alerts ORDER BY key");
  while (query.next()) {
    Alert& alert = out.emplace_back();
    alert.key = query.count(0);
    alert.source = query.text(1), alert.code = query.text(2), alert.severity = query.text(3);
    alert.service = query.text(4), alert.action = query.text(5);
    alert.request_id = query.text(6), alert.description = query.text(7);
    alert.message = query.text(8), alert.path = query.text(9);
    alert.offset_bytes = query.count(10), alert.count = query.count(11);
    alert.first_unix_ns = query.integer(12), alert.last_unix_ns = query.integer(13);
    alert.added_unix_ns = query.integer(14), alert.read_unix_ns = query.integer(15);
    alert.resolved_unix_ns = query.integer(16);
    if (!in_order(alert)) return false;
  }
  return !query.failed();
}

bool save_alerts(Database& database, const AlertChanges& changes) {
  if (changes.changed.empty() && changes.removed.empty()) return true;
  Statement forget(database, "DELETE FROM alerts WHERE key=?");
  for (const std::uint64_t key : changes.removed) {
    if (!forget.run(key)) return false;
  }
  Statement upsert(database,
                   "INSERT OR REPLACE INTO alerts VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (const Alert* alert : changes.changed) {
    if (!upsert.run(alert->key, alert->source, alert->code, alert->severity, alert->service,
                    alert->action, alert->request_id, alert->description, alert->message,
                    alert->path, alert->offset_bytes, alert->count, alert->first_unix_ns,
                    alert->last_unix_ns, alert->added_unix_ns, alert->read_unix_ns,
                    alert->resolved_unix_ns)) {
      return false;
    }
  }
  return true;
}

}  // namespace apierrd
