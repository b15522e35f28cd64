// How many columns a text takes in a terminal, and text cut or filled to so many. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apierrd {

/// Columns of valid UTF-8 without control characters: East Asian wide characters and most emoji
/// take two, combining ones none.
std::size_t text_width(std::string_view text);

/// `text` in exactly `columns`: cut with an ellipsis, or filled with blanks behind it, or before it
/// if it is to stand at the right.
std::string fitted(std::string_view text, std::size_t columns, bool right = false);

}  // namespace apierrd
