// Text for manual pages, man(7). Pure; used by the program and by a tool of the build.
#pragma once

#include <string>
#include <string_view>

namespace apierrd {

/// `text` as roff shows it literally, within a line. A hyphen would not be found when an option is
/// searched for: it is a minus.
inline std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += c;
    }
  }
  return out;
}

/// The same of whole lines: a dot at the start of one would be a request.
inline std::string roff_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = text.find('\n');
    const std::string_view line = text.substr(0, size);
    out += (line.starts_with('.') ? "\\&" : "") + roff(line);
    if (size == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(size + 1);
  }
  return out;
}

}  // namespace apierrd
