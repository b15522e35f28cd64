#include "parsers/secret_shapes.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::size_t kRandomMin = 20;     // no vendor's secret is shorter
constexpr std::size_t kSignatureMin = 40;  // SHA-1 in hexadecimal; an MD5 or UUID has 32
constexpr std::size_t kBase64Min = 32;
constexpr std::ptrdiff_t kCapitalsMin = 5;  // a name with an id behind it has fewer
constexpr std::size_t kDigitGroupsMin = 4;  // the vendor's names have at most two
constexpr std::size_t kDistinctMin = 10;    // `xxxx` is no key
constexpr std::size_t kBackslashesMax = 16;
constexpr unsigned kEscapeLevels = 4;  // a URL in JSON in JSON in a URL

struct KeyBeginning {
  std::string_view text;
  std::size_t follow;  // letters and digits behind it that make it a key, or a key that was cut
  bool digit;          // one of them must be a digit: it could be a word
};
constexpr std::array<KeyBeginning, 7> kKeyBeginnings{{{"AKID", 8, false},
                                                      {"AKIA", 12, true},
                                                      {"ASIA", 12, true},
                                                      {"LTAI", 12, true},
                                                      {"AKLT", 12, true},
                                                      {"AIza", 20, false},
                                                      {"eyJ", 9, true}}};

// Parts of names whose value is never shown; compared without case and anything but letters.
constexpr std::array<std::string_view, 16> kSecretNames{
    "secret",     "token",      "signature", "password",   "passwd", "passphrase",
    "credential", "accesskey",  "apikey",    "sessionkey", "qak",    "authorization",
    "cookie",     "privatekey", "payload",   "requestbody"};
constexpr std::array<std::string_view, 4> kSecretWholeNames{"pwd", "sig", "sign", "body"};

constexpr std::array<std::string_view, 6> kSecretWords{"密码", "密钥", "口令",
                                                       "令牌", "私钥", "签名"};

// How many of small letters, capitals and digits there are.
int kinds_in(std::string_view word) {
  return std::any_of(word.begin(), word.end(), is_lower) +
         std::any_of(word.begin(), word.end(), is_upper) +
         std::any_of(word.begin(), word.end(), is_digit);
}

bool is_word_character(char c) { return is_letter(c) || is_digit(c); }

std::size_t word_size(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_word_character);
  return static_cast<std::size_t>(end - text.begin());
}

bool begins_a_key(std::string_view word) {
  return std::any_of(kKeyBeginnings.begin(), kKeyBeginnings.end(), [&](const KeyBeginning& key) {
    if (!word.starts_with(key.text) || word.size() < key.text.size() + key.follow) return false;
    return !key.digit || std::any_of(word.begin(), word.end(), is_digit);
  });
}

// Letters that names hardly have and random text has like any other.
constexpr std::string_view kRareLetters = "jkqvwxyzJKQVWXYZ";

// What random text has and names do not: letters of both kinds alone, groups of digits, rare
// letters. Of each 100 places in the vendor's 18,000 names of 20, 24 and 32 letters they are at
// most 35, 31 and 22; of a thousand random keys of 32 only four have so few. Hexadecimal text
// without rare letters is an id, unless it is as long as a signature.
bool is_random(std::string_view word) {
  if (word.size() < kRandomMin) return false;
  std::size_t lone_small = 0, lone_capitals = 0, digit_groups = 0, rare = 0, hex = 0,
              longest_hex = 0;
  std::bitset<128> seen;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char before = i == 0 ? '\0' : word[i - 1];
    const char behind = i + 1 == word.size() ? '\0' : word[i + 1];
    lone_small += is_lower(word[i]) && !is_lower(before) && !is_lower(behind);
    lone_capitals += is_upper(word[i]) && !is_upper(before) && !is_upper(behind);
    digit_groups += is_digit(word[i]) && !is_digit(before);
    rare += kRareLetters.find(word[i]) != std::string_view::npos;
    hex = hex_value(word[i]) < 0 ? 0 : hex + 1;
    longest_hex = std::max(longest_hex, hex);
    seen.set(static_cast<unsigned char>(word[i]));
  }
  const bool signature = longest_hex >= kSignatureMin;
  if (seen.count() < kDistinctMin || kinds_in(word) < 2 || (rare < 2 && !signature)) return false;
  const std::size_t most = word.size() < 24 ? 35 : word.size() < 32 ? 31 : 22;
  const std::size_t odd = std::min(lone_small, lone_capitals);  // of words one kind is alone
  return (odd + digit_groups + rare) * 100 / word.size() > most ||
         (signature && digit_groups >= kDigitGroupsMin);
}

// The same of text that `-`, `_`, `+` and `/` belong to, as in base64: these taken out.
bool is_random_base64(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (is_word_character(c)) word.push_back(c);
  }
  return std::count_if(word.begin(), word.end(), is_upper) >= kCapitalsMin &&
         std::any_of(word.begin(), word.end(), is_digit) && word.size() >= kBase64Min &&
         is_random(word);
}

// Of the escape at the front of `text`: what it stands for, and its size; 0 if it is none.
std::size_t escape_size(std::string_view text, char& meant) {
  const auto hex = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (i >= text.size() || hex_value(text[i]) < 0) return false;
      value = value * 16 + hex_value(text[i]);
    }
    meant = static_cast<char>(value);
    return value >= 0x20 && value < 0x7F;
  };
  if (text.front() == '%') return hex(1, 2) ? 3 : 0;
  if (text.front() != '\\') return 0;
  std::size_t at = 0;
  while (at < std::min(text.size(), kBackslashesMax) && text[at] == '\\') ++at;
  if (at == text.size()) return 0;
  if (text[at] == 'u') return hex(at + 1, 4) ? at + 5 : 0;
  meant = '/';
  return text[at] == '/' ? at + 1 : 0;
}

}  // namespace

bool holds_key_id(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = word_size(text);
    if (begins_a_key(text.substr(0, size))) return true;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return false;
}

bool looks_random(std::string_view text) {
  const auto separates = [](char c) { return c == '.' || c == ':' || c == ' ' || c == '='; };
  for (std::string_view rest = text; rest.size() >= kRandomMin;) {
    const auto end = std::find_if(rest.begin(), rest.end(), separates);
    if (is_random_base64(rest.substr(0, static_cast<std::size_t>(end - rest.begin())))) return true;
    rest.remove_prefix(std::min(static_cast<std::size_t>(end - rest.begin()) + 1, rest.size()));
  }
  while (text.size() >= kRandomMin) {
    const std::size_t size = word_size(text);
    if (is_random(text.substr(0, size))) return true;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return false;
}

bool is_uuid(std::string_view text) {
  while (text.size() > 36 && !is_word_character(text.back())) text.remove_suffix(1);
  if (text.size() != 36) return false;
  // All are counted without a branch: an id comes with nearly every line.
  unsigned digits = 0;
  for (const char c : text) digits += hex_value(c) >= 0 ? 1U : 0U;
  return digits == 32 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

bool is_secret_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (is_letter(c)) plain.push_back(to_lower(c));
  }
  const auto is = [&](std::string_view secret) { return plain == secret; };
  const auto holds = [&](std::string_view secret) {
    return plain.find(secret) != std::string::npos;
  };
  return std::any_of(kSecretWholeNames.begin(), kSecretWholeNames.end(), is) ||
         std::any_of(kSecretNames.begin(), kSecretNames.end(), holds);
}

std::size_t secret_word_size(std::string_view text) {
  for (const std::string_view word : kSecretWords) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

std::string without_escapes(std::string_view text) {
  std::string out(text);
  for (unsigned level = 0; level < kEscapeLevels; ++level) {
    if (out.find_first_of("\\%") == std::string::npos) break;
    std::string plain;
    for (std::string_view rest = out; !rest.empty();) {
      char meant = rest.front();
      const std::size_t size = std::max<std::size_t>(1, escape_size(rest, meant));
      plain.push_back(size == 1 ? rest.front() : meant);
      rest.remove_prefix(size);
    }
    if (plain == out) break;
    out = std::move(plain);
  }
  return out;
}

}  // namespace apierrd
