#include "exporters/web_security.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace apierrd {

namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kCertificateEndsSoonDays = 14;

// The page loads nothing from elsewhere and is in nobody's frame.
const HttpHeaders kDefaultHeaders{
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
     "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"}};

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kWebConfigBytesMax + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return environment_error("cannot read the web configuration", path, std::strerror(errno));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

HttpHeaders with_defaults(const HttpHeaders& configured) {
  HttpHeaders headers = configured;
  for (const auto& entry : kDefaultHeaders) {
    const auto same = [&](const auto& other) { return other.first == entry.first; };
    if (std::none_of(configured.begin(), configured.end(), same)) headers.push_back(entry);
  }
  std::erase_if(headers, [](const auto& entry) { return entry.second.empty(); });
  return headers;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// What one reading of the file came to.
struct WebSecurity::InForce {
  std::string path;
  WebConfig config;
  std::shared_ptr<const TlsMaterial> tls;
  std::shared_ptr<BasicAuth> users;  ///< null: everybody is admitted
  std::shared_ptr<const HttpHeaders> headers;
};

WebSecurity::WebSecurity(std::shared_ptr<const InForce> in_force)
    : in_force_(std::move(in_force)) {}

std::shared_ptr<const WebSecurity::InForce> WebSecurity::read(const std::string& path,
                                                              std::vector<Error>& errors) {
  const std::size_t errors_before = errors.size();
  auto made = std::make_shared<InForce>();
  made->path = path;
  if (!path.empty()) {
    const Result<std::string> text = read_file(path);
    if (!text) {
      errors.push_back(text.error());
      return nullptr;
    }
    const std::string folder = std::filesystem::path(path).parent_path().string();
    made->config = parse_web_config(*text, path, folder, errors);
  }
  if (errors.size() > errors_before) return nullptr;
  if (made->config.tls) {
    Result<std::shared_ptr<const TlsMaterial>> tls = TlsMaterial::load(*made->config.tls);
    if (!tls) {
      errors.push_back(tls.error());
      return nullptr;
    }
    made->tls = *std::move(tls);
  }
  if (!made->config.users.empty()) made->users = std::make_shared<BasicAuth>(made->config.users);
  made->headers = std::make_shared<const HttpHeaders>(with_defaults(made->config.headers));
  return made;
}

std::shared_ptr<WebSecurity> WebSecurity::load(const std::string& path,
                                               std::vector<Error>& errors) {
  auto made = read(path, errors);
  return made ? std::shared_ptr<WebSecurity>(new WebSecurity(std::move(made))) : nullptr;
}

Result<std::shared_ptr<WebSecurity>> WebSecurity::load(const std::string& path) {
  std::vector<Error> errors;
  auto made = load(path, errors);
  if (made) return made;
  return errors.front();
}

std::shared_ptr<const WebSecurity::InForce> WebSecurity::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

Result<void> WebSecurity::reload(const std::string& path) {
  std::vector<Error> errors;
  auto made = read(path, errors);
  if (!made) return errors.front();
  const std::lock_guard lock(mutex_);
  in_force_ = std::move(made);
  return {};
}

bool WebSecurity::admits(std::string_view authorization) const {
  const auto now = in_force();
  return now->users == nullptr || now->users->admits(authorization);
}

std::shared_ptr<const HttpHeaders> WebSecurity::headers() const { return in_force()->headers; }
std::shared_ptr<const TlsMaterial> WebSecurity::tls() const { return in_force()->tls; }

std::vector<std::string> WebSecurity::findings(std::string_view listen_host,
                                               std::int64_t now_unix_s) const {
  const auto now = in_force();
  std::vector<std::string> out;
  if (now->users != nullptr && now->tls == nullptr && !is_loopback(listen_host)) {
    out.push_back("passwords cross the network in the clear: " + now->path +
                  ": add tls_server_config, or listen on 127.0.0.1");
  }
  for (const WebUser& user : now->config.users) {
    if (bcrypt_cost(user.bcrypt) < kBcryptCostAdvised) {
      out.push_back("the hash of user '" + user.name + "' is quick to guess: " + now->path +
                    ": make it with cost 10 or more");
    }
  }
  if (now->tls == nullptr) return out;
  const std::int64_t left_s = now->tls->certificate_end_unix_s() - now_unix_s;
  if (left_s < kCertificateEndsSoonDays * kDayS) {
    const std::string when = left_s <= 0 ? "has expired"
                             : left_s < kDayS
                                 ? "expires today"
                                 : "expires in " + std::to_string(left_s / kDayS) + " days";
    out.push_back("the certificate " + when + ": " + now->config.tls->cert_file +
                  ": renew it, then SIGHUP");
  }
  return out;
}

}  // namespace apierrd
