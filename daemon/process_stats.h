// What the kernel says of this process (proc(5)).
#pragma once

#include "exporters/self_metrics.h"

namespace apierrd {

/// Values that cannot be read stay 0.
ProcessStats read_process_stats();

}  // namespace apierrd
