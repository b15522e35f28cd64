// A second reading of JSON, byte by byte, that the program's is compared with. Slow, plain, and
// written without a look at the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apierrd::test {

/// Bytes of the UTF-8 character at the front (RFC 3629 section 4); 0 if there is none.
inline std::size_t plain_utf8_size(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (size == 0 || first > 0xF7) return 0;
  std::uint32_t point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return 0;
    point = point << 6 | (at(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kSmallest[size] || point > 0x10FFFF || surrogate ? 0 : size;
}

inline bool plain_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = plain_utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

inline void plain_put(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

/// The four hexadecimal digits at the front of `text`, or nothing.
inline std::optional<std::uint32_t> plain_hex4(std::string_view text) {
  if (text.size() < 4) return {};
  std::uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
    if (digit == std::string_view::npos) return {};
    value = value * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

/// Takes the escape at the front of `text`; false if it is none, or half a surrogate pair.
inline bool plain_take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeans = "\"\\/\b\f\n\r\t";
  if (text.size() < 2 || text[0] != '\\') return false;
  if (const std::size_t at = kNames.find(text[1]); at != std::string_view::npos) {
    out += kMeans[at];
    text.remove_prefix(2);
    return true;
  }
  const auto unit = text[1] == 'u' ? plain_hex4(text.substr(2)) : std::nullopt;
  if (!unit) return false;
  text.remove_prefix(6);
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    plain_put(*unit, out);
    return true;
  }
  const auto low = text.starts_with("\\u") ? plain_hex4(text.substr(2)) : std::nullopt;
  if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) return false;
  plain_put(0x10000 + (*unit - 0xD800) * 0x400 + (*low - 0xDC00), out);
  text.remove_prefix(6);
  return true;
}

/// What stands between the quotes of a JSON string, without escapes; nothing if one is wrong.
inline std::optional<std::string> plain_unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] == '\\') {
      if (!plain_take_escape(text, out)) return {};
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

/// Reads one document and says what it holds.
class PlainJson {
 public:
  explicit PlainJson(std::string_view text, unsigned depth_max) : text_(text), most_(depth_max) {}

  /// The document in one way of writing, or nothing if it is not valid. Strings are written without
  /// escapes behind their length, or as `?` if no text can express them.
  std::optional<std::string> read() {
    blanks();
    if (!value(0)) return {};
    blanks();
    return text_.empty() ? std::optional(out_) : std::nullopt;
  }

  bool too_deep() const { return too_deep_; }

  static void write_string(std::string_view raw, std::string& out) {
    const auto said = plain_unescaped(raw);
    out += said ? std::to_string(said->size()) + ":" + *said : "?";
  }

 private:
  bool sees(char c) const { return !text_.empty() && text_[0] == c; }
  bool skip(char c) {
    if (!sees(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void blanks() {
    while (sees(' ') || sees('\t') || sees('\n') || sees('\r')) text_.remove_prefix(1);
  }
  bool digits() {
    std::size_t count = 0;
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') ++count, text_.remove_prefix(1);
    return count > 0;
  }

  bool value(unsigned depth) {
    if (sees('{') || sees('[')) {
      too_deep_ = too_deep_ || depth > most_;
      return !too_deep_ && (sees('{') ? object(depth) : array(depth));
    }
    if (sees('"')) return string();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!text_.starts_with(word)) continue;
      out_ += word;
      text_.remove_prefix(word.size());
      return true;
    }
    return number();
  }
  bool object(unsigned depth) {
    out_ += '{';
    skip('{');
    blanks();
    for (bool first = true; !sees('}'); first = false) {
      if (!first && !comma()) return false;
      if (!string()) return false;
      blanks();
      if (!skip(':')) return false;
      out_ += '=';
      blanks();
      if (!value(depth + 1)) return false;
      out_ += ',';
      blanks();
    }
    out_ += '}';
    return skip('}');
  }
  bool array(unsigned depth) {
    out_ += '[';
    skip('[');
    blanks();
    for (bool first = true; !sees(']'); first = false) {
      if (!first && !comma()) return false;
      if (!value(depth + 1)) return false;
      out_ += ',';
      blanks();
    }
    out_ += ']';
    return skip(']');
  }
  bool comma() {
    if (!skip(',')) return false;
    blanks();
    return true;
  }
  bool string() {
    if (!skip('"')) return false;
    const std::string_view begin = text_;
    while (!sees('"')) {
      if (text_.empty() || static_cast<std::uint8_t>(text_[0]) < 0x20) return false;
      if (sees('\\')) {
        const bool by_number = text_.size() > 1 && text_[1] == 'u';
        if (by_number ? !plain_hex4(text_.substr(2))
                      : text_.size() < 2 || std::string_view("\"\\/bfnrt").find(text_[1]) ==
                                                std::string_view::npos) {
          return false;
        }
        text_.remove_prefix(by_number ? 6 : 2);
      } else {
        text_.remove_prefix(1);
      }
    }
    write_string(begin.substr(0, begin.size() - text_.size()), out_);
    return skip('"');
  }
  bool number() {
    const std::string_view begin = text_;
    skip('-');
    if (!skip('0') && !digits()) return false;
    if (skip('.') && !digits()) return false;
    if (skip('e') || skip('E')) {
      if (!skip('+')) skip('-');
      if (!digits()) return false;
    }
    out_ += begin.substr(0, begin.size() - text_.size());
    return true;
  }

  std::string_view text_;
  unsigned most_;
  bool too_deep_ = false;
  std::string out_;
};

/// Whether `text` is one valid JSON document in UTF-8.
inline bool is_plain_json(std::string_view text) {
  return plain_utf8(text) && PlainJson(text, 1000).read().has_value();
}

}  // namespace apierrd::test
