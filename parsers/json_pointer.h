// JSON Pointer (RFC 6901): where in a document a field of a log format stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/json_document.h"
#include "parsers/result.h"

namespace apierrd {

struct JsonPointer {
  std::string text;                 ///< as the user wrote it, for messages
  std::vector<std::string> tokens;  ///< unescaped reference tokens; empty = the whole document
  std::uint8_t slot = 0;            ///< its number among those of its shape (skim_plan.h)
};

/// Reads `/a/0/b`; `~1` is a slash and `~0` a tilde. Errors name the fault.
Result<JsonPointer> parse_json_pointer(std::string_view text);

/// The node the pointer names below `from`, or nullptr.
const JsonNode* resolve(const JsonDocument& document, const JsonNode& from,
                        const JsonPointer& pointer);

}  // namespace apierrd
