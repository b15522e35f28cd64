// Why files that are there cannot be found: a folder on the way is closed to us. Looks at the disk,
// opens nothing. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "parsers/result.h"

namespace apierrd {

/// The first folder of a pattern (glob(7)) that we may not search or, where names are matched,
/// list. One that is not there yet is no hindrance.
std::optional<Error> hidden_folder(const std::string& pattern);

}  // namespace apierrd
