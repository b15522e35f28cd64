// TLS as a server speaks it: what certificates, keys and settings come to, and one connection. The
// only door to OpenSSL's SSL.
//
// TlsMaterial is immutable and may be used from any thread. Neither it nor a channel raises
// SIGPIPE, logs, or asks at the terminal for the pass phrase of a key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporters/channel.h"
#include "parsers/result.h"

struct ssl_ctx_st;

namespace apierrd {

/// What is asked of a client's certificate.
enum class ClientAuth : std::uint8_t {
  kNone,              ///< not asked for
  kRequest,           ///< asked for, neither needed nor verified
  kRequireAny,        ///< needed, not verified
  kVerifyIfGiven,     ///< verified if there is one
  kRequireAndVerify,  ///< needed and verified
};

enum class TlsVersion : std::uint8_t { k12, k13 };

struct TlsSettings {
  std::string cert_file;  ///< PEM; the server's certificate, then those that issued it
  std::string key_file;   ///< PEM, without a pass phrase
  ClientAuth client_auth = ClientAuth::kNone;
  std::string client_ca_file;                    ///< PEM; needed where certificates are verified
  std::vector<std::string> client_allowed_sans;  ///< a verified one must bear one; empty = any
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::string ciphers;  ///< of TLS 1.2, as OpenSSL names them, by colons; empty = its default
  bool prefer_server_ciphers = true;
  std::string curves;  ///< likewise
};

class TlsMaterial {
 public:
  /// Reads the files. Error: one cannot be read or is none, the key is not the certificate's, or
  /// OpenSSL does not know a setting. The text never holds anything of a key.
  static Result<std::shared_ptr<const TlsMaterial>> load(const TlsSettings& settings);
  ~TlsMaterial();
  TlsMaterial(const TlsMaterial&) = delete;
  TlsMaterial& operator=(const TlsMaterial&) = delete;

  /// When the server's certificate ends.
  std::int64_t certificate_end_unix_s() const { return certificate_end_unix_s_; }

 private:
  friend class TlsChannel;
  TlsMaterial() = default;
  Result<void> use(const TlsSettings& settings);

  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::vector<std::string> client_allowed_sans_;
  std::int64_t certificate_end_unix_s_ = 0;
};

/// A connection's bytes over TLS; the socket does not block and outlives it. Null: out of memory.
std::unique_ptr<Channel> tls_channel(std::shared_ptr<const TlsMaterial> material, int socket);

}  // namespace apierrd
