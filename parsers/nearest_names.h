// Which known names a mistyped one may stand for. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace apierrd {

/// How many letters must be changed, added or left out to make one text of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The `max` names nearest to `wanted`, the nearest first; equally near ones in their order.
std::vector<std::string_view> nearest_names(std::string_view wanted,
                                            std::vector<std::string_view> names, std::size_t max);

}  // namespace apierrd
