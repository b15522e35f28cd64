#include "daemon/state_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/sqlite.h"
#include "daemon/state_alerts.h"
#include "daemon/state_rows.h"
#include "daemon/state_schema.h"

namespace apierrd {

namespace {

// What the database holds of the series, to write only what differs; rows keep their index for
// ever. No copy of the rows: of 100,000 that would be tens of megabytes, at each commit.
struct Saved {
  std::vector<std::uint64_t> calls, codes, errors, items, findings;  ///< counts
  std::vector<bool> first_seen;                                      ///< infos that have it
  std::array<std::uint64_t, kBoundedLabels.size()> overflow{};
  std::size_t admitted = 0;

  void note(const SeriesSnapshot& state);
};

template <class Row>
void note_counts(std::vector<std::uint64_t>& saved, const std::vector<Row>& rows) {
  saved.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) saved[i] = rows[i].count;
}

void Saved::note(const SeriesSnapshot& state) {
  note_counts(calls, state.calls);
  note_counts(codes, state.codes);
  note_counts(errors, state.errors);
  note_counts(items, state.items);
  note_counts(findings, state.findings);
  first_seen.resize(state.infos.size());
  for (std::size_t i = 0; i < state.infos.size(); ++i) {
    first_seen[i] = state.infos[i].first_seen_unix_ns != 0;
  }
  overflow = state.overflow;
  admitted = state.admitted.size();
}

}  // namespace

struct StateStore::Impl {
  std::unique_ptr<Database> db;
  int lock = -1;  ///< a locked file beside the database; not the database, which others may read
  std::string path;
  bool damaged = false;  ///< found so while loading
  Saved saved;
  std::map<std::string, NamedCounts> saved_counts;
  std::string saved_boot_id;

  ~Impl() {
    db.reset();
    if (lock >= 0) ::close(lock);
  }

  std::optional<Error> take_lock();
  std::optional<Error> prepare();
  std::int64_t version();
  template <class Take>
  void rows(const char* sql, Take&& take);
  void load_sources(PersistedState& out);
  void load_calls(PersistedState& out);
  void load_errors(PersistedState& out);
  void load_labels(PersistedState& out);
  void load_positions(std::vector<SourcePositions>& out);
  bool save_sources(const SeriesSnapshot& state);
  bool save_series(const SeriesSnapshot& state);
  bool save_labels(const SeriesSnapshot& state);
  bool save_positions(const std::vector<SourceChanges>& positions);
};

// Two daemons on one state would count twice.
std::optional<Error> StateStore::Impl::take_lock() {
  const std::string lock_path = path + ".lock";
  lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return environment_error("cannot open the state database", path, errno_text(errno));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return {};
  return environment_error("the state database is in use", path, "is another apierrd running?");
}

std::int64_t StateStore::Impl::version() {
  Statement query(*db, "PRAGMA user_version");
  return query.next() ? query.integer(0) : -1;
}

std::optional<Error> StateStore::Impl::prepare() {
  // WAL + FULL: a commit survives a power loss.
  if (!db->execute("PRAGMA journal_mode=WAL") || !db->execute("PRAGMA synchronous=FULL") ||
      !db->execute("BEGIN IMMEDIATE")) {
    Error failed = db->error("cannot use the state database");
    failed.hint += "; docs/state.md says how to go on";
    return failed;
  }
  const std::int64_t found = version();
  if (found > kSchemaVersion) {
    return environment_error("the state database was written by a newer apierrd", path,
                             "upgrade, or move the file away to start from zero");
  }
  if (found < 0 || found == 1) {
    return environment_error("the state database was written by an apierrd before 0.1.0", path,
                             "move the file away to start from zero");
  }
  const std::string set_version = "PRAGMA user_version=" + std::to_string(kSchemaVersion);
  if ((found == 0 && !db->execute(kSchema)) || (found == 2 && !db->execute(kMigrateFrom2)) ||
      (found < 4 && !db->execute(kAlertsSchema)) ||
      (found != kSchemaVersion && !db->execute(set_version.c_str()))) {
    return db->error("cannot create the state database");
  }
  if (!db->execute("COMMIT")) return db->error("cannot write the state database");
  return {};
}

StateStore::StateStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& path, Purpose purpose) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (purpose == Purpose::kRun) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code ignored;  // if it fails, opening the file says it better
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    if (auto failed = impl->take_lock()) return *failed;
  }
  Result<std::unique_ptr<Database>> database = Database::open(
      path, purpose == Purpose::kRun ? Database::Access::kCreate : Database::Access::kReadOnly);
  if (!database) return database.error();
  impl->db = *std::move(database);
  if (purpose == Purpose::kRun) {
    if (auto failed = impl->prepare()) return *failed;
  } else if (impl->version() != kSchemaVersion) {
    return environment_error("the state database is not of this version of apierrd", path,
                             "look with the program that writes it");
  }
  return std::unique_ptr<StateStore>(new StateStore(std::move(impl)));
}

// Each row of a query; an error, or a row that `take` finds out of order, marks the state damaged.
template <class Take>
void StateStore::Impl::rows(const char* sql, Take&& take) {
  Statement query(*db, sql);
  while (query.next()) {
    if (!take(query)) damaged = true;
  }
  if (query.failed()) damaged = true;
}

void StateStore::Impl::load_sources(PersistedState& out) {
  std::map<std::string, NamedCounts> counts;
  rows("SELECT source, name, value FROM source_counts", [&](const Statement& row) {
    counts[row.text(0)][row.text(1)] = row.count(2);
    return are_labels({row.text(0)});
  });
  for (auto& [name, values] : counts) {
    PersistedSource& source = out.sources.emplace_back();
    source.name = name;
    visit_source_counts(
        source.lines, source.files,
        [&values = values](const std::string& key, std::uint64_t& value) { value = values[key]; });
    source.lines.newest_record_unix_ns = static_cast<std::int64_t>(values["newest_record_unix_ns"]);
    if (!is_time(source.lines.newest_record_unix_ns)) damaged = true;
  }
}

void StateStore::Impl::load_calls(PersistedState& out) {
  rows("SELECT source, service, action, count, sum_ns, buckets, exemplars FROM calls",
       [&](const Statement& q) {
         PersistedSeries& row = out.calls.emplace_back();
         row.source = q.text(0), row.service = q.text(1), row.action = q.text(2);
         row.count = q.count(3), row.durations.sum_ns = q.count(4);
         return are_labels({row.source, row.service, row.action}) &&
                copy_from(q.blob(5), row.durations.buckets) &&
                read_exemplars(q.blob(6), row.bucket_exemplars);
       });
}

static std::optional<Documentation> finding_named(std::string_view name) {
  for (std::size_t i = 0; i < kDocumentationCount; ++i) {
    const auto finding = static_cast<Documentation>(i);
    if (name_of(finding) == name) return finding;
  }
  return {};
}

void StateStore::Impl::load_errors(PersistedState& out) {
  rows("SELECT source, service, code, count, last_observed_ns FROM codes", [&](const Statement& q) {
    PersistedSeries& row = out.codes.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.code = q.text(2);
    row.count = q.count(3), row.time_unix_ns = q.integer(4);
    return are_labels({row.source, row.service, row.code}) && is_time(row.time_unix_ns);
  });
  rows("SELECT source, service, action, code, count, request_id, request_time_ns FROM errors",
       [&](const Statement& q) {
         PersistedSeries& row = out.errors.emplace_back();
         row.source = q.text(0), row.service = q.text(1), row.action = q.text(2);
         row.code = q.text(3), row.count = q.count(4);
         row.exemplar.set(q.text(5), q.integer(6), 0);
         return are_labels({row.source, row.service, row.action, row.code}) &&
                is_time(row.exemplar.time_unix_ns);
       });
  rows("SELECT source, service, action, code, count FROM items", [&](const Statement& q) {
    PersistedSeries& row = out.items.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.action = q.text(2);
    row.code = q.text(3), row.count = q.count(4);
    return are_labels({row.source, row.service, row.action, row.code});
  });
  rows("SELECT source, service, finding, count FROM findings", [&](const Statement& q) {
    const std::optional<Documentation> finding = finding_named(q.text(2));
    if (!finding) return false;
    PersistedSeries& row = out.findings.emplace_back();
    row.source = q.text(0), row.service = q.text(1), row.finding = *finding;
    row.count = q.count(3);
    return are_labels({row.source, row.service});
  });
  rows("SELECT service, code, time_ns FROM first_seen", [&](const Statement& q) {
    PersistedSeries& row = out.infos.emplace_back();
    row.service = q.text(0), row.code = q.text(1), row.time_unix_ns = q.integer(2);
    return are_labels({row.service, row.code}) && is_time(row.time_unix_ns);
  });
}

static std::optional<BoundedLabel> label_named(std::string_view name) {
  for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
    if (kBoundedLabels[label] == name) return static_cast<BoundedLabel>(label);
  }
  return {};
}

void StateStore::Impl::load_labels(PersistedState& out) {
  rows("SELECT label, count FROM overflow", [&](const Statement& q) {
    const std::optional<BoundedLabel> label = label_named(q.text(0));
    if (label) out.overflow[static_cast<std::size_t>(*label)] = q.count(1);
    return label.has_value();
  });
  rows("SELECT label, CAST(value AS BLOB) FROM admitted", [&](const Statement& q) {
    const std::optional<BoundedLabel> label = label_named(q.text(0));
    if (label) out.admitted.emplace_back(*label, q.blob(1));
    return label.has_value();
  });
}

void StateStore::Impl::load_positions(std::vector<SourcePositions>& out) {
  rows(
      "SELECT source, key, log, name, device, inode, born_ns, first_born_ns, offset, marker, "
      "marks, followed, settled, parsed, ignored, rejected, padding, skipped, undone, lost "
      "FROM generations "
      "ORDER BY source, key",
      [&](const Statement& q) {
        const std::string source = q.text(0);
        if (out.empty() || out.back().source != source) out.push_back({source, {}});
        FilePosition& file = out.back().files.emplace_back();
        file.key = q.count(1), file.log = q.text(2), file.name = q.text(3);
        file.id = {q.count(4), q.count(5)}, file.born_ns = q.integer(6);
        file.first_born_ns = q.integer(7), file.offset = q.count(8), file.marker = q.count(9);
        file.followed = q.integer(11) != 0, file.settled = q.integer(12) != 0;
        file.ledger = {q.count(13), q.count(14), q.count(15), q.count(16),
                       q.count(17), q.count(18), q.count(19)};
        const std::string_view marks = q.blob(10);
        if (marks.size() % sizeof(Mark) != 0) return false;
        file.marks.resize(marks.size() / sizeof(Mark));
        if (!marks.empty()) std::memcpy(file.marks.data(), marks.data(), marks.size());
        return true;
      });
}

std::vector<FilePosition> StateStore::Loaded::positions_of(const std::string& source) const {
  for (const SourcePositions& of_source : positions) {
    if (of_source.source == source) return of_source.files;
  }
  return {};
}

Result<StateStore::Loaded> StateStore::load() {
  Loaded loaded;
  Impl& self = *impl_;
  if (!self.db->execute("BEGIN")) return self.db->error("cannot read the state database");
  self.load_sources(loaded.series);
  self.load_calls(loaded.series);
  self.load_errors(loaded.series);
  self.load_labels(loaded.series);
  self.load_positions(loaded.positions);
  if (!load_alerts(*self.db, loaded.alerts)) self.damaged = true;
  self.rows("SELECT value FROM facts WHERE name='boot_id'", [&](const Statement& q) {
    loaded.boot_id = q.text(0);
    return true;
  });
  self.rows("PRAGMA quick_check", [](const Statement& q) { return q.text(0) == "ok"; });
  self.db->execute("COMMIT");
  if (!self.damaged) return loaded;
  return environment_error("the state database is damaged", self.path,
                           "docs/state.md says how to go on");
}

bool StateStore::Impl::save_sources(const SeriesSnapshot& state) {
  Statement upsert(*db, "INSERT OR REPLACE INTO source_counts VALUES(?,?,?)");
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

// A row at 0 is there by configuration, not by state.
template <class Row>
static bool needs_saving(const std::vector<std::uint64_t>& saved, std::size_t i, const Row& row) {
  return row.count != 0 && (i >= saved.size() || saved[i] != row.count);
}

bool StateStore::Impl::save_series(const SeriesSnapshot& state) {
  const auto source_of = [&state](const auto& row) -> std::string_view {
    return state.sources[row.source].name;
  };
  Statement calls(*db, "INSERT OR REPLACE INTO calls VALUES(?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < state.calls.size(); ++i) {
    const CallSeries& row = state.calls[i];
    if (!needs_saving(saved.calls, i, row)) continue;
    if (!calls.run(source_of(row), row.service, row.action, row.count, row.durations.sum_ns,
                   as_blob(row.durations.buckets), AsBlob{exemplars_blob(row, state.exemplars)})) {
      return false;
    }
  }
  Statement codes(*db, "INSERT OR REPLACE INTO codes VALUES(?,?,?,?,?)");
  for (std::size_t i = 0; i < state.codes.size(); ++i) {
    const CodeSeries& row = state.codes[i];
    if (!needs_saving(saved.codes, i, row)) continue;
    if (!codes.run(source_of(row), row.service, row.code, row.count, row.last_observed_unix_ns)) {
      return false;
    }
  }
  Statement errors(*db, "INSERT OR REPLACE INTO errors VALUES(?,?,?,?,?,?,?)");
  for (std::size_t i = 0; i < state.errors.size(); ++i) {
    const ErrorSeries& row = state.errors[i];
    if (!needs_saving(saved.errors, i, row)) continue;
    if (!errors.run(source_of(row), row.service, row.action, row.code, row.count,
                    row.exemplar.request_id(), row.exemplar.time_unix_ns)) {
      return false;
    }
  }
  Statement items(*db, "INSERT OR REPLACE INTO items VALUES(?,?,?,?,?)");
  for (std::size_t i = 0; i < state.items.size(); ++i) {
    const ItemSeries& row = state.items[i];
    if (!needs_saving(saved.items, i, row)) continue;
    if (!items.run(source_of(row), row.service, row.action, row.code, row.count)) return false;
  }
  Statement findings(*db, "INSERT OR REPLACE INTO findings VALUES(?,?,?,?)");
  for (std::size_t i = 0; i < state.findings.size(); ++i) {
    const FindingSeries& row = state.findings[i];
    if (!needs_saving(saved.findings, i, row)) continue;
    if (!findings.run(source_of(row), row.service, name_of(row.finding), row.count)) return false;
  }
  Statement first_seen(*db, "INSERT OR REPLACE INTO first_seen VALUES(?,?,?)");
  for (std::size_t i = 0; i < state.infos.size(); ++i) {
    const CodeInfo& row = state.infos[i];
    const bool known = i < saved.first_seen.size() && saved.first_seen[i];
    if (row.first_seen_unix_ns == 0 || known) continue;
    if (!first_seen.run(row.service, row.code, row.first_seen_unix_ns)) return false;
  }
  return true;
}

bool StateStore::Impl::save_labels(const SeriesSnapshot& state) {
  Statement overflow(*db, "INSERT OR REPLACE INTO overflow VALUES(?,?)");
  for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
    if (state.overflow[label] == saved.overflow[label]) continue;
    if (!overflow.run(kBoundedLabels[label], state.overflow[label])) return false;
  }
  Statement admitted(*db, "INSERT OR IGNORE INTO admitted VALUES(?,?)");
  for (std::size_t i = saved.admitted; i < state.admitted.size(); ++i) {
    const auto& [label, value] = state.admitted[i];
    if (!admitted.run(kBoundedLabels[static_cast<std::size_t>(label)], value)) return false;
  }
  return true;
}

bool StateStore::Impl::save_positions(const std::vector<SourceChanges>& positions) {
  Statement forget(*db, "DELETE FROM generations WHERE source=? AND key=?");
  Statement upsert(*db,
                   "INSERT OR REPLACE INTO generations "
                   "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (const SourceChanges& source : positions) {
    for (const std::uint64_t key : source.files.removed) {
      if (!forget.run(source.source, key)) return false;
    }
    for (const FilePosition& file : source.files.changed) {
      const ByteLedger& ledger = file.ledger;
      if (!upsert.run(source.source, file.key, file.log, file.name, file.id.device, file.id.inode,
                      file.born_ns, file.first_born_ns, file.offset, file.marker,
                      as_blob(file.marks), std::int64_t{file.followed}, std::int64_t{file.settled},
                      ledger.parsed, ledger.ignored, ledger.rejected, ledger.padding,
                      ledger.skipped, ledger.undone, ledger.lost)) {
        return false;
      }
    }
  }
  return true;
}

Result<void> StateStore::save(const SeriesSnapshot& state,
                              const std::vector<SourceChanges>& positions, std::string_view boot_id,
                              const AlertChanges& alerts) {
  Impl& self = *impl_;
  std::map<std::string, NamedCounts> counts_before = self.saved_counts;
  const auto save_boot_id = [&] {
    return self.saved_boot_id == boot_id ||
           Statement(*self.db, "INSERT OR REPLACE INTO facts VALUES('boot_id',?)").run(boot_id);
  };
  if (self.db->execute("BEGIN IMMEDIATE") && self.save_sources(state) && self.save_series(state) &&
      self.save_labels(state) && self.save_positions(positions) && save_alerts(*self.db, alerts) &&
      save_boot_id() && self.db->execute("COMMIT")) {
    self.saved.note(state);
    self.saved_boot_id = boot_id;
    return {};
  }
  const Error failed = self.db->error("cannot write the state database");
  self.db->execute("ROLLBACK");
  self.saved_counts = std::move(counts_before);
  return failed;
}

}  // namespace apierrd
