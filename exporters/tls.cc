#include "exporters/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <utility>

namespace apierrd {

namespace {

constexpr std::string_view kProtocol = "\x08http/1.1";  // ALPN wants its length before it

// The oldest message of OpenSSL's queue names the cause, the later ones who passed it on.
std::string openssl_reason() {
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "OpenSSL does not say why";
}

std::optional<Error> unreadable(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file && file.peek() != std::ifstream::traits_type::eof()) return {};
  if (file.is_open() && errno == 0) return invalid_error("the file is empty", path);
  return environment_error("cannot read the file", path, std::strerror(errno));
}

// Without this OpenSSL would ask at the terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(
      &chosen, out_size, reinterpret_cast<const unsigned char*>(kProtocol.data()),
      static_cast<unsigned int>(kProtocol.size()), offered, offered_size);
  *out = chosen;
  // RFC 7301 would end the connection; clients that offer only HTTP/2 understand 1.1 as well.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// A name as it is written in the configuration; empty for kinds that cannot be.
std::string name_text(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS: return text_of(name.d.dNSName);
    case GEN_EMAIL: return text_of(name.d.rfc822Name);
    case GEN_URI: return text_of(name.d.uniformResourceIdentifier);
    case GEN_IPADD: {
      const std::string bytes = text_of(name.d.iPAddress);
      char text[INET6_ADDRSTRLEN] = {};
      if (bytes.size() == 4) inet_ntop(AF_INET, bytes.data(), text, sizeof text);
      if (bytes.size() == 16) inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
      return text;
    }
    default: return {};
  }
}

bool bears_one_of(X509* certificate, const std::vector<std::string>& allowed) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string text = name_text(*sk_GENERAL_NAME_value(names.get(), i));
    if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return true;
  }
  return false;
}

int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

// Called for each certificate of the chain, the client's own at depth 0 as the last.
int verify_certificate(int good, X509_STORE_CTX* store) {
  if (good != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return good;
  const auto* session = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* allowed =
      static_cast<const std::vector<std::string>*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  if (allowed->empty() || bears_one_of(X509_STORE_CTX_get_current_cert(store), *allowed)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int version_number(TlsVersion version) {
  return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

std::int64_t end_of(const X509* certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return timegm(&end);
}

Result<void> use_certificate(SSL_CTX* context, const TlsSettings& settings) {
  for (const std::string* path : {&settings.cert_file, &settings.key_file}) {
    if (auto error = unreadable(*path)) return *error;
  }
  if (SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) != 1) {
    return invalid_error("cannot use the certificate", settings.cert_file,
                         openssl_reason() + "; it must be PEM");
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return invalid_error(
        "cannot use the key", settings.key_file,
        openssl_reason() + "; it must be the certificate's, as PEM without a pass phrase");
  }
  return {};
}

Result<void> use_client_auth(SSL_CTX* context, const TlsSettings& settings) {
  const ClientAuth wanted = settings.client_auth;
  if (wanted == ClientAuth::kNone) return {};
  // A resumed session would pass by the check of its certificate.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  const bool needed = wanted == ClientAuth::kRequireAny || wanted == ClientAuth::kRequireAndVerify;
  const int mode = SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
  if (wanted == ClientAuth::kRequest || wanted == ClientAuth::kRequireAny) {
    SSL_CTX_set_verify(context, mode, accept_any_certificate);
    return {};
  }
  SSL_CTX_set_verify(context, mode, verify_certificate);
  const std::string& path = settings.client_ca_file;
  if (auto error = unreadable(path)) return *error;
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
  if (names == nullptr || SSL_CTX_load_verify_locations(context, path.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return invalid_error("cannot use the clients' authorities", path,
                         openssl_reason() + "; they must be certificates as PEM");
  }
  SSL_CTX_set_client_CA_list(context, names);  // takes it
  return {};
}

Result<void> use_algorithms(SSL_CTX* context, const TlsSettings& settings) {
  if (SSL_CTX_set_min_proto_version(context, version_number(settings.min_version)) != 1 ||
      SSL_CTX_set_max_proto_version(context, version_number(settings.max_version)) != 1) {
    return invalid_error("OpenSSL does not take the versions", {}, openssl_reason());
  }
  if (!settings.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    return invalid_error("OpenSSL does not take the ciphers", settings.ciphers, openssl_reason());
  }
  if (!settings.curves.empty() && SSL_CTX_set1_groups_list(context, settings.curves.c_str()) != 1) {
    return invalid_error("OpenSSL does not take the curves", settings.curves, openssl_reason());
  }
  if (settings.prefer_server_ciphers) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  return {};
}

// OpenSSL's own socket BIO writes by write(), which raises SIGPIPE.
int send_quietly(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = send(*static_cast<int*>(BIO_get_data(bio)), bytes,
                         static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto got =
      recv(*static_cast<int*>(BIO_get_data(bio)), bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO* make_socket_bio(int* socket) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    if (made == nullptr) return made;
    BIO_meth_set_create(made, create);
    BIO_meth_set_write(made, send_quietly);
    BIO_meth_set_read(made, receive);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  BIO* const bio = method != nullptr ? BIO_new(method) : nullptr;
  if (bio != nullptr) BIO_set_data(bio, socket);
  return bio;
}

}  // namespace

void TlsMaterial::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
TlsMaterial::~TlsMaterial() = default;

Result<std::shared_ptr<const TlsMaterial>> TlsMaterial::load(const TlsSettings& settings) {
  ERR_clear_error();
  const std::shared_ptr<TlsMaterial> material(new TlsMaterial);
  if (auto used = material->use(settings); !used) {
    ERR_clear_error();
    return used.error();
  }
  return std::shared_ptr<const TlsMaterial>(material);
}

Result<void> TlsMaterial::use(const TlsSettings& settings) {
  context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = context_.get();
  if (context == nullptr) return environment_error("cannot set up TLS", {}, openssl_reason());
  client_allowed_sans_ = settings.client_allowed_sans;
  SSL_CTX_set_app_data(context, &client_allowed_sans_);
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Clients keep their sessions themselves, in tickets.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  if (auto used = use_certificate(context, settings); !used) return used;
  if (auto used = use_client_auth(context, settings); !used) return used;
  if (auto used = use_algorithms(context, settings); !used) return used;
  certificate_end_unix_s_ = end_of(SSL_CTX_get0_certificate(context));
  return {};
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(std::shared_ptr<const TlsMaterial> material, int socket)
      : material_(std::move(material)), socket_(socket) {}

  bool set_up() {
    session_.reset(SSL_new(material_->context_.get()));
    BIO* const bio = session_ ? make_socket_bio(&socket_) : nullptr;
    if (bio == nullptr) return false;
    SSL_set_bio(session_.get(), bio, bio);  // takes it
    return true;
  }

  ChannelState shake_hands() override {
    std::size_t ignored = 0;
    return step(SSL_accept, ignored);
  }
  ChannelState read(std::span<char> into, std::size_t& count) override {
    const int size = static_cast<int>(std::min(into.size(), kRecordBytes));
    return step([&](SSL* session) { return SSL_read(session, into.data(), size); }, count);
  }
  // A record at a time: one that could not be sent must be offered again as it was.
  ChannelState write(std::string_view bytes, std::size_t& count) override {
    const int size = static_cast<int>(std::min(bytes.size(), kRecordBytes));
    return step([&](SSL* session) { return SSL_write(session, bytes.data(), size); }, count);
  }
  void end_writing() override {
    if (usable_) SSL_shutdown(session_.get());
    ERR_clear_error();
    ::shutdown(socket_, SHUT_WR);
  }

 private:
  static constexpr std::size_t kRecordBytes = 16U << 10;

  template <class Step>
  ChannelState step(Step&& what, std::size_t& count) {
    count = 0;
    if (!usable_) return ChannelState::kEnded;
    ERR_clear_error();  // an old error of this thread would be taken for this step's
    const int result = what(session_.get());
    if (result > 0) {
      count = static_cast<std::size_t>(result);
      return ChannelState::kMoved;
    }
    const int why = SSL_get_error(session_.get(), result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ) return ChannelState::kWantsRead;
    if (why == SSL_ERROR_WANT_WRITE) return ChannelState::kWantsWrite;
    // OpenSSL forbids a farewell after the other errors.
    usable_ = why == SSL_ERROR_ZERO_RETURN;
    return ChannelState::kEnded;
  }

  struct FreeSession {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  std::shared_ptr<const TlsMaterial> material_;
  int socket_;
  std::unique_ptr<SSL, FreeSession> session_;
  bool usable_ = true;
};

std::unique_ptr<Channel> tls_channel(std::shared_ptr<const TlsMaterial> material, int socket) {
  auto channel = std::make_unique<TlsChannel>(std::move(material), socket);
  if (!channel->set_up()) return nullptr;
  return channel;
}

}  // namespace apierrd
