// One JSON document as a flat list of validated nodes. The only door to simdjson.
//
// Stage 1 of simdjson finds the structure and checks UTF-8; the walk here looks at every token,
// also those no field needs, because a line is accepted only when all of it is valid RFC 8259. The
// walk stops at the first error and never touches the simdjson document again (doing so is
// undefined). Not thread-safe; keep one JsonDocument per thread, it reuses its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/verdict.h"

namespace apierrd {

/// Readable bytes that must follow every text given to JsonDocument::parse (simdjson reads ahead).
inline constexpr std::size_t kJsonPadding = 64;

/// Deeper documents are refused: the deepest real response seen nests 12 levels, and the walk is
/// recursive, so the limit keeps the stack below 256 KiB.
inline constexpr unsigned kMaxJsonDepth = 1024;

enum class JsonType : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

struct JsonNode {
  std::string_view raw;  ///< string: between the quotes, escapes as written; other scalar: its text
  std::string_view key;  ///< in an object: the key between its quotes, escapes as written
  std::uint32_t end = 0;  ///< index of the first node behind this one's subtree
  JsonType type = JsonType::kNull;
  bool escaped = false;      ///< raw holds a backslash
  bool key_escaped = false;  ///< key holds a backslash
};

class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  /// Reads one document. kJsonPadding bytes behind `text` must be readable, whatever they hold. The
  /// nodes point into `text` and are valid until it changes or the next parse().
  /// Returns kRecord when valid, else kInvalidJson, kInvalidUtf8 or kTooDeep.
  Verdict parse(std::string_view text);

  /// The document's root; only after a successful parse().
  const JsonNode& root() const { return nodes_.front(); }

  /// The value of `key` (plain text) in `object`; of duplicate keys the last. nullptr if `object`
  /// is no object or has no such key.
  const JsonNode* find(const JsonNode& object, std::string_view key) const;

  /// Calls `visit(const JsonNode&)` for each value in an object or array until it returns false.
  template <class Visit>
  void each_child(const JsonNode& container, Visit&& visit) const {
    if (container.type != JsonType::kObject && container.type != JsonType::kArray) return;
    for (std::uint32_t i = index_of(container) + 1; i < container.end; i = nodes_[i].end) {
      if (!visit(nodes_[i])) return;
    }
  }

  /// The element at `index` of `array`; nullptr if there is none.
  const JsonNode* element(const JsonNode& array, std::size_t index) const;

 private:
  std::uint32_t index_of(const JsonNode& node) const {
    return static_cast<std::uint32_t>(&node - nodes_.data());
  }

  struct Parser;  // simdjson's
  std::unique_ptr<Parser> parser_;
  std::vector<JsonNode> nodes_;
};

/// Writes the text of a JSON string (as in JsonNode::raw) to `out`, replacing what it held.
/// Returns false when it holds half a surrogate pair, which no UTF-8 text can express.
bool decode_json_string(std::string_view raw, std::string& out);

/// The same for text that nobody has validated: false also if a backslash begins no escape.
bool decode_json_text(std::string_view text, std::string& out);

bool valid_utf8(std::string_view text);

}  // namespace apierrd
