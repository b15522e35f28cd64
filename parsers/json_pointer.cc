#include "parsers/json_pointer.h"

#include <charconv>

namespace apierrd {

namespace {

Result<std::string> unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out.push_back(token[i]);
      continue;
    }
    if (i + 1 == token.size() || (token[i + 1] != '0' && token[i + 1] != '1')) {
      return invalid_error("invalid JSON Pointer", {},
                           "a tilde is written ~0, a slash in a key ~1");
    }
    out.push_back(token[++i] == '0' ? '~' : '/');
  }
  return out;
}

// RFC 6901 section 4: an array index has no leading zeros.
bool parse_index(const std::string& token, std::size_t& index) {
  if (token.size() > 1 && token.front() == '0') return false;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  return error == std::errc{} && end == token.data() + token.size() && !token.empty();
}

}  // namespace

Result<JsonPointer> parse_json_pointer(std::string_view text) {
  JsonPointer pointer{std::string(text), {}, 0};
  if (text.empty()) return pointer;
  if (text.front() != '/') {
    return invalid_error("invalid JSON Pointer", {}, "it starts with a slash, as in /response");
  }
  std::size_t start = 1;
  while (true) {
    const std::size_t slash = text.find('/', start);
    Result<std::string> token = unescape_token(text.substr(start, slash - start));
    if (!token) return token.error();
    pointer.tokens.push_back(*std::move(token));
    if (slash == std::string_view::npos) return pointer;
    start = slash + 1;
  }
}

const JsonNode* resolve(const JsonDocument& document, const JsonNode& from,
                        const JsonPointer& pointer) {
  const JsonNode* node = &from;
  for (const std::string& token : pointer.tokens) {
    std::size_t index = 0;
    if (node->type == JsonType::kArray) {
      node = parse_index(token, index) ? document.element(*node, index) : nullptr;
    } else {
      node = document.find(*node, token);
    }
    if (node == nullptr) return nullptr;
  }
  return node;
}

}  // namespace apierrd
