#include "daemon/sqlite.h"

#include <sqlite3.h>

namespace apierrd {

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
  std::unique_ptr<Database> database(new Database(path));
  const int flags = access == Access::kReadOnly ? SQLITE_OPEN_READONLY
                                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(path.c_str(), &database->db_, flags, nullptr) != SQLITE_OK) {
    return database->error("cannot open the state database");
  }
  // Somebody who reads is done in a moment.
  sqlite3_busy_timeout(database->db_, 100);
  return database;
}

Database::~Database() { sqlite3_close(db_); }

bool Database::execute(const char* sql) {
  return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Error Database::error(const std::string& what) const {
  return environment_error(what, path_, db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory");
}

bool Database::is_busy() const { return sqlite3_errcode(db_) == SQLITE_BUSY; }

Statement::Statement(Database& database, const char* sql) {
  failed_ = sqlite3_prepare_v2(database.db_, sql, -1, &statement_, nullptr) != SQLITE_OK;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::begin() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Statement::finish() {
  if (statement_ == nullptr || sqlite3_step(statement_) != SQLITE_DONE) failed_ = true;
  return !failed_;
}

bool Statement::next() {
  const int result = statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) failed_ = true;
  return result == SQLITE_ROW;
}

void Statement::expect(int column, int type) const {
  const int found = sqlite3_column_type(statement_, column);
  if (found != type && found != SQLITE_NULL) failed_ = true;
}

std::string Statement::text(int column) const {
  expect(column, SQLITE_TEXT);
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::int64_t Statement::integer(int column) const {
  expect(column, SQLITE_INTEGER);
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::blob(int column) const {
  return {static_cast<const char*>(sqlite3_column_blob(statement_, column)),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::bind(int index, std::string_view text) {
  const char* bytes = text.data() == nullptr ? "" : text.data();  // a null pointer would be NULL
  sqlite3_bind_text(statement_, index, bytes, static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index, value);
}

void Statement::bind(int index, const AsBlob& blob) {
  sqlite3_bind_blob(statement_, index, blob.bytes.data(), static_cast<int>(blob.bytes.size()),
                    SQLITE_TRANSIENT);
}

}  // namespace apierrd
