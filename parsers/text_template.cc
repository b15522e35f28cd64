#include "parsers/text_template.h"

#include <algorithm>
#include <optional>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::array<std::string_view, kCaptureCount> kCaptureNames{
    "code", "message", "request_id", "service", "action", "region", "host", "latency", ""};

bool is_text(Capture capture) {
  return capture == Capture::kMessage || capture == Capture::kSkipped;
}

// Whether `c` may stand in a value of this kind.
bool belongs(Capture capture, char c) {
  if (is_letter(c) || is_digit(c)) return true;
  switch (capture) {
    case Capture::kCode: return c == '.' || c == '_';
    case Capture::kRequestId:
    case Capture::kService: return c == '-' || c == '_';
    case Capture::kAction: return c == '_';
    case Capture::kRegion: return c == '-';
    case Capture::kHost: return c == '-' || c == '.';
    case Capture::kLatency: return c == '.' || static_cast<unsigned char>(c) >= 0x80;  // µs
    default: return false;
  }
}

constexpr std::size_t kUuidBytes = 36;

// Records that run together: what follows a UUID is not part of it.
bool starts_with_uuid(std::string_view text) {
  if (text.size() < kUuidBytes) return false;
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : hex_value(text[i]) < 0) return false;
  }
  return true;
}

std::string_view take_value(Capture capture, std::string_view text) {
  if (capture == Capture::kRequestId && starts_with_uuid(text)) return text.substr(0, kUuidBytes);
  std::size_t end = 0;
  while (end < text.size() && belongs(capture, text[end])) ++end;
  if (capture == Capture::kCode) {
    if (end > 0 && !is_letter(text.front())) return {};
    while (end > 0 && text[end - 1] == '.') --end;  // a full stop, or the vendor's trailing dot
  }
  return text.substr(0, end);
}

// Where `literal` ends if it stands at `at`. Its blanks stand for any number of blanks.
std::optional<std::size_t> literal_end(std::string_view literal, std::string_view text,
                                       std::size_t at) {
  for (const char c : literal) {
    if (is_blank(c)) {
      while (at < text.size() && is_blank(text[at])) ++at;
    } else if (at < text.size() && text[at] == c) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text.substr(0, text.find_first_of(" \t"));
}

// Where `literal` begins next, at most `reach` bytes on; npos if nowhere.
std::size_t find_literal(std::string_view literal, std::string_view text, std::size_t from,
                         std::size_t reach) {
  const std::string_view solid = without_blanks(literal);
  const std::string_view within =
      text.substr(0, std::min(text.size(), from + reach + solid.size()));
  while ((from = within.find(solid, from)) != std::string_view::npos) {
    std::size_t begin = from;
    if (literal_end(literal.substr(literal.find(solid.front())), text, begin)) return begin;
    ++from;
  }
  return from;
}

}  // namespace

bool TextTemplate::captures(Capture capture) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    return part.kind == Part::Kind::kCapture && part.capture == capture;
  });
}

Result<TextTemplate> TextTemplate::parse(std::string_view text) {
  TextTemplate made;
  made.text_ = text;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) made.parts_.push_back({Part::Kind::kLiteral, std::move(literal), {}});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{' || text.substr(i).starts_with("{{")) {
      literal.push_back(text[i]);
      if (text[i] == '{') ++i;
      continue;
    }
    const std::size_t close = text.find('}', i);
    if (close == std::string_view::npos)
      return invalid_error("a brace is not closed", {}, "{{ is a brace");
    const std::string_view name = text.substr(i + 1, close - i - 1);
    i = close;
    end_literal();
    if (name == "?") {
      made.parts_.push_back({Part::Kind::kOptional, {}, {}});
      continue;
    }
    const auto known = std::find(kCaptureNames.begin(), kCaptureNames.end(), name);
    if (known == kCaptureNames.end()) {
      return invalid_error("no value is named '" + std::string(name) + "'", {},
                           "code, message, request_id, service, action, region, host, latency");
    }
    if (!made.parts_.empty() && made.parts_.back().kind == Part::Kind::kCapture) {
      return invalid_error("two values without text between them");
    }
    made.parts_.push_back(
        {Part::Kind::kCapture, {}, static_cast<Capture>(known - kCaptureNames.begin())});
  }
  end_literal();
  for (std::size_t part = 1; part < made.parts_.size(); ++part) {
    const Part& before = made.parts_[part - 1];
    const bool needs_text = before.kind == Part::Kind::kOptional ||
                            (before.kind == Part::Kind::kCapture && is_text(before.capture));
    const bool has_text = made.parts_[part].kind == Part::Kind::kOptional ||
                          !without_blanks(made.parts_[part].literal).empty();
    if (needs_text && !has_text) {
      return invalid_error("nothing says where a value ends", {},
                           "put text behind {message}, {} and {?}");
    }
  }
  bool worth_looking_for = false;
  for (const Part& part : made.parts_) {
    if (part.kind == Part::Kind::kOptional) break;
    worth_looking_for |= without_blanks(part.literal).size() >= 2;
  }
  const bool begins_with_text =
      !made.parts_.empty() && !without_blanks(made.parts_[0].literal).empty();
  if (!begins_with_text || !worth_looking_for) {
    return invalid_error("a template begins with text", {},
                         "two characters of it without a blank must be there");
  }
  return made;
}

// Reads one part at `at`; a text value reaches to the literal behind it, or to the end.
bool TextTemplate::take(std::size_t part, std::string_view text, std::size_t& at,
                        TemplateMatch& match) const {
  const Part& wanted = parts_[part];
  if (wanted.kind == Part::Kind::kLiteral) {
    const auto end = literal_end(wanted.literal, text, at);
    if (end) at = *end;
    return end.has_value();
  }
  std::string_view value;
  if (is_text(wanted.capture)) {
    std::size_t next = part + 1;
    while (next < parts_.size() && parts_[next].kind == Part::Kind::kOptional) ++next;
    std::size_t end = text.size();
    if (next < parts_.size()) {
      end = find_literal(parts_[next].literal, text, at, kCapturedTextMax);
      if (end == std::string_view::npos) {
        if (next == part + 1) return false;
        end = text.size();  // what may be missing is missing
      }
    }
    value = text.substr(at, end - at);
  } else {
    value = take_value(wanted.capture, text.substr(at));
    if (value.empty()) return false;
  }
  match.captured[static_cast<std::size_t>(wanted.capture)] = value;
  at += value.size();
  return true;
}

bool TextTemplate::match_at(std::string_view text, std::size_t at, TemplateMatch& match) const {
  match = {at, at, {}};
  bool whole = false;  // all that must be there was there
  TemplateMatch so_far = match;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    if (parts_[part].kind == Part::Kind::kOptional) {
      whole = true;
      match = so_far;
    } else if (!take(part, text, at, so_far)) {
      return whole;
    }
    so_far.end = at;
  }
  match = so_far;
  return true;
}

bool TextTemplate::find(std::string_view text, std::size_t from, TemplateMatch& match) const {
  const std::string& anchor = parts_[0].literal;
  const std::string_view solid = without_blanks(anchor);
  for (const Part& part : parts_) {  // cheaper than trying each place
    if (part.kind == Part::Kind::kOptional) break;
    if (part.kind == Part::Kind::kLiteral &&
        text.find(without_blanks(part.literal), from) == std::string_view::npos) {
      return false;
    }
  }
  while ((from = text.find(solid, from)) != std::string_view::npos) {
    if (match_at(text, from, match)) return true;
    ++from;
  }
  return false;
}

}  // namespace apierrd
