#include "daemon/state_store.h"

#include <sqlite3.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace apierrd {

namespace {

constexpr std::int64_t kSchemaVersion = 1;

// WITHOUT ROWID: the key is the row. Integers are SQLite's signed 64 bit; counters stay below 2^63.
constexpr const char* kSchema = R"sql(
CREATE TABLE positions(source TEXT, path TEXT, device INTEGER, inode INTEGER, offset INTEGER,
                       marker INTEGER, born_ns INTEGER);
CREATE TABLE source_counts(source TEXT, name TEXT, value INTEGER,
                           PRIMARY KEY(source, name)) WITHOUT ROWID;
CREATE TABLE calls(source TEXT, service TEXT, action TEXT, count INTEGER, sum_ns INTEGER,
                   buckets BLOB, PRIMARY KEY(source, service, action)) WITHOUT ROWID;
CREATE TABLE codes(source TEXT, service TEXT, code TEXT, count INTEGER, last_observed_ns INTEGER,
                   PRIMARY KEY(source, service, code)) WITHOUT ROWID;
CREATE TABLE errors(source TEXT, service TEXT, action TEXT, code TEXT, count INTEGER,
                    request_id TEXT, request_time_ns INTEGER,
                    PRIMARY KEY(source, service, action, code)) WITHOUT ROWID;
CREATE TABLE undocumented(source TEXT, service TEXT, count INTEGER,
                          PRIMARY KEY(source, service)) WITHOUT ROWID;
CREATE TABLE first_seen(service TEXT, code TEXT, time_ns INTEGER,
                        PRIMARY KEY(service, code)) WITHOUT ROWID;
CREATE TABLE overflow(label TEXT PRIMARY KEY, count INTEGER) WITHOUT ROWID;
)sql";

// A prepared statement, to run() with values or to read row by row with next().
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  /// For reading; `damaged` is set when the rows end by an error.
  Statement(sqlite3* db, const char* sql, bool& damaged) : Statement(db, sql) {
    damaged_ = &damaged;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  bool run(const Values&... values) {
    if (statement_ == nullptr) return false;
    sqlite3_reset(statement_);
    int index = 0;
    (bind(++index, values), ...);
    return sqlite3_step(statement_) == SQLITE_DONE;
  }
  bool next() {
    const int result = statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE && damaged_ != nullptr) *damaged_ = true;
    return result == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string_view blob(int column) const {
    return {static_cast<const char*>(sqlite3_column_blob(statement_, column)),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  void bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
  }
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, const std::array<std::uint64_t, kDurationBuckets>& values) {
    sqlite3_bind_blob(statement_, index, values.data(), sizeof values, SQLITE_TRANSIENT);
  }

  sqlite3_stmt* statement_ = nullptr;
  bool* damaged_ = nullptr;
};

// The named numbers of a source, in both directions.
template <class Visit>
void visit_source_counts(LineCounts& lines, FileCounts& files, Visit&& visit) {
  visit("lines", lines.lines);
  visit("bytes", lines.bytes);
  visit("records", lines.records);
  visit("unreadable_times", lines.unreadable_times);
  visit("unreadable_latencies", lines.unreadable_latencies);
  visit("late_records", lines.late_records);
  for (const VerdictInfo& verdict : kVerdicts) {
    visit("verdict." + std::string(verdict.name),
          lines.by_verdict[static_cast<std::size_t>(verdict.verdict)]);
  }
  visit("rotations", files.rotations);
  visit("truncations", files.truncations);
  visit("open_errors", files.open_errors);
  for (std::size_t reason = 0; reason < kLossReasons.size(); ++reason) {
    visit("lost." + std::string(kLossReasons[reason]), files.lost_bytes[reason]);
  }
}

using NamedCounts = std::map<std::string, std::uint64_t>;

NamedCounts named_counts(const SourceSeries& source) {
  NamedCounts counts;
  LineCounts lines = source.lines;
  FileCounts files = source.files;
  visit_source_counts(lines, files,
                      [&](const std::string& name, std::uint64_t value) { counts[name] = value; });
  counts["newest_record_unix_ns"] = static_cast<std::uint64_t>(lines.newest_record_unix_ns);
  return counts;
}

}  // namespace

struct StateStore::Impl {
  sqlite3* db = nullptr;
  std::string path;
  bool damaged = false;  ///< found so while loading
  // What the database holds, to write only what differs.
  SeriesSnapshot saved;
  std::map<std::string, NamedCounts> saved_counts;
  std::map<std::string, std::vector<FilePosition>> saved_positions;

  ~Impl() { sqlite3_close(db); }

  Error error(const std::string& what) const {
    return environment_error(what, path, db != nullptr ? sqlite3_errmsg(db) : "out of memory");
  }
  bool execute(const char* sql) {
    return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  std::optional<Error> prepare();
  void load_sources(PersistedState& out);
  void load_calls(PersistedState& out);
  void load_errors(PersistedState& out);
  void load_positions(std::vector<SourcePositions>& out);
  bool save_sources(const SeriesSnapshot& state);
  bool save_series(const SeriesSnapshot& state);
  bool save_positions(const std::vector<SourcePositions>& positions);
};

std::optional<Error> StateStore::Impl::prepare() {
  // Exclusive: two daemons on one state would count twice. WAL + FULL: a commit survives power
  // loss.
  if (!execute("PRAGMA locking_mode=EXCLUSIVE") || !execute("PRAGMA journal_mode=WAL") ||
      !execute("PRAGMA synchronous=FULL") || !execute("BEGIN IMMEDIATE")) {
    if (sqlite3_errcode(db) == SQLITE_BUSY) {
      return environment_error("the state database is in use", path, "is another apierrd running?");
    }
    Error failed = error("cannot use the state database");
    failed.hint += "; docs/state.md says how to go on";
    return failed;
  }
  std::int64_t version = 0;
  {
    Statement query(db, "PRAGMA user_version");
    if (query.next()) version = query.integer(0);
  }
  if (version > kSchemaVersion) {
    return environment_error("the state database was written by a newer apierrd", path,
                             "upgrade, or move the file away to start from zero");
  }
  const std::string set_version = "PRAGMA user_version=" + std::to_string(kSchemaVersion);
  if (version == 0 && (!execute(kSchema) || !execute(set_version.c_str()))) {
    return error("cannot create the state database");
  }
  if (!execute("COMMIT")) return error("cannot write the state database");
  return {};
}

StateStore::StateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // if it fails, opening the file says it better
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (sqlite3_open(path.c_str(), &impl->db) != SQLITE_OK) {
    return impl->error("cannot open the state database");
  }
  if (auto failed = impl->prepare()) return *failed;
  return std::unique_ptr<StateStore>(new StateStore(std::move(impl)));
}

void StateStore::Impl::load_sources(PersistedState& out) {
  std::map<std::string, NamedCounts> counts;
  for (Statement query(db, "SELECT source, name, value FROM source_counts", damaged);
       query.next();) {
    counts[query.text(0)][query.text(1)] = query.count(2);
  }
  for (auto& [name, values] : counts) {
    PersistedSource& source = out.sources.emplace_back();
    source.name = name;
    visit_source_counts(
        source.lines, source.files,
        [&values = values](const std::string& key, std::uint64_t& value) { value = values[key]; });
    source.lines.newest_record_unix_ns = static_cast<std::int64_t>(values["newest_record_unix_ns"]);
  }
}

void StateStore::Impl::load_calls(PersistedState& out) {
  for (Statement q(db, "SELECT source, service, action, count, sum_ns, buckets FROM calls",
                   damaged);
       q.next();) {
    PersistedSeries& row = out.calls.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.action = q.text(2);
    row.count = q.count(3), row.durations.sum_ns = q.count(4);
    const std::string_view buckets = q.blob(5);
    if (buckets.size() != sizeof row.durations.buckets) {
      damaged = true;
      return;
    }
    std::memcpy(row.durations.buckets.data(), buckets.data(), buckets.size());
  }
}

void StateStore::Impl::load_errors(PersistedState& out) {
  for (Statement q(db, "SELECT source, service, code, count, last_observed_ns FROM codes", damaged);
       q.next();) {
    PersistedSeries& row = out.codes.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.code = q.text(2);
    row.count = q.count(3), row.time_unix_ns = q.integer(4);
  }
  for (Statement q(db,
                   "SELECT source, service, action, code, count, request_id, request_time_ns "
                   "FROM errors",
                   damaged);
       q.next();) {
    PersistedSeries& row = out.errors.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.action = q.text(2), row.code = q.text(3);
    row.count = q.count(4);
    row.exemplar.set(q.text(5), q.integer(6), 0);
  }
  for (Statement q(db, "SELECT source, service, count FROM undocumented", damaged); q.next();) {
    PersistedSeries& row = out.undocumented.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.count = q.count(2);
  }
  for (Statement q(db, "SELECT service, code, time_ns FROM first_seen", damaged); q.next();) {
    PersistedSeries& row = out.infos.emplace_back();
    row.service = q.text(0), row.code = q.text(1), row.time_unix_ns = q.integer(2);
  }
  for (Statement q(db, "SELECT label, count FROM overflow", damaged); q.next();) {
    for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
      if (kBoundedLabels[label] == q.text(0)) out.overflow[label] = q.count(1);
    }
  }
}

void StateStore::Impl::load_positions(std::vector<SourcePositions>& out) {
  for (Statement q(db,
                   "SELECT source, path, device, inode, offset, marker, born_ns FROM positions "
                   "ORDER BY source",
                   damaged);
       q.next();) {
    const std::string source = q.text(0);
    if (out.empty() || out.back().source != source) out.push_back({source, {}});
    out.back().files.push_back(
        {q.text(1), {q.count(2), q.count(3)}, q.count(4), q.count(5), q.integer(6)});
  }
}

Result<StateStore::Loaded> StateStore::load() {
  Loaded loaded;
  impl_->load_sources(loaded.series);
  impl_->load_calls(loaded.series);
  impl_->load_errors(loaded.series);
  impl_->load_positions(loaded.positions);
  if (!impl_->damaged) return loaded;
  return environment_error("the state database is damaged", impl_->path,
                           "docs/state.md says how to go on");
}

bool StateStore::Impl::save_sources(const SeriesSnapshot& state) {
  Statement upsert(db, "INSERT OR REPLACE INTO source_counts VALUES(?,?,?)");
  for (const SourceSeries& source : state.sources) {
    const NamedCounts counts = named_counts(source);
    NamedCounts& before = saved_counts[source.name];
    for (const auto& [name, value] : counts) {
      const auto known = before.find(name);
      if (known != before.end() && known->second == value) continue;
      if (!upsert.run(source.name, std::string_view(name), value)) return false;
    }
    before = counts;
  }
  return true;
}

// Rows keep their index for ever, so the saved row of the same index is the earlier value. A row at
// 0 is there by configuration, not by state.
template <class Row>
static bool needs_saving(const std::vector<Row>& saved, std::size_t i, const Row& row) {
  return row.count != 0 && (i >= saved.size() || saved[i].count != row.count);
}

bool StateStore::Impl::save_series(const SeriesSnapshot& state) {
  const auto source_of = [&state](const auto& row) -> std::string_view {
    return state.sources[row.source].name;
  };
  Statement calls(db, "INSERT OR REPLACE INTO calls VALUES(?,?,?,?,?,?)");
  for (std::size_t i = 0; i < state.calls.size(); ++i) {
    const CallSeries& row = state.calls[i];
    if (!needs_saving(saved.calls, i, row)) continue;
    if (!calls.run(source_of(row), row.service, row.action, row.count, row.durations.sum_ns,
                   row.durations.buckets)) {
      return false;
    }
  }
  Statement codes(db, "INSERT OR REPLACE INTO codes VALUES(?,?,?,?,?)");
  for (std::size_t i = 0; i < state.codes.size(); ++i) {
    const CodeSeries& row = state.codes[i];
    if (!needs_saving(saved.codes, i, row)) continue;
    if (!codes.run(source_of(row), row.service, row.code, row.count, row.last_observed_unix_ns)) {
      return false;
    }
  }
  Statement errors(db, "INSERT OR REPLACE INTO errors VALUES(?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < state.errors.size(); ++i) {
    const ErrorSeries& row = state.errors[i];
    if (!needs_saving(saved.errors, i, row)) continue;
    if (!errors.run(source_of(row), row.service, row.action, row.code, row.count,
                    row.exemplar.request_id(), row.exemplar.time_unix_ns)) {
      return false;
    }
  }
  Statement undocumented(db, "INSERT OR REPLACE INTO undocumented VALUES(?,?,?)");
  for (std::size_t i = 0; i < state.undocumented.size(); ++i) {
    const UndocumentedSeries& row = state.undocumented[i];
    if (!needs_saving(saved.undocumented, i, row)) continue;
    if (!undocumented.run(source_of(row), row.service, row.count)) return false;
  }
  Statement first_seen(db, "INSERT OR REPLACE INTO first_seen VALUES(?,?,?)");
  for (std::size_t i = 0; i < state.infos.size(); ++i) {
    const CodeInfo& row = state.infos[i];
    const bool known = i < saved.infos.size() && saved.infos[i].first_seen_unix_ns != 0;
    if (row.first_seen_unix_ns == 0 || known) continue;
    if (!first_seen.run(row.service, row.code, row.first_seen_unix_ns)) return false;
  }
  Statement overflow(db, "INSERT OR REPLACE INTO overflow VALUES(?,?)");
  for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
    if (state.overflow[label] == saved.overflow[label]) continue;
    if (!overflow.run(kBoundedLabels[label], state.overflow[label])) return false;
  }
  return true;
}

bool StateStore::Impl::save_positions(const std::vector<SourcePositions>& positions) {
  Statement forget(db, "DELETE FROM positions WHERE source=?");
  Statement insert(db, "INSERT INTO positions VALUES(?,?,?,?,?,?,?)");
  for (const SourcePositions& source : positions) {
    std::vector<FilePosition>& before = saved_positions[source.source];
    if (before == source.files) continue;
    if (!forget.run(source.source)) return false;
    for (const FilePosition& file : source.files) {
      if (!insert.run(source.source, file.path, file.id.device, file.id.inode, file.offset,
                      file.marker, file.born_ns)) {
        return false;
      }
    }
    before = source.files;
  }
  return true;
}

Result<void> StateStore::save(const SeriesSnapshot& state,
                              const std::vector<SourcePositions>& positions) {
  Impl& self = *impl_;
  const std::map<std::string, NamedCounts> counts_before = self.saved_counts;
  if (self.execute("BEGIN IMMEDIATE") && self.save_sources(state) && self.save_series(state) &&
      self.save_positions(positions) && self.execute("COMMIT")) {
    self.saved = state;
    return {};
  }
  const Error failed = self.error("cannot write the state database");
  self.execute("ROLLBACK");
  self.saved_counts = counts_before;
  self.saved_positions.clear();  // all are written with the next save
  return failed;
}

}  // namespace apierrd
