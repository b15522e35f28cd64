// How the web face is secured: by which certificate, for which users, with which headers; from one
// file (web_config.h) that may be read again while the server runs.
//
// Thread-safe: what one reading came to is immutable and exchanged as a whole. A request that has
// begun keeps what it holds. Never logs.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/web_config.h"
#include "parsers/result.h"

namespace apierrd {

/// Whether that host, a name or an address, is this machine alone.
bool is_loopback(std::string_view host);

class WebSecurity {
 public:
  /// Reads the file and those it names; without a name ("") nothing is secured, and there are the
  /// headers. Error: the first thing that is wrong.
  static Result<std::shared_ptr<WebSecurity>> load(const std::string& path);
  /// The same for `check`: everything that is wrong is added to `errors`, and then it is null.
  static std::shared_ptr<WebSecurity> load(const std::string& path, std::vector<Error>& errors);

  /// Reads the file again, or another one. After an error what was in force stays so.
  Result<void> reload(const std::string& path);

  /// Whether a request with this Authorization header ("" = none) may be answered.
  bool admits(std::string_view authorization) const;
  /// For every answer; none is empty. Never null.
  std::shared_ptr<const HttpHeaders> headers() const;
  /// Null: plain HTTP.
  std::shared_ptr<const TlsMaterial> tls() const;

  /// What is allowed and yet not wise, as `what: where: hint`.
  std::vector<std::string> findings(std::string_view listen_host, std::int64_t now_unix_s) const;

 private:
  struct InForce;
  explicit WebSecurity(std::shared_ptr<const InForce> in_force);
  static std::shared_ptr<const InForce> read(const std::string& path, std::vector<Error>& errors);
  std::shared_ptr<const InForce> in_force() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const InForce> in_force_;
};

}  // namespace apierrd
