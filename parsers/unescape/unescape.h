// The text of a JSON string, read up to its closing quote and written without its escapes, in one
// pass of SIMD. For strings that are JSON themselves: nearly all their escapes are `\"` and `\\`.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "parsers/skim/skim.h"

namespace apierrd {

/// Bytes that are read behind the text, and may be written behind the result.
inline constexpr std::size_t kUnescapeSlack = 64;

struct PlainPart {
  std::size_t read = 0;     ///< bytes of the text
  std::size_t written = 0;  ///< bytes they stand for
};

/// Copies what stands before the first quote that is not escaped, or before the first escape but
/// `\"`, `\\` and `\/`, which become the second character; all of the text if there is neither.
/// kUnescapeSlack bytes behind the text must be readable and behind its length in `out` writable.
PlainPart unescape_plain(std::string_view text, char* out, SkimKernel kernel);

/// One for each kernel; `out` may be null if only the sizes matter.
PlainPart unescape_avx2(std::string_view text, char* out);
PlainPart unescape_avx512(std::string_view text, char* out);

/// `text` begins behind a string's first quote. Writes to `out` what the string says, and
/// kJsonPadding bytes more; the view is without these. Returns the offset of the closing quote in
/// `text`, npos if there is none, or for escapes that no UTF-8 text can express or JSON does not
/// have. What else JSON forbids in strings is let through.
std::size_t unescape_string(std::string_view text, std::string& out, std::string_view& said,
                            SkimKernel kernel = best_skim_kernel());

/// Behind a string's first quote as well. Whether it ends with the escape `\n`; `body` is what
/// stands before that. False also if there is no closing quote. `rare` says whether there are
/// escapes by number (`\u0041`).
bool ends_with_newline_escape(std::string_view text, std::string_view& body, bool& rare,
                              SkimKernel kernel = best_skim_kernel());

}  // namespace apierrd
