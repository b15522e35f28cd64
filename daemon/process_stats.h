// What the kernel says of this process (proc(5)).
#pragma once

#include <cstddef>
#include <string>

#include "exporters/self_metrics.h"

namespace apierrd {

/// Values that cannot be read stay 0.
ProcessStats read_process_stats();

/// Changes with every start of the machine; empty if unknown.
std::string read_boot_id();

/// Raises the limit of open files as far as the process may.
void use_all_descriptors();

/// How many log files may be held open so that descriptors are left for all else: the state, files
/// that are only looked at, connections.
std::size_t descriptors_for_logs();

}  // namespace apierrd
