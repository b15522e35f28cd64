#include "exporters/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apierrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

const std::string kHash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
const std::string kTls = "tls_server_config:\n  cert_file: c.pem\n  key_file: /k.pem\n";

struct Read {
  std::vector<Error> errors;
  WebConfig config;
  explicit Read(const std::string& text)
      : config(parse_web_config(text, "web.yml", "/etc/apierrd", errors)) {}
  std::string error() const {
    return errors.size() == 1 ? errors[0].text() : std::to_string(errors.size()) + " errors";
  }
};

TEST(WebConfig, AnEmptyFileSecuresNothing) {
  for (const char* text : {"", "# nothing\n", "tls_server_config: {}\n", "basic_auth_users:\n"}) {
    const Read read(text);
    EXPECT_THAT(read.errors, IsEmpty()) << text;
    EXPECT_FALSE(read.config.tls) << text;
    EXPECT_THAT(read.config.users, IsEmpty());
  }
}

TEST(WebConfig, FilesCountFromTheFolderAndDefaultsAreModern) {
  const Read read(kTls);
  ASSERT_THAT(read.errors, IsEmpty());
  EXPECT_EQ(read.config.tls->cert_file, "/etc/apierrd/c.pem");
  EXPECT_EQ(read.config.tls->key_file, "/k.pem");
  EXPECT_EQ(read.config.tls->min_version, TlsVersion::k12);
  EXPECT_EQ(read.config.tls->max_version, TlsVersion::k13);
  EXPECT_EQ(read.config.tls->client_auth, ClientAuth::kNone);
  EXPECT_TRUE(read.config.tls->prefer_server_ciphers);
}

TEST(WebConfig, EverySettingOfTlsIsRead) {
  const Read read(
      kTls +
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ca/clients.pem\n"
      "  client_allowed_sans: [prometheus.example, 10.0.0.1]\n"
      "  min_version: TLS13\n"
      "  max_version: TLS13\n"
      "  prefer_server_cipher_suites: false\n"
      "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256,\n"
      "                  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n"
      "  curve_preferences: [X25519, CurveP384]\n");
  ASSERT_THAT(read.errors, IsEmpty());
  const TlsSettings& tls = *read.config.tls;
  EXPECT_EQ(tls.client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_EQ(tls.client_ca_file, "/etc/apierrd/ca/clients.pem");
  EXPECT_THAT(tls.client_allowed_sans, ElementsAre("prometheus.example", "10.0.0.1"));
  EXPECT_EQ(tls.min_version, TlsVersion::k13);
  EXPECT_FALSE(tls.prefer_server_ciphers);
  EXPECT_EQ(tls.ciphers, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_EQ(tls.curves, "X25519:P-384");
}

TEST(WebConfig, EveryNameOfClientAuthIsKnown) {
  const std::pair<const char*, ClientAuth> names[] = {
      {"NoClientCert", ClientAuth::kNone},
      {"RequestClientCert", ClientAuth::kRequest},
      {"RequireAnyClientCert", ClientAuth::kRequireAny},
      {"RequireClientCert", ClientAuth::kRequireAny},
      {"VerifyClientCertIfGiven\n  client_ca_file: a", ClientAuth::kVerifyIfGiven},
      {"RequireAndVerifyClientCert\n  client_ca_file: a", ClientAuth::kRequireAndVerify}};
  for (const auto& [name, wanted] : names) {
    const Read read(kTls + "  client_auth_type: " + name + "\n");
    ASSERT_THAT(read.errors, IsEmpty()) << name;
    EXPECT_EQ(read.config.tls->client_auth, wanted) << name;
  }
}

TEST(WebConfig, OldVersionsAreRefusedWithTheReason) {
  for (const std::string version : {"TLS10", "TLS11"}) {
    EXPECT_EQ(Read(kTls + "  min_version: " + version + "\n").error(),
              "'" + version +
                  "' is too old: web.yml:4:16: RFC 8996 forbids TLS 1.0 and 1.1, whose "
                  "hashes are broken; write TLS12");
  }
  EXPECT_THAT(Read(kTls + "  min_version: SSL30\n").error(),
              HasSubstr("is no valid 'min_version'"));
  EXPECT_THAT(Read(kTls + "  min_version: TLS13\n  max_version: TLS12\n").error(),
              HasSubstr("'min_version' is above 'max_version'"));
}

TEST(WebConfig, WhatWouldNotProtectIsRefused) {
  EXPECT_THAT(Read("tls_server_config: {min_version: TLS13}\n").errors, SizeIs(2));
  EXPECT_THAT(Read("tls_server_config: {cert_file: '', key_file: k}\n").error(),
              HasSubstr("the name of a file is empty"));
  EXPECT_THAT(Read("tls_server_config: {cert_file: c}\n").error(), HasSubstr("lacks 'key_file'"));
  EXPECT_THAT(Read(kTls + "  client_auth_type: VerifyClientCertIfGiven\n").error(),
              HasSubstr("without 'client_ca_file'"));
  EXPECT_THAT(Read(kTls + "  client_ca_file: a\n").error(), HasSubstr("has no effect without"));
  EXPECT_THAT(Read(kTls + "  client_ca_file: a\n  client_auth_type: NoClientCert\n").error(),
              HasSubstr("has no effect with NoClientCert"));
  EXPECT_THAT(
      Read(kTls + "  client_allowed_sans: [a]\n  client_auth_type: RequestClientCert\n").error(),
      HasSubstr("needs certificates that are verified"));
  EXPECT_THAT(Read(kTls + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n").error(),
              HasSubstr("has none for TLS 1.2"));
}

TEST(WebConfig, UnknownNamesAreErrorsWithThePlace) {
  EXPECT_THAT(Read(kTls + "  cert: x\n").error(), HasSubstr("unknown key 'cert'"));
  EXPECT_THAT(Read("basic_auth_user: {}\n").error(), HasSubstr("did you mean 'basic_auth_users'?"));
  EXPECT_THAT(Read(kTls + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n").error(),
              HasSubstr("'TLS_RSA_WITH_RC4_128_SHA' is unknown in 'cipher_suites': web.yml:4:"));
  EXPECT_THAT(Read(kTls + "  curve_preferences: [P256]\n").error(), HasSubstr("one of: CurveP256"));
  EXPECT_THAT(Read(kTls + "  curve_preferences: X25519\n").error(), HasSubstr("must be a list"));
  EXPECT_THAT(Read("[a]\n").error(), HasSubstr("must be a mapping"));
  EXPECT_THAT(Read("a: [\n").error(), HasSubstr("not valid YAML"));
}

TEST(WebConfig, HeadersAreThoseOfTheFormat) {
  const Read read(
      "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: sameorigin\n"
      "    Strict-Transport-Security: max-age=31536000\n    Content-Security-Policy: ''\n");
  ASSERT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.config.headers,
              ElementsAre(Pair("X-Frame-Options", "sameorigin"),
                          Pair("Strict-Transport-Security", "max-age=31536000"),
                          Pair("Content-Security-Policy", "")));
  const auto error = [](const std::string& headers) {
    return Read("http_server_config: {headers: {" + headers + "}}\n").error();
  };
  EXPECT_THAT(error("Server: me"), HasSubstr("header 'Server' cannot be set"));
  EXPECT_THAT(error("X-Frame-Options: DENY"), HasSubstr("write deny or sameorigin"));
  EXPECT_THAT(error("X-Frame-Options: ''"), HasSubstr("cannot have that value"));
  EXPECT_THAT(error("X-Content-Type-Options: ''"), HasSubstr("write nosniff"));
  EXPECT_THAT(error("X-XSS-Protection: \"1\\r\\nSet-Cookie: a\""), HasSubstr("needs a text"));
  EXPECT_THAT(error("X-XSS-Protection: [1]"), HasSubstr("needs a text"));
}

TEST(WebConfig, UsersNeedHashesThatCanBeComputed) {
  const Read read("basic_auth_users:\n  prometheus: " + kHash + "\n");
  ASSERT_THAT(read.errors, IsEmpty());
  EXPECT_THAT(read.config.users, ElementsAre(WebUser{"prometheus", kHash}));
  const auto error = [](const std::string& users) {
    return Read("basic_auth_users: {" + users + "}\n").error();
  };
  std::string other = kHash;
  EXPECT_THAT(error("a: " + other.replace(0, 4, "$2x$")), HasSubstr("is no bcrypt hash"));
  other = kHash;
  EXPECT_THAT(error("a: " + other.replace(4, 2, "17")), HasSubstr("has cost 17"));
  EXPECT_THAT(error("a: " + kHash + "x"), HasSubstr("is no bcrypt hash"));
  EXPECT_THAT(error("a: secret"), HasSubstr("is no bcrypt hash"));
  EXPECT_THAT(error("a: "), HasSubstr("is no bcrypt hash"));
  EXPECT_THAT(error("'a:b': " + kHash), HasSubstr("cannot be a user's"));
  EXPECT_THAT(error("'': " + kHash), HasSubstr("cannot be a user's"));
}

TEST(WebConfig, NoSecretIsInAnError) {
  const std::string text =
      "basic_auth_users:\n  a: TopSecret\n  " + kHash + ": b\n  c: " + kHash + "x\n";
  const Read read(text);
  ASSERT_THAT(read.errors, SizeIs(3));
  for (const Error& error : read.errors) {
    EXPECT_THAT(error.text(), Not(HasSubstr("TopSecret")));
    EXPECT_THAT(error.text(), Not(HasSubstr(kHash.substr(7))));
  }
}

TEST(WebConfig, LimitsHold) {
  std::string users = "basic_auth_users:\n";
  for (std::size_t i = 0; i < kWebUsersMax; ++i)
    users += "  u" + std::to_string(i) + ": " + kHash + "\n";
  EXPECT_THAT(Read(users).config.users, SizeIs(kWebUsersMax));
  EXPECT_THAT(Read(users).errors, IsEmpty());
  EXPECT_THAT(Read(users + "  one-more: " + kHash + "\n").error(), HasSubstr("at most 100 users"));
  EXPECT_THAT(Read(std::string(kWebConfigBytesMax, '#')).errors, IsEmpty());
  EXPECT_THAT(Read(std::string(kWebConfigBytesMax + 1, '#')).error(),
              HasSubstr("larger than 256 KiB"));
}

}  // namespace
}  // namespace apierrd
