// A file compiled into the program (cmake/Embed.cmake): its path in the source tree and its bytes;
// of a YAML file those of the flat tree that it has become (parsers/flat_tree.h), of a list of a
// vendor's codes those of its index (parsers/vendor_codes_index.h).
#pragma once

#include <string_view>

namespace apierrd {

struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

}  // namespace apierrd
