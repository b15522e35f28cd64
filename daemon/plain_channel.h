// A connection without TLS.
#pragma once

#include <memory>

#include "exporters/channel.h"

namespace apierrd {

/// Over a socket that does not block and outlives it.
std::unique_ptr<Channel> plain_channel(int socket);

}  // namespace apierrd
