// Offsets and counters in one SQLite database, changed together in one transaction: whatever a
// restart finds there is a consistent cut. Used by the ingest thread only. docs/state.md describes
// the file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/tailer.h"
#include "exporters/series_store.h"
#include "parsers/result.h"

namespace apierrd {

struct SourcePositions {
  std::string source;
  std::vector<FilePosition> files;
};

class StateStore {
 public:
  /// Opens or creates the database and its folder. Errors: not writable, no SQLite database,
  /// written by a newer apierrd, held by another apierrd.
  static Result<std::unique_ptr<StateStore>> open(const std::string& path);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  struct Loaded {
    PersistedState series;
    std::vector<SourcePositions> positions;
  };
  Result<Loaded> load();

  /// Writes what differs from the last save, all or nothing.
  Result<void> save(const SeriesSnapshot& state, const std::vector<SourcePositions>& positions);

 private:
  struct Impl;
  explicit StateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace apierrd
