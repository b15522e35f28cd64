// What is a character in UTF-8. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace apierrd {

/// Bytes of the well-formed UTF-8 character at the front of `text`; 0 if there is none.
std::size_t character_size(std::string_view text);

/// Whether all of `text` is such characters. For short texts: lines are checked by simdjson.
bool is_utf8(std::string_view text);

}  // namespace apierrd
