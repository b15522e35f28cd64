// Damage to a line, for property tests.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace apierrd::test {

/// Replaces a byte by one of `bytes`, takes up to three out, puts one in, or cuts the line off.
inline void mutate(std::string& line, std::string_view bytes, std::mt19937_64& random) {
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  if (line.empty()) return;
  const std::size_t at = below(line.size());
  switch (below(4)) {
    case 0: line[at] = bytes[below(bytes.size())]; return;
    case 1: line.erase(at, 1 + below(3)); return;
    case 2: line.insert(at, 1, bytes[below(bytes.size())]); return;
    default: line.resize(at);
  }
}

}  // namespace apierrd::test
