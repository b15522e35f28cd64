// Values from a log made safe to become labels, and labels made text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "parsers/utf8.h"

namespace apierrd {

/// Longest label value, in bytes; the longest documented code has 89.
inline constexpr std::size_t kLabelValueMax = 128;

/// The value everything beyond a limit is counted under.
inline constexpr std::string_view kOther = "other";

/// `value` as valid UTF-8 of at most kLabelValueMax bytes; bytes that are not UTF-8 and control
/// characters become U+FFFD. One invalid byte in one label makes Prometheus refuse a whole scrape,
/// and a NUL ends its parser's input.
std::string safe_label_value(std::string_view value);

/// The same with another limit.
std::string safe_text(std::string_view text, std::size_t bytes_max);

/// `text` with what reorders, hides or breaks lines in display (bidirectional controls, zero-width
/// characters, line separators) shown as `<U+202E>`; for people only, never for labels.
std::string visible_text(std::string_view text);

/// The code point of one well-formed character.
char32_t code_point(std::string_view character);

/// Appends `name="value"`, escaped as both exposition formats want it, after a comma if `out` is
/// not empty.
void append_label(std::string& out, std::string_view name, std::string_view value);
/// Appends the value alone, escaped, without quotes.
void append_label_value(std::string& out, std::string_view value);

}  // namespace apierrd
