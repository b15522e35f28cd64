// The file that secures the web face: TLS, passwords, headers. Its format is the one Prometheus and
// its exporters share, so `promtool check web-config FILE` reads it, too; docs/operations.md lists
// where this program is stricter. Pure: says nothing about the files that are named; TlsMaterial
// reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/basic_auth.h"
#include "exporters/tls.h"
#include "parsers/result.h"

namespace apierrd {

inline constexpr std::size_t kWebConfigBytesMax = 256U << 10;  ///< a hundred users have 10 KiB
inline constexpr std::size_t kWebUsersMax =
    100;  ///< people and scrapers of one daemon; not a directory
/// A hash of cost 17 takes some 7 s of CPU: whoever asks would stall the server.
inline constexpr int kBcryptCostMax = 16;
/// Below, a stolen file is guessed quickly; a finding, no error.
inline constexpr int kBcryptCostAdvised = 10;

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebConfig {
  std::optional<TlsSettings> tls;
  HttpHeaders headers;  ///< an empty value: the header is not sent
  std::vector<WebUser> users;
};

/// Reads the file's text. `file` is for messages, `folder` is what relative names count from.
/// Everything that is wrong is added to `errors`; no hash is ever in their texts.
WebConfig parse_web_config(std::string_view text, const std::string& file,
                           const std::string& folder, std::vector<Error>& errors);

}  // namespace apierrd
