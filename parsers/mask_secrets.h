// Takes what may be secret out of an error message before a person, a page or an alert sees it.
//
// Messages repeat what a request held: a SecretId, a signature, a token, a body. Which words are
// secret cannot be known, so whatever looks like one goes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace apierrd {

/// Put in the place of what was taken out.
inline constexpr std::string_view kMasked = "[masked]";

/// `text` without: runs of 20 or more letters, digits and `+/=_-` that mix letters and digits (a
/// UUID stays: RequestIds are wanted); the value behind `secret...`, `token`, `signature`,
/// `password`, `authorization`, `credential`; what stands between braces.
std::string mask_secrets(std::string_view text);

}  // namespace apierrd
