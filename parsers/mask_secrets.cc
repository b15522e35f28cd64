#include "parsers/mask_secrets.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

// A SecretId has 36, an access key of other vendors 16 to 24, resource names rarely more than 16.
constexpr std::size_t kSecretMin = 20;

// Beginnings of names whose value is never shown; compared without case, `_` and `-`.
constexpr std::array<std::string_view, 10> kSecretNames{
    "secret",        "token",      "signature", "password",   "passwd",
    "authorization", "credential", "accesskey", "sessionkey", "privatekey"};

constexpr std::string_view kRunPunctuation = "+/=_-.~%";

bool in_run(char c) {
  return is_letter(c) || is_digit(c) || kRunPunctuation.find(c) != std::string_view::npos;
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view run) {
  if (run.size() != 36) return false;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? run[i] != '-' : hex_value(run[i]) < 0) return false;
  }
  return true;
}

bool is_key_like(std::string_view run) {
  if (run.size() < kSecretMin || is_uuid(run)) return false;
  return std::any_of(run.begin(), run.end(), is_digit) &&
         std::any_of(run.begin(), run.end(), is_letter);
}

// The name's letters in one case: `X-Secret_Key` is xsecretkey.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (is_letter(c)) plain.push_back(to_lower(c));
  }
  return plain;
}

bool is_secret_name(std::string_view name) {
  const std::string plain = plain_name(name);
  return std::any_of(kSecretNames.begin(), kSecretNames.end(), [&](std::string_view secret) {
    return plain.find(secret) != std::string::npos;
  });
}

// `=` or `:` between a name and its value, with the quotes and blanks around; 0 if there is none.
std::size_t assignment_size(std::string_view rest) {
  const std::size_t sign = rest.find_first_not_of(" \"'\\`");
  if (sign == std::string_view::npos || (rest[sign] != '=' && rest[sign] != ':')) return 0;
  const std::size_t value = rest.find_first_not_of(" \"'\\`=:", sign);
  return value == std::string_view::npos ? 0 : value;
}

// Up to what ends a value; a scheme (`Bearer`, `TC3-HMAC-SHA256`) belongs to it. An opening brace
// ends it too, so that what the braces hold goes as a whole.
std::size_t value_size(std::string_view rest) {
  return std::min(rest.find_first_of(",;&\"'`\\{}])\n"), rest.size());
}

std::size_t braces_size(std::string_view rest) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '{') ++depth;
    if (rest[i] == '}' && --depth == 0) return i + 1;
  }
  return rest.size();
}

}  // namespace

std::string mask_secrets(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '{') {
      out.append("{").append(kMasked).append("}");
      text.remove_prefix(braces_size(text));
      continue;
    }
    std::size_t size = 0;
    while (size < text.size() && in_run(text[size])) ++size;
    if (size == 0) {
      out.push_back(text.front());
      text.remove_prefix(1);
      continue;
    }
    std::string_view run = text.substr(0, size);
    // `name=value` is one run if the value is of the same characters: first the name, then the
    // sign.
    const std::size_t equals = run.find('=');
    if (equals != std::string_view::npos) run = run.substr(0, std::max<std::size_t>(equals, 1));
    text.remove_prefix(run.size());
    if (is_secret_name(run)) {
      out.append(run);
      const std::size_t assignment = assignment_size(text);
      if (assignment == 0) continue;
      out.append(text.substr(0, assignment)).append(kMasked);
      text.remove_prefix(assignment);
      text.remove_prefix(value_size(text));
    } else {
      out.append(is_key_like(run) ? kMasked : run);
    }
  }
  return out;
}

}  // namespace apierrd
