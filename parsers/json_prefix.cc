#include "parsers/json_prefix.h"

#include "parsers/ascii.h"
#include "parsers/json_document.h"

namespace apierrd {

namespace {

bool is_scalar_character(char c) {
  return is_digit(c) || is_lower(c) || c == '-' || c == '+' || c == '.' || c == 'E';
}

// Scalars are judged by their first letters: enough to tell a document from prose.
bool may_be_scalar(std::string_view text) {
  const char first = text.front();
  if (first == '-' || is_digit(first)) return true;
  return text == "true" || text == "false" || text == "null";
}

}  // namespace

void JsonPrefix::reset() {
  brackets_.clear();
  expect_ = Expect::kValue;
}

// `at` stands on the opening quote; goes behind the closing one.
bool JsonPrefix::string(std::string_view piece, std::size_t& at) const {
  for (std::size_t i = at + 1; i < piece.size(); ++i) {
    if (piece[i] == '\\') {
      ++i;
    } else if (piece[i] == '"') {
      at = i + 1;
      return true;
    }
  }
  return false;
}

bool JsonPrefix::scalar(std::string_view piece, std::size_t& at) const {
  std::size_t end = at;
  while (end < piece.size() && is_scalar_character(piece[end])) ++end;
  if (end == at || !may_be_scalar(piece.substr(at, end - at))) return false;
  at = end;
  return true;
}

bool JsonPrefix::open(char bracket) {
  if (expect_ != Expect::kValue && expect_ != Expect::kValueOrEnd) return false;
  if (brackets_.size() >= kMaxJsonDepth) return false;
  brackets_.push_back(bracket);
  expect_ = bracket == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
  return true;
}

bool JsonPrefix::close(char bracket) {
  const bool object = bracket == '}';
  if (brackets_.empty() || (brackets_.back() == '{') != object) return false;
  const Expect empty = object ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
  if (expect_ != Expect::kCommaOrEnd && expect_ != empty) return false;
  brackets_.pop_back();
  expect_ = Expect::kCommaOrEnd;
  return true;
}

bool JsonPrefix::punctuation(char c) {
  if (c == '{' || c == '[') return open(c);
  if (c == '}' || c == ']') return close(c);
  if (c == ':' && expect_ == Expect::kColon) {
    expect_ = Expect::kValue;
    return true;
  }
  if (c == ',' && expect_ == Expect::kCommaOrEnd) {
    expect_ = brackets_.back() == '{' ? Expect::kKey : Expect::kValue;
    return true;
  }
  return false;
}

JsonPrefix::State JsonPrefix::feed(std::string_view piece, std::size_t& used) {
  std::size_t& at = used;
  at = 0;
  while ((at = piece.find_first_not_of(kBlanks, at)) != std::string_view::npos) {
    const char c = piece[at];
    const bool key = expect_ == Expect::kKey || expect_ == Expect::kKeyOrEnd;
    const bool value = expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd;
    if (c == '"' && (key || value)) {
      if (!string(piece, at)) {
        at = piece.size();
        return State::kBroken;
      }
      expect_ = key ? Expect::kColon : Expect::kCommaOrEnd;
    } else if (punctuation(c)) {
      ++at;
      if (brackets_.empty()) return State::kComplete;
    } else if (!value || brackets_.empty() || !scalar(piece, at)) {
      return State::kBroken;
    } else {
      expect_ = Expect::kCommaOrEnd;
    }
  }
  at = piece.size();
  return State::kOpen;
}

EmbeddedDocument find_document(std::string_view text, std::size_t from) {
  EmbeddedDocument found;
  JsonPrefix prefix;
  while ((from = text.find('{', from)) != std::string_view::npos) {
    prefix.reset();
    std::size_t used = 0;
    const JsonPrefix::State state = prefix.feed(text.substr(from), used);
    const bool at_end = from + used == text.size();
    if (state != JsonPrefix::State::kBroken || at_end) {
      found.begin = from;
      found.end = from + used;
      found.cut_off = state != JsonPrefix::State::kComplete;
      return found;
    }
    from += used > 0 ? used : 1;
  }
  return found;
}

bool is_meant_as_json(std::string_view text) {
  text = trim_blanks(text);
  if (!text.starts_with('{')) return false;
  const std::size_t next = text.find_first_not_of(kBlanks, 1);
  return next != std::string_view::npos && (text[next] == '"' || text[next] == '}');
}

}  // namespace apierrd
