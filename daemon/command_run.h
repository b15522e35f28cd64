// The daemon as a function, for `run` and `demo`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/config.h"

namespace apierrd {

/// Runs until SIGTERM or SIGINT; returns the exit code. SIGHUP reads `config_path` again, if there
/// is one. `started` is called once with the port, when the first request can be served.
int run_daemon(const Config& config, std::shared_ptr<const Catalog> catalog,
               const std::string& config_path, const std::function<void(int port)>& started);

}  // namespace apierrd
