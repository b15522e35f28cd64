// The whole data path as one function: lines -> calls -> classified counts. `run`, `replay`, tests
// and benchmarks all come through here. Pure: the same batch and ruleset give the same tally.
#pragma once

#include <cstddef>
#include <memory>

#include "parsers/call_parser.h"
#include "parsers/catalog.h"
#include "parsers/framing.h"
#include "parsers/line_batch.h"
#include "parsers/log_format.h"
#include "parsers/tally.h"

namespace apierrd {

/// How the lines of one source are understood. Immutable; a reload makes a new one.
struct Ruleset {
  std::shared_ptr<const Catalog> catalog;
  SourceFormat format;
  std::size_t line_bytes_max = kLineBytesDefault;
};

/// What becomes of a record; after kRecord `parser` holds its calls.
Verdict read_record(const Record& record, const Ruleset& ruleset, CallParser& parser);

/// Adds what the batch holds to `tally`. `parser` is scratch memory and carries nothing from line
/// to line.
void process_batch(const LineBatch& batch, const Ruleset& ruleset, CallParser& parser,
                   Tally& tally);

}  // namespace apierrd
