// Where the web side's clients come in: a socket of our own, or one that the service manager hands
// over.
#pragma once

#include <optional>
#include <string>

#include "daemon/file_descriptor.h"
#include "parsers/result.h"

namespace apierrd {

struct ListenSocket {
  FileDescriptor descriptor;  ///< does not block
  int port = 0;               ///< 0 for a Unix socket
};

/// Error: the address is unknown, taken, or not ours to take.
Result<ListenSocket> listen_on(const std::string& host, int port);

/// The first socket of socket activation (sd_listen_fds(3)); empty without it. Error: what was
/// handed over is no listening stream socket.
Result<std::optional<ListenSocket>> inherited_socket();

struct AcceptedSocket {
  FileDescriptor descriptor;  ///< does not block
  std::string peer;           ///< its address, without port
};

/// The next client that waits, if there is one. `exhausted`: there may be, but no descriptor is
/// left for it.
std::optional<AcceptedSocket> accept_client(const ListenSocket& from, bool& exhausted);

}  // namespace apierrd
