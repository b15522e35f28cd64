// Names in a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apierrd {

/// `a, b, c and 4 more`: the first `shown` names, then how many there are besides.
inline std::string some_names(const std::vector<std::string_view>& names, std::size_t shown) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i) {
    out.append(i > 0 ? ", " : "").append(names[i]);
  }
  if (names.size() > shown) out.append(" and " + std::to_string(names.size() - shown) + " more");
  return out;
}

}  // namespace apierrd
