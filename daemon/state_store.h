// Positions, counters and alerts in one SQLite database, changed together in one transaction:
// whatever a restart finds there is a consistent cut. Used by the ingest thread only. docs/state.md
// describes the file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/tailer.h"
#include "exporters/alert_table.h"
#include "exporters/series_store.h"
#include "parsers/result.h"

namespace apierrd {

struct SourcePositions {
  std::string source;
  std::vector<FilePosition> files;
};

struct SourceChanges {
  std::string source;
  PositionChanges files;
};

class StateStore {
 public:
  enum class Purpose : std::uint8_t { kRun, kLook };

  /// Opens or creates the database and its folder; held against other daemons as long as it is
  /// open. To look, it must be there, and a daemon may have it meanwhile. Errors: not writable, no
  /// SQLite database, written by a newer apierrd, held by another apierrd.
  static Result<std::unique_ptr<StateStore>> open(const std::string& path,
                                                  Purpose purpose = Purpose::kRun);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  struct Loaded {
    PersistedState series;
    std::vector<SourcePositions> positions;
    AlertList alerts;
    std::string boot_id;  ///< of the machine's start during which the last commit was made

    std::vector<FilePosition> positions_of(const std::string& source) const;
  };
  /// As of one commit.
  Result<Loaded> load();

  /// Writes what differs from the last save, all or nothing.
  Result<void> save(const SeriesSnapshot& state, const std::vector<SourceChanges>& positions,
                    std::string_view boot_id, const AlertChanges& alerts = {});

 private:
  struct Impl;
  explicit StateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace apierrd
