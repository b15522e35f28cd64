#include "exporters/web_config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <span>

#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::size_t kUserNameMax = 128;
constexpr std::size_t kHeaderValueMax = 4096;
constexpr std::size_t kAllowedSansMax = 100;

// As Go names it and as OpenSSL does. Those of TLS 1.3 have no name here: they cannot be chosen.
struct Name {
  std::string_view go, openssl;
};
constexpr Name kCiphers[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_AES_128_GCM_SHA256", ""},
    {"TLS_AES_256_GCM_SHA384", ""},
    {"TLS_CHACHA20_POLY1305_SHA256", ""}};
constexpr Name kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

struct AllowedHeader {
  std::string_view name;
  std::array<std::string_view, 2> values;  ///< empty = any
};
constexpr AllowedHeader kAllowedHeaders[] = {{"Content-Security-Policy", {}},
                                             {"Strict-Transport-Security", {}},
                                             {"X-Content-Type-Options", {"nosniff", ""}},
                                             {"X-Frame-Options", {"deny", "sameorigin"}},
                                             {"X-XSS-Protection", {}}};

template <class Row>
std::string listed(std::span<const Row> rows, std::string_view Row::*name) {
  std::string out;
  for (const Row& row : rows) out.append(out.empty() ? "one of: " : ", ").append(row.*name);
  return out;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

class WebConfigReader {
 public:
  WebConfigReader(const std::string& file, const std::string& folder, std::vector<Error>& errors)
      : file_(file), folder_(folder), errors_(errors) {}

  WebConfig read(const YamlValue& root) {
    if (root.kind == YamlValue::Kind::kNull) return {};  // an empty file secures nothing
    YamlMapReader reader(root, "the web configuration", file_, errors_);
    if (root.kind != YamlValue::Kind::kMap) return {};
    if (const YamlValue* tls = reader.take("tls_server_config")) read_tls(*tls);
    if (const YamlValue* http = reader.take("http_server_config")) read_http(*http);
    if (const YamlValue* users = reader.take("basic_auth_users")) read_users(reader, *users);
    reader.finish();
    return std::move(config_);
  }

 private:
  std::string path(YamlMapReader& reader, std::string_view key) {
    const std::string given = reader.text(key).value_or("");
    if (given.empty() || given.front() == '/') return given;
    return (std::filesystem::path(folder_) / given).lexically_normal().string();
  }

  void read_tls(const YamlValue& value) {
    YamlMapReader reader(value, "'tls_server_config'", file_, errors_);
    if (value.kind != YamlValue::Kind::kMap || value.map().empty()) return;
    TlsSettings& tls = config_.tls.emplace();
    // Nothing is worse than a section that looks like TLS and is none.
    const YamlValue* const cert = reader.require("cert_file");
    const YamlValue* const key = reader.require("key_file");
    tls.cert_file = path(reader, "cert_file");
    tls.key_file = path(reader, "key_file");
    for (const YamlValue* given : {cert, key}) {
      if (given != nullptr && given->kind == YamlValue::Kind::kScalar && given->scalar.empty()) {
        reader.complain(*given, "the name of a file is empty");
      }
    }
    read_versions(reader, value, tls);
    read_client_auth(reader, value, tls);
    tls.prefer_server_ciphers = reader.boolean("prefer_server_cipher_suites").value_or(true);
    const std::size_t errors_before = errors_.size();
    tls.ciphers = read_names(reader, "cipher_suites", kCiphers);
    const bool all_known = errors_.size() == errors_before;
    tls.curves = read_names(reader, "curve_preferences", kCurves);
    const YamlValue* const suites = reader.take("cipher_suites");
    if (suites != nullptr && all_known && !suites->list().empty() && tls.ciphers.empty() &&
        tls.min_version == TlsVersion::k12) {
      reader.complain(*suites, "'cipher_suites' has none for TLS 1.2",
                      "those of TLS 1.3 are always on; add one, or write min_version: TLS13");
    }
    reader.finish();
  }

  void read_versions(YamlMapReader& reader, const YamlValue& value, TlsSettings& tls) {
    constexpr std::size_t kOldest = 2;  // of the names below
    for (const auto& [key, version] :
         {std::pair{"min_version", &tls.min_version}, std::pair{"max_version", &tls.max_version}}) {
      const YamlValue* const given = reader.take(key);
      const auto index = reader.one_of(key, {"TLS10", "TLS11", "TLS12", "TLS13"});
      if (index && *index < kOldest) {
        reader.complain(*given, "'" + std::string(given->scalar) + "' is too old",
                        "RFC 8996 forbids TLS 1.0 and 1.1, whose hashes are broken; write TLS12");
      } else if (index) {
        *version = *index == kOldest ? TlsVersion::k12 : TlsVersion::k13;
      }
    }
    if (tls.min_version > tls.max_version) {
      reader.complain(value, "'min_version' is above 'max_version'");
    }
  }

  void read_client_auth(YamlMapReader& reader, const YamlValue& value, TlsSettings& tls) {
    // The last is an old name of RequireAnyClientCert.
    const auto index =
        reader.one_of("client_auth_type", {"NoClientCert", "RequestClientCert",
                                           "RequireAnyClientCert", "VerifyClientCertIfGiven",
                                           "RequireAndVerifyClientCert", "RequireClientCert"});
    if (index) {
      tls.client_auth = *index == 5 ? ClientAuth::kRequireAny : static_cast<ClientAuth>(*index);
    }
    const bool verifies = tls.client_auth == ClientAuth::kVerifyIfGiven ||
                          tls.client_auth == ClientAuth::kRequireAndVerify;
    const YamlValue* const authorities = reader.take("client_ca_file");
    tls.client_ca_file = path(reader, "client_ca_file");
    if (!tls.client_ca_file.empty() && !index && reader.take("client_auth_type") == nullptr) {
      reader.complain(*authorities, "'client_ca_file' has no effect without 'client_auth_type'",
                      "write client_auth_type: RequireAndVerifyClientCert");
    } else if (!tls.client_ca_file.empty() && index && tls.client_auth == ClientAuth::kNone) {
      reader.complain(*authorities, "'client_ca_file' has no effect with NoClientCert",
                      "write client_auth_type: RequireAndVerifyClientCert");
    }
    if (verifies && tls.client_ca_file.empty()) {
      reader.complain(value, "clients' certificates cannot be verified without 'client_ca_file'",
                      "the system's authorities would let in whoever any of them has certified");
    }
    read_allowed_sans(reader, verifies, tls);
  }

  void read_allowed_sans(YamlMapReader& reader, bool verifies, TlsSettings& tls) {
    const YamlValue* const given = reader.take("client_allowed_sans");
    if (given == nullptr) return;
    tls.client_allowed_sans = reader.texts("client_allowed_sans");
    if (tls.client_allowed_sans.size() > kAllowedSansMax) {
      reader.complain(*given, "'client_allowed_sans' has at most 100 names",
                      "each is compared at each connection; give the clients an authority");
    }
    const auto empty = [](const std::string& name) { return name.empty(); };
    if (std::any_of(tls.client_allowed_sans.begin(), tls.client_allowed_sans.end(), empty)) {
      reader.complain(*given, "a name in 'client_allowed_sans' is empty");
    }
    if (!verifies) {
      reader.complain(*given, "'client_allowed_sans' needs certificates that are verified",
                      "write client_auth_type: RequireAndVerifyClientCert");
    }
  }

  // A list of Go's names as OpenSSL's, joined by colons.
  std::string read_names(YamlMapReader& reader, std::string_view key, std::span<const Name> known) {
    std::string out;
    const YamlValue* const given = reader.take(key);
    if (given == nullptr) return out;
    if (given->kind != YamlValue::Kind::kList) {
      reader.complain(*given, "'" + std::string(key) + "' must be a list");
      return out;
    }
    for (const YamlValue& element : given->list()) {
      const auto found = std::find_if(known.begin(), known.end(),
                                      [&](const Name& name) { return name.go == element.scalar; });
      if (found == known.end()) {
        reader.complain(
            element,
            "'" + std::string(element.scalar) + "' is unknown in '" + std::string(key) + "'",
            listed(known, &Name::go));
      } else if (!found->openssl.empty()) {
        out.append(out.empty() ? "" : ":").append(found->openssl);
      }
    }
    return out;
  }

  void read_http(const YamlValue& value) {
    YamlMapReader reader(value, "'http_server_config'", file_, errors_);
    reader.boolean("http2");  // there is only HTTP/1.1
    if (const YamlValue* headers = reader.take("headers")) {
      if (headers->kind != YamlValue::Kind::kMap) {
        reader.complain(*headers, "'headers' must be a mapping of names to texts");
      }
      for (const YamlEntry& entry : headers->map()) read_header(reader, entry);
    }
    reader.finish();
  }

  void read_header(YamlMapReader& reader, const YamlEntry& entry) {
    const std::string name(entry.key.scalar);
    const auto found =
        std::find_if(std::begin(kAllowedHeaders), std::end(kAllowedHeaders),
                     [&](const AllowedHeader& header) { return header.name == name; });
    if (found == std::end(kAllowedHeaders)) {
      return reader.complain(
          entry.key, "header '" + name + "' cannot be set",
          listed(std::span<const AllowedHeader>(kAllowedHeaders), &AllowedHeader::name));
    }
    const std::string text(entry.value.scalar);
    const bool none = entry.value.kind == YamlValue::Kind::kNull;
    if ((entry.value.kind != YamlValue::Kind::kScalar && !none) || text.size() > kHeaderValueMax ||
        !is_plain(text)) {
      return reader.complain(entry.value, "header '" + name + "' needs a text",
                             "at most 4096 bytes without control characters");
    }
    const auto& values = found->values;
    const bool any = values.front().empty();
    if (!any && (text.empty() || std::find(values.begin(), values.end(), text) == values.end())) {
      std::string hint = "write " + std::string(values[0]);
      if (!values[1].empty()) hint.append(" or ").append(values[1]);
      return reader.complain(entry.value, "header '" + name + "' cannot have that value", hint);
    }
    config_.headers.emplace_back(name, text);
  }

  void read_users(YamlMapReader& reader, const YamlValue& users) {
    if (users.kind != YamlValue::Kind::kMap) {
      return reader.complain(users, "'basic_auth_users' must be a mapping of names to hashes");
    }
    if (users.map().size() > kWebUsersMax) {
      reader.complain(users, "'basic_auth_users' has at most 100 users",
                      "let a proxy that knows your directory ask for passwords");
    }
    for (const YamlEntry& entry : users.map()) read_user(reader, entry);
  }

  void read_user(YamlMapReader& reader, const YamlEntry& entry) {
    const std::string name(entry.key.scalar);
    if (name.empty() || name.size() > kUserNameMax || !is_plain(name) ||
        name.find(':') != std::string::npos) {
      return reader.complain(entry.key, "that name cannot be a user's",
                             "1 to 128 bytes without colons and control characters");
    }
    if (name.starts_with("$2")) {  // not to be shown, in case it is one
      return reader.complain(entry.key, "a user's name looks like a hash", "write NAME: HASH");
    }
    const std::string hash(entry.value.scalar);
    const int cost = bcrypt_cost(hash);
    if (cost == 0) {
      reader.complain(entry.value, "what user '" + name + "' has is no bcrypt hash",
                      "60 characters that begin with $2a$, $2b$ or $2y$: htpasswd -nB USER");
    } else if (cost > kBcryptCostMax) {
      reader.complain(entry.value,
                      "the hash of user '" + name + "' has cost " + std::to_string(cost),
                      "at most 16: each step doubles the time, and 17 takes seconds");
    } else {
      config_.users.push_back({name, hash});
    }
  }

  const std::string& file_;
  const std::string& folder_;
  std::vector<Error>& errors_;
  WebConfig config_;
};

}  // namespace

WebConfig parse_web_config(std::string_view text, const std::string& file,
                           const std::string& folder, std::vector<Error>& errors) {
  if (text.size() > kWebConfigBytesMax) {
    errors.push_back(invalid_error("the web configuration is larger than 256 KiB", file));
    return {};
  }
  const Result<YamlTree> tree = parse_yaml(text, file);
  if (!tree) {
    errors.push_back(tree.error());
    return {};
  }
  return WebConfigReader(file, folder, errors).read(tree->root);
}

}  // namespace apierrd
