// The quick ways through wrapped lines written down slowly, to compare the program's with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/framing.h"
#include "parsers/json_document.h"
#include "parsers/line_batch.h"
#include "parsers/time_text.h"

namespace apierrd::test {

struct Unwrapped {
  std::string content;
  bool partial = false;
  int stream = 0;
  std::optional<std::int64_t> time;
  bool operator==(const Unwrapped&) const = default;
};

/// Takes Docker's wrapper off step by step.
inline std::optional<Unwrapped> slowly_unwrapped(std::string_view text) {
  constexpr std::string_view kStart = "{\"log\":\"";
  if (!text.starts_with(kStart) || !text.ends_with('}')) return std::nullopt;
  std::size_t end = kStart.size();
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  if (end >= text.size()) return std::nullopt;
  const std::string_view rest = text.substr(end + 1);
  const std::size_t stream = rest.find("\"stream\":\"std");
  const std::size_t time = rest.find("\"time\":\"");
  if (stream == std::string_view::npos || time == std::string_view::npos) return std::nullopt;
  Unwrapped line;
  if (!decode_json_text(text.substr(kStart.size(), end - kStart.size()), line.content))
    return std::nullopt;
  line.partial = !line.content.ends_with('\n');
  if (!line.partial) line.content.pop_back();
  if (!line.partial && line.content.ends_with('\r')) line.content.pop_back();
  line.stream = rest.substr(stream).starts_with("\"stream\":\"stderr\"") ? 1 : 0;
  const std::string_view stamp = rest.substr(time + 8);
  line.time = parse_rfc3339(stamp.substr(0, stamp.find('"')));
  return line;
}

/// Where no record is open in whole lines, by taking all wrappers off.
inline std::size_t slowly_closed(std::string_view text, const Framing& framing,
                                 std::size_t bytes_max) {
  Framer framer(framing, bytes_max);
  const std::size_t size = text.size();
  std::size_t closed = 0;
  while (!text.empty()) {
    const std::size_t before = text.size();
    const std::string_view line = take_line(text);
    framer.feed(line, before - text.size());
    if (framer.closed_before()) closed = size - before;
    if (!framer.open()) closed = size - text.size();
  }
  return closed;
}

}  // namespace apierrd::test
