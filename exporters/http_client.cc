#include "exporters/http_client.h"

#include <httplib.h>
#include <pthread.h>

#include <csignal>
#include <ctime>
#include <memory>

#include "exporters/http_responder.h"
#include "exporters/web_security.h"

namespace apierrd {

namespace {

constexpr std::size_t kAnswerMax = 16U << 20;  // a status of all limits together is a tenth of it
constexpr int kTimeoutSeconds = 5;
constexpr std::string_view kPlain = "http://", kSecure = "https://";

// OpenSSL writes to a connection that is gone, and a signal would leave the terminal as it is.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    constexpr timespec kAtOnce{};
    if (sigismember(&before_, SIGPIPE) == 1) return;
    sigtimedwait(&pipe_, nullptr, &kAtOnce);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

Error no_address(const std::string& url) {
  return invalid_error("'" + url + "' is no address of a daemon", {},
                       "write http://HOST:PORT, for example http://127.0.0.1:19877");
}

std::unique_ptr<httplib::ClientImpl> make_client(const HttpTarget& target,
                                                 const HttpOptions& address, bool secure) {
  if (!secure) return std::make_unique<httplib::ClientImpl>(address.host, address.port);
  auto client = std::make_unique<httplib::SSLClient>(address.host, address.port, target.cert_file,
                                                     target.key_file);
  if (!target.ca_file.empty()) client->set_ca_cert_path(target.ca_file);
  client->enable_server_certificate_verification(!target.insecure);
  return client;
}

Error no_answer(const HttpTarget& target, httplib::Error error) {
  std::string hint = "is it running? its web.listen says where it answers";
  const std::string reason = to_string(error);
  if (error == httplib::Error::SSLLoadingCerts) {
    hint = "is " + target.ca_file + " there, with certificates as PEM?";
  } else if (reason.find("erification") != std::string::npos) {  // 0.18 has several of it
    hint = "name its authority with --ca, and the host as its certificate does";
  } else if (error == httplib::Error::SSLConnection) {
    hint = "does it speak TLS? does it want a certificate? then --cert and --key";
  }
  return environment_error("cannot reach the daemon", target.url + ": " + reason, hint);
}

Error refusal(const std::string& where, const HttpTarget& target, int status) {
  std::string hint;
  if (status == 401) {
    hint = target.user.empty() ? "it wants --user and --password-file" : "the password is wrong";
  }
  return environment_error("the daemon refuses", where + ": status " + std::to_string(status),
                           hint);
}

}  // namespace

Result<std::string> http_get(const HttpTarget& target, const std::string& path) {
  const bool secure = target.url.starts_with(kSecure);
  if ((!secure && !target.url.starts_with(kPlain)) || target.url.find('@') != std::string::npos) {
    return no_address(target.url);
  }
  std::string address = target.url.substr(secure ? kSecure.size() : kPlain.size());
  if (address.ends_with('/')) address.pop_back();
  const Result<HttpOptions> parsed = parse_listen_address(address);
  if (!parsed || parsed->port == 0) return no_address(target.url);
  if (!secure && !target.user.empty() && !is_loopback(parsed->host) && !target.insecure) {
    return invalid_error("a password would cross the network in the clear", target.url,
                         "write https://, or --insecure");
  }
  const NoBrokenPipe no_broken_pipe;
  const std::unique_ptr<httplib::ClientImpl> client = make_client(target, *parsed, secure);
  if (!client->is_valid()) {
    return invalid_error("cannot use the certificate and key",
                         target.cert_file + ", " + target.key_file,
                         "they must be PEM, and belong to each other");
  }
  client->set_connection_timeout(kTimeoutSeconds);
  client->set_read_timeout(kTimeoutSeconds);
  if (!target.user.empty()) client->set_basic_auth(target.user, target.password);
  std::string body;
  const httplib::Result answer = client->Get(path, [&body](const char* data, std::size_t size) {
    body.append(data, size);
    return body.size() <= kAnswerMax;
  });
  if (!answer) return no_answer(target, answer.error());
  if (answer->status != 200) return refusal(target.url + path, target, answer->status);
  return body;
}

}  // namespace apierrd
