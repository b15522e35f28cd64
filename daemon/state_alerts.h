// The alerts' rows in the state database. Plain functions, inside a transaction of the caller's.
#pragma once

#include "daemon/sqlite.h"
#include "exporters/alert_table.h"

namespace apierrd {

/// All of them, by key; false if they could not be read, or one is out of order.
bool load_alerts(Database& database, AlertList& out);
bool save_alerts(Database& database, const AlertChanges& changes);

}  // namespace apierrd
