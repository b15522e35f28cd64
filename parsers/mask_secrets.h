// Takes what may be secret out of the texts of a log before a person, a page or an alert sees them,
// and keeps it from becoming a name.
//
// Messages repeat what a request held: a SecretId, a signature, a token, a body. Which words are
// secret cannot be known, so whatever looks like one goes. Names (services, actions, codes) are
// only suspected for good reason: they are what is counted by. docs/secrets.md. Pure.
#pragma once

#include <string>
#include <string_view>

namespace apierrd {

/// Put in the place of what was taken out.
inline constexpr std::string_view kMasked = "[masked]";

/// A message without: runs of 20 or more letters, digits and `+/=_-` that mix letters and digits (a
/// UUID stays: RequestIds are wanted) or look random; keys known by their beginning; the value
/// behind `secret...`, `token`, `signature`, `password`, `authorization` and their like; private
/// keys; passwords in URLs; what stands between braces, in XML or in a form. Escapes are undone.
std::string mask_secrets(std::string_view message);

/// A service, action, region or code as a label may show it: itself, or kMasked if any of it looks
/// like a secret or a request body. Names that are documented need not be asked about.
std::string shown_name(std::string_view name);
bool name_is_secret(std::string_view name);

/// Whether a request id is none: opaque ids look random, so only what cannot be one is told.
bool request_id_is_secret(std::string_view id);

/// `text` without users and passwords in URLs.
std::string mask_url_passwords(std::string_view text);

}  // namespace apierrd
