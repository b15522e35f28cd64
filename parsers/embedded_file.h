// A file compiled into the program (cmake/Embed.cmake): its path in the source tree and its bytes.
#pragma once

#include <string_view>

namespace apierrd {

struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

}  // namespace apierrd
