// What is kept of one failed call for people: the page, a terminal, an alert. Passive data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace apierrd {

/// Of a message the beginning; the vendor's are one or two sentences.
inline constexpr std::size_t kMessageKeptMax = 512;

/// At most kMessageKeptMax bytes, up to a blank if one is near, or else without the letters, digits
/// and marks it ends in: half a word may be half a secret. A text of nothing else is cut anywhere.
std::string_view beginning_of(std::string_view text);

struct FailureDetail {
  std::string request_id;          ///< empty if none
  std::string message;             ///< raw text of the log: see mask_secrets()
  std::int64_t time_unix_ns = 0;   ///< log time, or when it was read if the log has none
  std::uint64_t offset_bytes = 0;  ///< of its record, in the batch or in the file

  void set_texts(std::string_view id, std::string_view text) {
    request_id = id;
    message = beginning_of(text);
  }
};

}  // namespace apierrd
