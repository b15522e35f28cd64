// One GET request over HTTP or HTTPS, for commands that ask a running daemon. Blocking.
#pragma once

#include <string>

#include "parsers/result.h"

namespace apierrd {

struct HttpTarget {
  std::string url = "http://127.0.0.1:19877";  ///< http:// or https://, HOST:PORT
  std::string ca_file;                         ///< PEM; empty = the system's authorities
  bool insecure = false;                       ///< whoever answers is believed
  std::string cert_file, key_file;             ///< PEM; shown to a server that asks; both or none
  std::string user;                            ///< empty = no password is sent
  std::string password;                        ///< never in an error's text
};

/// The body that the target answers to `path`. Error: no such address, nobody there, nobody to be
/// believed, no 200, or more than 16 MiB; its text says which.
Result<std::string> http_get(const HttpTarget& target, const std::string& path);

}  // namespace apierrd
