// What the kernel says of this process (proc(5)).
#pragma once

#include <string>

#include "exporters/self_metrics.h"

namespace apierrd {

/// Values that cannot be read stay 0.
ProcessStats read_process_stats();

/// Changes with every start of the machine; empty if unknown.
std::string read_boot_id();

/// Raises the limit of open files as far as the process may.
void use_all_descriptors();

}  // namespace apierrd
