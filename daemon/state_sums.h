// What must add up in every state that was ever committed: each byte of each file is accounted for
// once, by file and by counter. SQLite notices a damaged page, but not another number in a row.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/file_position.h"
#include "exporters/series_store.h"

namespace apierrd {

/// The same bytes as a ledger, as the counters of a source have them; without those of files.
ByteLedger ledger_of(const LineCounts& lines);

/// What does not add up in a source and its positions, in words; empty if all does.
std::vector<std::string> faults_in_sums(const PersistedSource& counted,
                                        const std::vector<FilePosition>& positions);

}  // namespace apierrd
