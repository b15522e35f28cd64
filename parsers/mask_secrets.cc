#include "parsers/mask_secrets.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/failure_detail.h"
#include "parsers/secret_shapes.h"

namespace apierrd {

namespace {

enum class TextKind { kMessage, kName, kRequestId };

// In a message; a SecretId has 36, resource names rarely more than 16.
constexpr std::size_t kKeyMin = 20;
// Base64 is often broken into lines of 64 or 76; the last may be short.
constexpr std::size_t kWrappedMin = 60;
constexpr std::size_t kNameSecretMin = 8;
constexpr std::size_t kPasswordMax = 512;
constexpr std::size_t kVendorMax = 16;

constexpr std::string_view kRunPunctuation = "+/=_-.~%";
constexpr std::string_view kQuotes = "\"'`";
constexpr std::string_view kKeyBlock = "-----BEGIN";
constexpr std::string_view kWideColon = "：";

bool in_run(char c) {
  return is_letter(c) || is_digit(c) || kRunPunctuation.find(c) != std::string_view::npos;
}
bool is_quote(char c) { return kQuotes.find(c) != std::string_view::npos; }

std::size_t run_size(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), in_run) -
                                  text.begin());
}

// The run up to a sign: `name=value` is one run if the value is of the same characters. A sign at
// its front is one by itself.
std::size_t name_size(std::string_view text) {
  if (text.starts_with('=')) return 1;
  const auto ends = [](char c) { return c == '=' || !in_run(c); };
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends) - text.begin());
}

// What no blank or quote interrupts.
std::string_view token_of(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\r\n\"'`<>"));
}

// A value may hold any mark; one that words follow at once does not end it.
bool goes_on(std::string_view behind) {
  return !behind.empty() && (in_run(behind.front()) || static_cast<unsigned char>(behind[0]) > 127);
}

struct Value {
  std::size_t begin = 0;  // behind sign, blanks and quote; 0 = there is no value
  std::size_t end = 0;
};

// `{"`: a document begins, which is masked as a whole. Where its first quote is; 0 if none begins.
std::size_t object_quote(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  const std::size_t next = text.find_first_not_of(" \\", 1);
  return next != std::string_view::npos && is_quote(text[next]) ? next : 0;
}

// A quote that is not closed ends where a document begins: its quotes are not the missing one.
std::size_t quoted_end(std::string_view text, std::size_t begin, char quote, std::size_t escapes) {
  std::size_t backslashes = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == quote && backslashes <= escapes && !goes_on(text.substr(i + 1))) {
      return i - backslashes;
    }
    if (object_quote(text.substr(i)) != 0) return i;
    backslashes = text[i] == '\\' ? backslashes + 1 : 0;
  }
  return text.size();
}

// Whether `name=` or `name:` begins here, so that a comma before it ends a value.
bool begins_assignment(std::string_view text) {
  const std::size_t size = text.find_first_of("=:, ;");
  return size != 0 && size != std::string_view::npos && (text[size] == '=' || text[size] == ':');
}

std::size_t unquoted_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '&' || c == '{') return i;
    const std::string_view behind = text.substr(i + 1);
    const bool comma = c == ',' || c == ';';
    if (!comma && !is_quote(c) && c != '\\' && c != '}' && c != ']' && c != ')') continue;
    if (!goes_on(behind) || (comma && begins_assignment(behind))) return i;
  }
  return text.size();
}

// The value that `text`, which follows a name, gives it.
Value value_behind(std::string_view text, TextKind kind) {
  std::size_t at = text.find_first_not_of(" \"'\\`");
  if (at == std::string_view::npos) return {};
  const bool wide = text.substr(at).starts_with(kWideColon);
  if (!wide && text[at] != '=' && text[at] != ':') return {};
  // Names of other vendors' actions have colons in them.
  if (kind != TextKind::kMessage && text[at] == ':' && !text.substr(at + 1).starts_with(' '))
    return {};
  at = wide ? at + kWideColon.size() : at;
  at = text.find_first_not_of("=:> \t\r\n", at);
  if (at == std::string_view::npos) return {};
  const std::size_t mark = text.find_first_not_of('\\', at);
  if (mark != std::string_view::npos && is_quote(text[mark])) {
    return {mark + 1, quoted_end(text, mark + 1, text[mark], mark - at)};
  }
  return {at, unquoted_end(text, at)};
}

// Up to the brace that closes it; where there are quotes, braces in them cannot be told, and it is
// the last one.
std::size_t braces_size(std::string_view text) {
  std::size_t depth = 0, size = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] != '}' || --depth != 0) continue;
    size = i + 1;
    break;
  }
  if (text.substr(0, size).find_first_of(kQuotes) == std::string_view::npos) return size;
  const std::size_t last = text.rfind('}');
  return last == std::string_view::npos ? text.size() : last + 1;
}

// Of `user:password@host` behind a scheme: the bytes before the sign; 0 if there is no user.
std::size_t user_size(std::string_view token) {
  const std::string_view host = token.substr(0, token.find_first_of("/?#,"));
  if (const std::size_t sign = host.rfind('@'); sign != std::string_view::npos) return sign;
  const std::size_t colon = host.find(':');
  if (host.starts_with('[') || colon == std::string_view::npos) return 0;
  const std::string_view port = host.substr(colon + 1);
  if (std::all_of(port.begin(), port.end(), is_digit)) return 0;
  const std::size_t sign = token.substr(0, kPasswordMax).rfind('@');  // a slash is in it
  return sign == std::string_view::npos ? 0 : sign;
}

bool is_plain_word(std::string_view word) {
  return std::all_of(word.begin(), word.end(), is_lower) ||
         std::all_of(word.begin(), word.end(), is_upper);
}

class Masker {
 public:
  Masker(std::string_view text, TextKind kind) : text_(text), kind_(kind) {}

  std::string mask() && {
    while (!text_.empty()) {
      if (mask_key_block() || mask_braces() || mask_markup() || mask_user() || mask_word())
        continue;
      if (!mask_run()) keep(1);
    }
    return std::move(out_);
  }

 private:
  void keep(std::size_t bytes) {
    out_.append(text_.substr(0, bytes));
    text_.remove_prefix(std::min(bytes, text_.size()));
  }
  void mask(std::size_t bytes) {
    out_.append(kMasked);
    text_.remove_prefix(std::min(bytes, text_.size()));
  }

  bool mask_key_block() {
    if (!text_.starts_with(kKeyBlock)) return false;
    const std::size_t end = text_.find("-----END");
    const std::size_t dashes = end == std::string_view::npos ? end : text_.find("-----", end + 8);
    mask(dashes == std::string_view::npos ? text_.size() : dashes + 5);
    return true;
  }

  // `{"name":`, not any brace and quote of a strange name.
  bool begins_object() const {
    const std::size_t quote = object_quote(text_);
    if (quote == 0) return false;
    const std::string_view rest = text_.substr(quote + 1, kPasswordMax);
    const std::size_t name = run_size(rest);
    const std::size_t end = rest.find_first_not_of(" \\", name);
    if (name == 0 || end == std::string_view::npos || !is_quote(rest[end])) return false;
    const std::size_t colon = rest.find_first_not_of(' ', end + 1);
    return colon != std::string_view::npos && rest[colon] == ':';
  }

  bool mask_braces() {
    if (text_.front() != '{') return false;
    if (kind_ != TextKind::kMessage && !begins_object()) return false;
    out_.push_back('{');
    mask(braces_size(text_));
    out_.push_back('}');
    return true;
  }

  // A document, not a word or two in angle brackets.
  bool mask_markup() {
    if (kind_ != TextKind::kMessage || text_.front() != '<') return false;
    const std::size_t first = text_.find("</");
    const bool nested = first != std::string_view::npos && first != text_.rfind("</");
    if (!text_.starts_with("<?") && !nested) return false;
    const std::size_t last = text_.rfind('>');
    out_.push_back('<');
    mask(last == std::string_view::npos ? text_.size() : last + 1);
    out_.push_back('>');
    return true;
  }

  // `scheme://user:password@host`, and `user:password@host`.
  bool mask_user() {
    if (text_.front() != ':') return false;
    if (text_.starts_with("://")) {
      keep(3);
      if (const std::size_t size = user_size(token())) mask(size);
      return true;
    }
    if (kind_ != TextKind::kMessage || out_.empty() || !in_run(out_.back())) return false;
    const std::size_t sign = token().rfind('@');
    if (sign == std::string_view::npos || sign < 2) return false;
    keep(1);
    mask(sign - 1);
    return true;
  }

  // What looks like a value may be another name: `secret: "password":"x"`.
  bool mask_value() {
    bool masked = false, is_name = true;
    while (is_name) {
      const Value value = value_behind(text_, kind_);
      if (value.begin == 0) break;
      keep(value.begin);
      is_name = is_secret_name(text_.substr(0, value.end - value.begin));
      mask(value.end - value.begin);
      masked = true;
    }
    return masked;
  }

  bool mask_word() {
    const std::size_t size = secret_word_size(text_);
    if (size == 0) return false;
    keep(size);
    mask_value();
    return true;
  }

  bool mask_run() {
    const std::size_t size = name_size(text_);
    if (size == 0) return false;
    std::string_view run = text_.substr(0, size);
    run = run.substr(0, run.find(kKeyBlock));
    if (is_secret(run)) {
      mask(run.size());
      if (is_secret_name(run) && mask_value()) return true;  // a key may hold such a word
      if (run.size() >= kWrappedMin) skip_wrapped();
      return true;
    }
    const bool form = begins_form_value(run.size());
    keep(run.size());
    if (is_secret_name(run) && mask_value()) return true;
    if (form) {
      keep(1);
      mask(text_.find_first_of("& \t\r\n\"'`<>"));
      return true;
    }
    mask_scheme(run);
    return true;
  }

  bool is_secret(std::string_view run) const {
    if (is_uuid(run)) return false;
    if (holds_key_id(run)) return true;
    if (kind_ == TextKind::kRequestId) return false;
    if (looks_random(run)) return true;
    if (kind_ == TextKind::kName || run.size() < kKeyMin) return false;
    return std::any_of(run.begin(), run.end(), is_digit) &&
           std::any_of(run.begin(), run.end(), is_letter);
  }

  // The lines behind it that the same value was broken into.
  void skip_wrapped() {
    for (;;) {
      std::size_t at = 0;
      while (at < text_.size() && (text_[at] == '\r' || text_[at] == '\n')) ++at;
      if (at == 0 && (text_.starts_with("\\n") || text_.starts_with("\\r"))) at = 2;
      const std::size_t size = at == 0 ? 0 : run_size(text_.substr(at));
      if (size == 0) return;
      text_.remove_prefix(at + size);
    }
  }

  // `a=1&b=2`: which of the names are secret nobody knows, and it is a request.
  bool begins_form_value(std::size_t name_size) {
    const std::string_view rest = text_.substr(name_size);
    if (!rest.starts_with('=') || rest.size() < 2) return false;
    const bool follows = !out_.empty() && out_.back() == '&';
    token();
    return follows || text_.size() > behind_last_pair_;
  }

  // `Bearer ...` and `Basic ...`, unless a word follows.
  void mask_scheme(std::string_view run) {
    std::string lower(run);
    for (char& c : lower) c = to_lower(c);
    if ((!lower.ends_with("bearer") && !lower.ends_with("basic")) || !text_.starts_with(' '))
      return;
    const std::string_view token = token_of(text_.substr(1));
    if (token.size() < kNameSecretMin || is_plain_word(token)) return;
    keep(1);
    const std::size_t name = name_size(token);
    const bool is_name = is_secret_name(token.substr(0, name));  // of a value of its own
    mask(is_name ? name : token.size());
    if (is_name && !mask_value() && token.size() > name) mask(token.size() - name);
  }

  // The rest of the token that the text is in; its end is looked for once.
  std::string_view token() {
    if (text_.size() <= behind_token_) {
      const std::string_view whole = token_of(text_);
      const std::size_t pairs = whole.rfind('&');
      behind_token_ = text_.size() - whole.size();
      behind_last_pair_ = text_.size() - (pairs == std::string_view::npos ? 0 : pairs);
    }
    return text_.substr(0, text_.size() - behind_token_);
  }

  std::string_view text_;
  // In bytes from the end of the text, of the token and of the last `&` in it.
  std::size_t behind_token_ = text_.size(), behind_last_pair_ = text_.size();
  TextKind kind_;
  std::string out_;
};

bool holds_secret(std::string_view text, TextKind kind) {
  if (text.size() < kNameSecretMin || is_uuid(text)) return false;
  const std::string plain = without_escapes(text);
  return Masker(plain, kind).mask() != plain;
}

}  // namespace

std::string_view beginning_of(std::string_view text) {
  if (text.size() <= kMessageKeptMax) return text;
  constexpr std::size_t kNear = kMessageKeptMax / 2;
  const std::size_t blank = text.rfind(' ', kMessageKeptMax);
  if (blank != std::string_view::npos && blank > kNear) return text.substr(0, blank);
  text = text.substr(0, kMessageKeptMax);
  const auto printable = [](char c) { return c > ' ' && c < 0x7F; };
  for (const auto belongs : {+printable, &in_run}) {
    const auto word = std::find_if_not(text.rbegin(), text.rend(), belongs);
    const auto size = static_cast<std::size_t>(text.rend() - word);
    if (size > kNear) return text.substr(0, size);
  }
  return text;
}

std::string mask_secrets(std::string_view message) {
  return Masker(without_escapes(message), TextKind::kMessage).mask();
}

bool name_is_secret(std::string_view name) { return holds_secret(name, TextKind::kName); }

std::string shown_name(std::string_view name) {
  // The vendor stays, so that it is known whose code it was.
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::string(name_is_secret(name) ? kMasked : name);
  const std::string_view vendor = name.substr(0, slash + 1);
  if (!name_is_secret(name)) return std::string(name);
  if (!is_plain_word(vendor.substr(0, slash)) || slash > kVendorMax) {
    return std::string(kMasked);
  }
  return std::string(vendor).append(kMasked);
}

bool request_id_is_secret(std::string_view id) { return holds_secret(id, TextKind::kRequestId); }

std::string mask_url_passwords(std::string_view text) {
  std::string out;
  for (std::size_t at; (at = text.find("://")) != std::string_view::npos;) {
    out.append(text.substr(0, at + 3));
    text.remove_prefix(at + 3);
    const std::size_t size = user_size(text);
    if (size == 0) continue;
    out.append(kMasked);
    text.remove_prefix(size);
  }
  return out.append(text);
}

}  // namespace apierrd
