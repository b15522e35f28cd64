// The loss ledger, proved: reads a state and the files it speaks of, and looks whether every byte
// of every generation is accounted for. Changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/os.h"
#include "daemon/state_store.h"
#include "parsers/process_batch.h"

namespace apierrd {

/// What the disk says of a generation.
enum class FileFinding : std::uint8_t {
  kRecounted,  ///< its file was counted again, with the same result
  kMatches,    ///< its file holds what was counted last; it cannot be counted again from its start
  kChanged,    ///< changed while it was looked at, as the logs of a running daemon do
  kGone,       ///< no file of it is there any more
  kDiffers,    ///< a fault: its file was counted again, with another result
  kForgotten,  ///< the sum of generations that are not remembered singly
};
std::string_view name_of(FileFinding finding);

struct AuditedGeneration {
  FilePosition at;
  FileFinding finding = FileFinding::kGone;
  std::uint64_t unread_bytes = 0;
};

struct AuditedSource {
  std::string name;
  std::vector<AuditedGeneration> generations;
  ByteLedger sum;                   ///< of its generations
  std::vector<std::string> faults;  ///< what does not add up, in words; empty = all does
};

/// How the lines of a source are understood now; empty if it is not configured any more: then its
/// files are not counted again.
using RulesetOf = std::function<std::optional<Ruleset>(const std::string& source)>;

/// Reads the files as far as they were counted, so it takes as long as replay does.
std::vector<AuditedSource> audit(const StateStore::Loaded& state, FileSystem& files,
                                 const RulesetOf& ruleset_of, std::size_t threads = 1);

}  // namespace apierrd
