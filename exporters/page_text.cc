#include "exporters/page_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "exporters/label_text.h"
#include "parsers/time_text.h"

namespace apierrd {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kShownBytesMax = 4096;  // the longest path; messages have an eighth of it

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string log_text(std::string_view text) {
  return html_escaped(visible_text(safe_text(text, kShownBytesMax)));
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  for (; value >= 999.95 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string duration_text(std::int64_t nanoseconds) {
  const std::int64_t seconds = std::max<std::int64_t>(0, nanoseconds / kSecondNs);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86400);
}

std::string ago(std::int64_t then_unix_ns, std::int64_t now_unix_ns) {
  if (then_unix_ns == 0) return "never";
  return duration_text(now_unix_ns - then_unix_ns) + " ago";
}

std::string ago_html(std::int64_t then_unix_ns, std::int64_t now_unix_ns) {
  if (then_unix_ns == 0) return "never";
  const std::string exact = html_escaped(rfc3339_text(then_unix_ns));
  return fmt::format("<time datetime=\"{}\" title=\"{}\">{}</time>", exact, exact,
                     ago(then_unix_ns, now_unix_ns));
}

std::string sparkline_svg(std::span<const std::uint32_t> minutes) {
  constexpr unsigned kHeight = 22;
  const std::uint32_t most =
      minutes.empty() ? 0 : *std::max_element(minutes.begin(), minutes.end());
  const auto total = std::accumulate(minutes.begin(), minutes.end(), std::uint64_t{0});
  std::string bars;
  for (std::size_t i = 0; i < minutes.size() && most > 0; ++i) {
    if (minutes[i] == 0) continue;
    const auto height = std::max<std::uint64_t>(2, std::uint64_t{minutes[i]} * kHeight / most);
    bars += fmt::format("M{} {}v-{}h1.6v{}z", 2 * i, kHeight, height, height);
  }
  const std::string words = total == 0 ? fmt::format("none in {} minutes", minutes.size())
                                       : fmt::format("{} in {} minutes, at most {} in one",
                                                     grouped(total), minutes.size(), grouped(most));
  return fmt::format(
      "<svg class=\"spark\" viewBox=\"0 0 {0} 24\" width=\"{0}\" height=\"24\" role=\"img\" "
      "aria-label=\"{1}\"><title>{1}</title><path class=\"base\" d=\"M0 22h{0}v1H0z\"/>"
      "<path d=\"{2}\"/></svg>",
      2 * minutes.size(), words, bars);
}

std::string row_id(std::string_view kind, std::initializer_list<std::string_view> names) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&hash](char c) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  };
  for (const std::string_view name : names) {
    std::for_each(name.begin(), name.end(), add);
    add('\0');
  }
  return fmt::format("{}-{:016x}", kind, hash);
}

}  // namespace apierrd
