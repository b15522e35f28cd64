// Small pieces of text that the page, its JSON and the commands share: escaping, numbers, ages,
// sparklines. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace apierrd {

/// `text` safe inside HTML text and quoted attributes.
std::string html_escaped(std::string_view text);

/// Text out of a log, or a file's name, for the page: valid UTF-8 without control characters,
/// escaped, and what would reorder or hide it made visible.
std::string log_text(std::string_view text);

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t number);

/// "12.3 MB".
std::string bytes_text(std::uint64_t bytes);

/// A span of time in its largest unit: "3 min".
std::string duration_text(std::int64_t nanoseconds);

/// "3 min ago", or "never" for 0.
std::string ago(std::int64_t then_unix_ns, std::int64_t now_unix_ns);

/// The same as a <time> element whose title is the exact time.
std::string ago_html(std::int64_t then_unix_ns, std::int64_t now_unix_ns);

/// Bars, the newest at the right, as an inline SVG without styles; its label says it in words.
std::string sparkline_svg(std::span<const std::uint32_t> minutes);

/// An element's id made of what identifies a row; the same on every page.
std::string row_id(std::string_view kind, std::initializer_list<std::string_view> names);

}  // namespace apierrd
