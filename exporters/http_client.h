// One GET request over HTTP, for commands that ask a running daemon. Blocking.
#pragma once

#include <string>

#include "parsers/result.h"

namespace apierrd {

/// The body that `http://HOST:PORT` + `path` answers. Error: no such address, nobody there, no 200,
/// or more than 16 MiB; its text says which.
Result<std::string> http_get(const std::string& url, const std::string& path);

}  // namespace apierrd
