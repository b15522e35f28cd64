// The tables of the state database.
#pragma once

#include <cstdint>

namespace apierrd {

/// WITHOUT ROWID: the key is the row. Integers are SQLite's signed 64 bit; counters stay below
/// 2^63.
inline constexpr const char* kSchema = R"sql(
CREATE TABLE generations(source TEXT, key INTEGER, log TEXT, name TEXT, device INTEGER,
                         inode INTEGER, born_ns INTEGER, first_born_ns INTEGER,
                         offset INTEGER, marker INTEGER, marks BLOB, followed INTEGER,
                         settled INTEGER,
                         parsed INTEGER, ignored INTEGER, rejected INTEGER, padding INTEGER,
                         skipped INTEGER, undone INTEGER, lost INTEGER,
                         PRIMARY KEY(source, key)) WITHOUT ROWID;
CREATE TABLE source_counts(source TEXT, name TEXT, value INTEGER,
                           PRIMARY KEY(source, name)) WITHOUT ROWID;
CREATE TABLE calls(source TEXT, service TEXT, action TEXT, count INTEGER, sum_ns INTEGER,
                   buckets BLOB, exemplars BLOB,
                   PRIMARY KEY(source, service, action)) WITHOUT ROWID;
CREATE TABLE codes(source TEXT, service TEXT, code TEXT, count INTEGER, last_observed_ns INTEGER,
                   PRIMARY KEY(source, service, code)) WITHOUT ROWID;
CREATE TABLE errors(source TEXT, service TEXT, action TEXT, code TEXT, count INTEGER,
                    request_id TEXT, request_time_ns INTEGER,
                    PRIMARY KEY(source, service, action, code)) WITHOUT ROWID;
CREATE TABLE items(source TEXT, service TEXT, action TEXT, code TEXT, count INTEGER,
                   PRIMARY KEY(source, service, action, code)) WITHOUT ROWID;
CREATE TABLE findings(source TEXT, service TEXT, finding TEXT, count INTEGER,
                      PRIMARY KEY(source, service, finding)) WITHOUT ROWID;
CREATE TABLE first_seen(service TEXT, code TEXT, time_ns INTEGER,
                        PRIMARY KEY(service, code)) WITHOUT ROWID;
CREATE TABLE admitted(label TEXT, value TEXT, PRIMARY KEY(label, value)) WITHOUT ROWID;
CREATE TABLE overflow(label TEXT PRIMARY KEY, count INTEGER) WITHOUT ROWID;
CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
)sql";

/// Created beside kSchema, and by the migration from version 3.
inline constexpr const char* kAlertsSchema = R"sql(
CREATE TABLE alerts(key INTEGER PRIMARY KEY, source TEXT, code TEXT, severity TEXT, service TEXT,
                    action TEXT, request_id TEXT, description TEXT, message TEXT, path TEXT,
                    offset INTEGER, count INTEGER, first_ns INTEGER, last_ns INTEGER,
                    added_ns INTEGER, read_ns INTEGER, resolved_ns INTEGER);
)sql";

inline constexpr std::int64_t kSchemaVersion = 4;

/// From version 2: undocumented errors became one of the findings; failed items are new.
inline constexpr const char* kMigrateFrom2 = R"sql(
CREATE TABLE items(source TEXT, service TEXT, action TEXT, code TEXT, count INTEGER,
                   PRIMARY KEY(source, service, action, code)) WITHOUT ROWID;
CREATE TABLE findings(source TEXT, service TEXT, finding TEXT, count INTEGER,
                      PRIMARY KEY(source, service, finding)) WITHOUT ROWID;
INSERT INTO findings SELECT source, service, 'nowhere', count FROM undocumented;
DROP TABLE undocumented;
)sql";

}  // namespace apierrd
