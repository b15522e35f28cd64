#include "parsers/json_document.h"

#include <simdjson.h>

#include <cstring>

#include "parsers/ascii.h"

namespace apierrd {

namespace ondemand = simdjson::ondemand;

static_assert(simdjson::SIMDJSON_PADDING <= kJsonPadding);

struct JsonDocument::Parser {
  // simdjson's own limit of depth, which its checks in unoptimised builds insist on, lies beyond
  // ours. Should memory fail here, the first document says so.
  Parser() { [[maybe_unused]] const auto error = parser.allocate(4096, kMaxJsonDepth + 8); }

  ondemand::parser parser;
};

namespace {

// 1 MiB of nodes; ordinary lines have some dozens.
constexpr std::size_t kNodesKeptMax = (1U << 20) / sizeof(JsonNode);

// RFC 8259 section 6. Range is no matter here: a number nobody maps may be any size.
bool valid_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (i < text.size() && text[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// RFC 8259 section 7: every backslash starts one of the known escapes. `escaped` says if any.
bool valid_escapes(std::string_view body, bool& escaped) {
  const char* at = body.data();
  const char* const end = at + body.size();
  while (at < end) {
    at = static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return true;
    escaped = true;
    if (end - at < 2) return false;
    if (at[1] == 'u') {
      if (end - at < 6) return false;
      for (int i = 2; i < 6; ++i) {
        if (hex_value(at[i]) < 0) return false;
      }
      at += 6;
    } else {
      if (std::string_view("\"\\/bfnrt").find(at[1]) == std::string_view::npos) return false;
      at += 2;
    }
  }
  return true;
}

// Fills in the node of a scalar from its token; false if the token is none of JSON's scalars.
bool read_scalar(std::string_view token, JsonNode& node) {
  if (token.empty()) return false;
  node.raw = token;
  switch (token.front()) {
    case '"':
      if (token.size() < 2 || token.back() != '"') return false;
      node.type = JsonType::kString;
      node.raw = token.substr(1, token.size() - 2);
      return valid_escapes(node.raw, node.escaped);
    case 't': node.type = JsonType::kTrue; return token == "true";
    case 'f': node.type = JsonType::kFalse; return token == "false";
    case 'n': node.type = JsonType::kNull; return token == "null";
    default: node.type = JsonType::kNumber; return valid_number(token);
  }
}

// Visits every token of a document in order and appends its nodes.
class Walker {
 public:
  explicit Walker(std::vector<JsonNode>& nodes) : nodes_(nodes) {}

  Verdict value(ondemand::value value, std::string_view key, bool key_escaped, unsigned depth) {
    const std::size_t index = nodes_.size();
    JsonNode& node = nodes_.emplace_back();
    node.key = key;
    node.key_escaped = key_escaped;
    const std::string_view token = value.raw_json_token();
    Verdict verdict = Verdict::kRecord;
    if (token.starts_with('{') || token.starts_with('[')) {
      if (depth > kMaxJsonDepth) return Verdict::kTooDeep;
      node.type = token.front() == '{' ? JsonType::kObject : JsonType::kArray;
      verdict = token.front() == '{' ? object(value, depth) : array(value, depth);
    } else if (!read_scalar(trim_blanks(token), node) || !step_over(value, node.type)) {
      return Verdict::kInvalidJson;
    }
    nodes_[index].end = static_cast<std::uint32_t>(nodes_.size());
    return verdict;
  }

 private:
  // simdjson steps over a scalar nobody took by itself, but takes a string before a colon for a key
  // then, and lets `"a":"b":1` pass.
  static bool step_over(ondemand::value value, JsonType type) {
    return type != JsonType::kString || value.get_raw_json_string().error() == simdjson::SUCCESS;
  }

  Verdict object(ondemand::value value, unsigned depth) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Verdict::kInvalidJson;
    for (simdjson::simdjson_result<ondemand::field> result : object) {
      ondemand::field field;
      if (std::move(result).get(field) != simdjson::SUCCESS) return Verdict::kInvalidJson;
      bool key_escaped = false;
      const std::string_view key = key_body(field.key().raw());
      if (!valid_escapes(key, key_escaped)) return Verdict::kInvalidJson;
      const Verdict verdict = this->value(field.value(), key, key_escaped, depth + 1);
      if (verdict != Verdict::kRecord) return verdict;
    }
    return Verdict::kRecord;
  }

  Verdict array(ondemand::value value, unsigned depth) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Verdict::kInvalidJson;
    for (simdjson::simdjson_result<ondemand::value> result : array) {
      ondemand::value element;
      // NOLINTNEXTLINE(performance-move-const-arg): get() is for rvalues only
      if (std::move(result).get(element) != simdjson::SUCCESS) return Verdict::kInvalidJson;
      const Verdict verdict = this->value(element, {}, false, depth + 1);
      if (verdict != Verdict::kRecord) return verdict;
    }
    return Verdict::kRecord;
  }

  // Stage 1 has seen to it that the key's closing quote exists.
  static std::string_view key_body(const char* start) {
    const char* at = start;
    while (*at != '"') at += *at == '\\' ? 2 : 1;
    return {start, static_cast<std::size_t>(at - start)};
  }

  std::vector<JsonNode>& nodes_;
};

// A document that is a lone scalar. simdjson has rules of its own for these; ours are RFC 8259's.
Verdict parse_scalar_document(std::string_view token, std::vector<JsonNode>& nodes) {
  JsonNode& node = nodes.emplace_back();
  node.end = 1;
  if (!read_scalar(token, node)) return Verdict::kInvalidJson;
  if (node.type != JsonType::kString) return Verdict::kRecord;
  for (std::size_t i = 0; i < node.raw.size(); ++i) {
    if (static_cast<unsigned char>(node.raw[i]) < 0x20 || node.raw[i] == '"') {
      return Verdict::kInvalidJson;
    }
    if (node.raw[i] == '\\') ++i;
  }
  return Verdict::kRecord;
}

// Whether every bracket is closed, whatever closes it. Where a backslash stands outside strings, no
// reader takes the document.
bool brackets_close(std::string_view text) {
  std::ptrdiff_t open = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      if (!in_string) return false;
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      open += (c == '{' || c == '[') ? 1 : (c == '}' || c == ']') ? -1 : 0;
    }
  }
  return open <= 0 && !in_string;
}

// simdjson takes the byte behind a document for one more token, and all is lost when an unclosed
// document goes on there: simdjson issue 1834, which minds the root alone. Its own check of the
// root is not made when it is read as a value, as here. What ends in a bracket is led on by a comma
// or another closing bracket alone.
bool ends_itself(std::string_view text, std::string_view token) {
  if (token.back() != (token.front() == '{' ? '}' : ']')) return false;
  const char behind = text.data()[text.size()];
  const bool leads_on = behind == ',' || behind == ']' || behind == '}';
  return !leads_on || brackets_close(text);
}

Verdict parse_container(ondemand::parser& parser, std::string_view text,
                        std::vector<JsonNode>& nodes) {
  ondemand::document document;
  if (parser.iterate(text.data(), text.size(), text.size() + kJsonPadding).get(document) !=
      simdjson::SUCCESS) {
    return Verdict::kInvalidJson;
  }
  ondemand::value root;
  if (document.get_value().get(root) != simdjson::SUCCESS) return Verdict::kInvalidJson;
  const Verdict verdict = Walker(nodes).value(root, {}, false, 1);
  if (verdict != Verdict::kRecord) return verdict;
  // Nothing may follow the root; simdjson says so by having no current location.
  const char* rest = nullptr;
  return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS ? Verdict::kRecord
                                                                          : Verdict::kInvalidJson;
}

}  // namespace

JsonDocument::JsonDocument() : parser_(std::make_unique<Parser>()) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Verdict JsonDocument::parse(std::string_view text) {
  // A log can hold one line of half a million tokens; its memory is not kept for the rest.
  if (nodes_.capacity() > kNodesKeptMax) nodes_ = {};
  nodes_.clear();
  const std::string_view token = trim_blanks(text);
  // Checked here, because newer simdjson versions skip a byte order mark by themselves.
  const bool starts_with_bom = token.starts_with("\xEF\xBB\xBF");
  const bool container = token.starts_with('{') || token.starts_with('[');
  Verdict verdict = Verdict::kInvalidJson;
  if (container) {
    if (ends_itself(text, token)) verdict = parse_container(parser_->parser, text, nodes_);
  } else if (!starts_with_bom && simdjson::validate_utf8(token.data(), token.size())) {
    verdict = parse_scalar_document(token, nodes_);
  }
  // Which of two faults simdjson names first differs by version; ours is fixed: encoding first.
  if (verdict == Verdict::kInvalidJson && !simdjson::validate_utf8(text.data(), text.size())) {
    return Verdict::kInvalidUtf8;
  }
  return verdict;
}

const JsonNode* JsonDocument::find(const JsonNode& object, std::string_view key) const {
  if (object.type != JsonType::kObject) return nullptr;
  const JsonNode* found = nullptr;
  std::string decoded;
  for (std::uint32_t i = index_of(object) + 1; i < object.end; i = nodes_[i].end) {
    const JsonNode& node = nodes_[i];
    if (node.key_escaped ? decode_json_string(node.key, decoded) && decoded == key
                         : node.key == key) {
      found = &node;
    }
  }
  return found;
}

const JsonNode* JsonDocument::element(const JsonNode& array, std::size_t index) const {
  if (array.type != JsonType::kArray) return nullptr;
  for (std::uint32_t i = index_of(array) + 1; i < array.end; i = nodes_[i].end) {
    if (index-- == 0) return &nodes_[i];
  }
  return nullptr;
}

namespace {

unsigned hex4(const char* digits) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) value = value * 16 + static_cast<unsigned>(hex_value(digits[i]));
  return value;
}

void append_utf8(unsigned code_point, std::string& out) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

char simple_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;  // the quote, the backslash and the slash stand for themselves
  }
}

}  // namespace

bool decode_json_string(std::string_view raw, std::string& out) {
  out.clear();
  std::size_t at = 0;
  while (at < raw.size()) {
    const std::size_t escape = raw.find('\\', at);
    if (escape == std::string_view::npos) break;
    out.append(raw, at, escape - at);
    at = escape + 2;
    if (raw[escape + 1] != 'u') {
      out.push_back(simple_escape(raw[escape + 1]));
      continue;
    }
    unsigned code_point = hex4(raw.data() + escape + 2);
    at = escape + 6;
    if (code_point >= 0xDC00 && code_point < 0xE000) return false;
    if (code_point >= 0xD800 && code_point < 0xDC00) {
      if (raw.size() - at < 6 || raw[at] != '\\' || raw[at + 1] != 'u') return false;
      const unsigned low = hex4(raw.data() + at + 2);
      if (low < 0xDC00 || low >= 0xE000) return false;
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
    append_utf8(code_point, out);
  }
  if (at < raw.size()) out.append(raw, at);
  return true;
}

bool decode_json_text(std::string_view text, std::string& out) {
  bool escaped = false;
  return valid_escapes(text, escaped) && decode_json_string(text, out);
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace apierrd
