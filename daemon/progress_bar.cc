#include "daemon/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/text_width.h"
#include "exporters/label_text.h"
#include "exporters/page_text.h"

namespace apierrd {

std::string progress_line(const Progress& progress, std::size_t columns) {
  constexpr std::size_t kBar = 25, kNameMin = 12;
  std::string numbers;
  std::string bar;
  if (progress.total_bytes > 0) {
    const std::uint64_t done = std::min(progress.done_bytes, progress.total_bytes);
    const double share = static_cast<double>(done) / static_cast<double>(progress.total_bytes);
    const auto filled = static_cast<std::size_t>(share * kBar);
    bar = " [" + std::string(filled, '#') + std::string(kBar - filled, '.') + "]";
    numbers = fmt::format(" {:3.0f} %  {} of {}", std::min(99.0, share * 100), bytes_text(done),
                          bytes_text(progress.total_bytes));
    if (done == progress.total_bytes) numbers.replace(0, 6, " 100 %");
  } else {
    numbers = "  " + bytes_text(progress.done_bytes);
  }
  if (progress.seconds > 0) {
    const double rate = static_cast<double>(progress.done_bytes) / progress.seconds;
    numbers += "  " + bytes_text(static_cast<std::uint64_t>(rate)) + "/s";
  }
  if (bar.size() + numbers.size() + kNameMin > columns) bar.clear();
  const std::string name = visible_text(safe_text(progress.name, 4096));
  const std::size_t room = columns - std::min(columns, bar.size() + numbers.size());
  return fitted(fitted(name, std::min(room, text_width(name))) + bar + numbers,
                std::min(columns, std::min(room, text_width(name)) + bar.size() + numbers.size()));
}

}  // namespace apierrd
