// What secrets look like: their beginnings, their randomness, the names they stand behind. Pure
// functions on text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apierrd {

/// Begins, at a word's start, as vendors' access keys and signed tokens do: AKID (Tencent Cloud),
/// AKIA and ASIA (AWS), LTAI (Alibaba Cloud), AKLT (Volcengine), AIza (Google), eyJ (a JWT).
bool holds_key_id(std::string_view text);

/// Whether a stretch of 20 or more letters and digits in it reads like a key and unlike words:
/// letters and digits are mixed more than in any name of the vendors' lists.
bool looks_random(std::string_view text);

/// 8-4-4-4-12 hexadecimal digits, as RequestIds have; punctuation may follow.
bool is_uuid(std::string_view text);

/// `secret...`, `token`, `signature`, `password`, ... in any spelling of a name.
bool is_secret_name(std::string_view name);

/// Bytes of a Chinese word for such at the front of `text`; 0 if there is none.
std::size_t secret_word_size(std::string_view text);

/// `text` with `\u0041`, `\/` and `%41` as what they stand for, also where that was done several
/// times over: a secret must not get by in disguise. Only ASCII that can be printed is undone.
std::string without_escapes(std::string_view text);

}  // namespace apierrd
