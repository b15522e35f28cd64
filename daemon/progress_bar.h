// A line that says how far reading a file has come. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace apierrd {

struct Progress {
  std::string name;
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0 = unknown
  double seconds = 0;
};

/// `api.log [#####.....]  50 %  1.2 GB of 2.4 GB  310.0 MB/s`, at most `columns` wide: a long name
/// is cut, and the bar left out where there is no room or the total is unknown.
std::string progress_line(const Progress& progress, std::size_t columns);

}  // namespace apierrd
