// What `top` draws: values to text of a given width and height. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/top_status.h"

namespace apierrd {

enum class TopSort : std::uint8_t { kSeverity, kCount, kRate, kRecent };
inline constexpr std::size_t kTopSorts = 4;

struct TopOptions {
  std::size_t width = 100;
  std::size_t height = 0;  ///< 0 = as many lines as it takes
  bool colour = false;
  bool keys = false;     ///< says which keys there are
  bool messages = true;  ///< each code's latest failure below it
  TopSort sort = TopSort::kSeverity;
  std::string url;
  std::string complaint;  ///< why the daemon did not answer; what is shown is old then
};

/// Lines without line ends, none wider than `width`, at most `height`. `before` is an earlier
/// answer that rates are counted from.
std::vector<std::string> render_top(const TopStatus& now, const std::optional<TopStatus>& before,
                                    const TopOptions& options);

/// Counts as block characters, the last at the right; several share a column if there are more.
std::string block_sparkline(const std::vector<std::uint64_t>& counts, std::size_t columns);

}  // namespace apierrd
