// TLS as a server speaks it: what certificates, keys and settings come to, and one connection. The
// only door to OpenSSL's SSL.
//
// TlsMaterial is immutable and may be used from any thread. A TlsConnection belongs to one thread
// at a time. Neither raises SIGPIPE, logs, or asks at the terminal for the pass phrase of a key.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

struct ssl_ctx_st;
struct ssl_st;

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
  friend class TlsConnection;
  TlsMaterial() = default;
  Result<void> use(const TlsSettings& settings);

  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::vector<std::string> client_allowed_sans_;
  std::int64_t certificate_end_unix_s_ = 0;
};

/// One connection over a non-blocking socket, which the caller opens and closes. Every call ends by
/// its deadline, whatever the other side does; shutdown() of the socket, from any thread, ends it
/// at once. After a failure nothing but close() makes sense.
class TlsConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit TlsConnection(std::shared_ptr<const TlsMaterial> material);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  /// The handshake. False: it failed, or the deadline passed.
  bool accept(int socket, Deadline deadline);
  /// At least one byte, as many as there are. 0: the other side has said that it ends; -1: failed,
  /// cut off, or the deadline passed.
  std::ptrdiff_t read(std::span<char> buffer, Deadline deadline);
  /// All of `bytes`: their number, or -1 as above, when some of them may have been sent.
  std::ptrdiff_t write(std::string_view bytes, Deadline deadline);
  /// Bytes that read() would give without asking the socket: poll() cannot see them.
  bool has_pending() const;
  /// Tells the other side that nothing more comes; does not wait. The socket stays open.
  void close();

 private:
  template <class Step>
  int drive(Step&& step, Deadline deadline);

  struct FreeSession {
    void operator()(ssl_st* session) const;
  };
  std::shared_ptr<const TlsMaterial> material_;
  std::unique_ptr<ssl_st, FreeSession> session_;
  int socket_ = -1;
  bool usable_ = false;
};

}  // namespace apierrd
