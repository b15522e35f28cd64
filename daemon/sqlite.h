// A database file and its statements: as much of SQLite as the state needs, and its only door.
// One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "parsers/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace apierrd {

class Database {
 public:
  enum class Access : std::uint8_t { kCreate, kReadOnly };
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs statements without results; false = see error().
  bool execute(const char* sql);
  /// The last failure, as `what: path: SQLite's own words`.
  Error error(const std::string& what) const;
  /// The last failure was another connection's lock.
  bool is_busy() const;

 private:
  friend class Statement;
  explicit Database(std::string path) : path_(std::move(path)) {}
  sqlite3* db_ = nullptr;
  std::string path_;
};

/// Bytes that are no text.
struct AsBlob {
  std::string_view bytes;
};

/// A prepared statement, to run() with values or to read row by row with next().
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  bool run(const Values&... values) {
    begin();
    int index = 0;
    (bind(++index, values), ...);
    return finish();
  }
  /// The next row; false at the end, or if the rows end by an error: then failed().
  bool next();
  /// By an error, or because a value was of another type than it was read as: SQLite puts any value
  /// into any column, and 1 and 1.5, or a text and the same bytes, are two keys there and one here.
  /// NULL is 0 and "".
  bool failed() const { return failed_; }

  std::string text(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view blob(int column) const;  ///< until the next row

 private:
  void begin();
  bool finish();
  void expect(int column, int type) const;
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, const AsBlob& blob);

  sqlite3_stmt* statement_ = nullptr;
  mutable bool failed_ = false;  // reading a value may find it
};

}  // namespace apierrd
