#include "exporters/web_security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "tests/support/certificates.h"

namespace apierrd {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

// "secret", of cost 4; and the header of a:secret.
const std::string kHash = "$2b$04$B/bv/ZZ6UXvubW9IUN5Y9un0/GBMXBNKX96gllZNXZPMMuoypsJZK";
const std::string kRight = "Basic YTpzZWNyZXQ=";
const std::string kUsers = "basic_auth_users: {a: " + kHash + "}\n";
const std::string kTls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";

class Security : public testing::Test {
 protected:
  test::TempFolder folder_;

  void certify(long ends_in_s = 90 * 86'400) const {
    test::Certificate::Traits traits;
    traits.ends_in_s = ends_in_s;
    const test::Certificate certificate(traits);
    certificate.write_cert(folder_, "cert.pem");
    certificate.write_key(folder_, "key.pem");
  }
  std::shared_ptr<WebSecurity> load(const std::string& text) const {
    auto loaded = WebSecurity::load(folder_.write("web.yml", text));
    EXPECT_TRUE(loaded) << loaded.error().text();
    return loaded ? *loaded : nullptr;
  }
};

TEST_F(Security, WithoutAFileEverybodyIsAdmittedAndHeadersAreSent) {
  const auto loaded = WebSecurity::load("");
  ASSERT_TRUE(loaded);
  const WebSecurity& security = **loaded;
  EXPECT_TRUE(security.admits(""));
  EXPECT_EQ(security.tls(), nullptr);
  EXPECT_THAT(*security.headers(), Contains(Pair("X-Frame-Options", "DENY")));
  EXPECT_THAT(*security.headers(), Contains(Pair("X-Content-Type-Options", "nosniff")));
  EXPECT_THAT(*security.headers(), Contains(Pair("Referrer-Policy", "no-referrer")));
  EXPECT_THAT(*security.headers(),
              Contains(Pair("Content-Security-Policy", HasSubstr("frame-ancestors 'none'"))));
  EXPECT_THAT(security.findings("0.0.0.0", std::time(nullptr)), IsEmpty());
}

TEST_F(Security, ConfiguredHeadersReplaceAndRemove) {
  const auto security = load(
      "http_server_config: {headers: {X-Frame-Options: sameorigin, Content-Security-Policy: '',\n"
      "                               Strict-Transport-Security: max-age=1}}\n");
  const HttpHeaders headers = *security->headers();
  EXPECT_THAT(headers, Contains(Pair("X-Frame-Options", "sameorigin")).Times(1));
  EXPECT_THAT(headers, Contains(Key("X-Frame-Options")).Times(1));
  EXPECT_THAT(headers, Not(Contains(Key("Content-Security-Policy"))));
  EXPECT_THAT(headers, Contains(Pair("Strict-Transport-Security", "max-age=1")));
  EXPECT_THAT(headers, Contains(Pair("Referrer-Policy", "no-referrer")));
}

TEST_F(Security, AReloadChangesEverythingAtOnce) {
  const auto security = load(kUsers);
  EXPECT_FALSE(security->admits(""));
  EXPECT_TRUE(security->admits(kRight));
  certify();
  folder_.write("web.yml", kTls);
  EXPECT_TRUE(security->admits(kRight)) << "the file is read when asked for only";
  ASSERT_TRUE(security->reload(folder_ / "web.yml"));
  EXPECT_TRUE(security->admits(""));
  const auto first = security->tls();
  EXPECT_NE(first, nullptr);
  certify();  // renewed under the same name
  ASSERT_TRUE(security->reload(folder_ / "web.yml"));
  EXPECT_NE(security->tls(), first);
  ASSERT_TRUE(security->reload(""));
  EXPECT_EQ(security->tls(), nullptr);
}

TEST_F(Security, ABadReloadChangesNothing) {
  certify();
  const auto security = load(kTls + kUsers);
  const auto tls = security->tls();
  const auto headers = security->headers();
  const auto still = [&] {
    EXPECT_EQ(security->tls(), tls);
    EXPECT_EQ(security->headers(), headers);
    EXPECT_TRUE(security->admits(kRight));
    EXPECT_FALSE(security->admits(""));
  };
  folder_.write("web.yml", "basic_auth_users: {a: b}\n");
  EXPECT_THAT(security->reload(folder_ / "web.yml").error().text(), HasSubstr("is no bcrypt hash"));
  still();
  folder_.write("web.yml", kTls + kUsers);
  folder_.write("key.pem", "not a key");
  EXPECT_THAT(security->reload(folder_ / "web.yml").error().text(),
              HasSubstr("cannot use the key"));
  still();
  std::filesystem::remove(folder_ / "web.yml");
  EXPECT_THAT(security->reload(folder_ / "web.yml").error().text(),
              HasSubstr("cannot read the web configuration"));
  still();
}

TEST_F(Security, CheckIsToldOfEverything) {
  std::vector<Error> errors;
  const std::string path = folder_.write("web.yml", "a: 1\nbasic_auth_users: {a: b, c: d}\n");
  EXPECT_EQ(WebSecurity::load(path, errors), nullptr);
  EXPECT_THAT(errors, SizeIs(3));
  EXPECT_THAT(WebSecurity::load(folder_ / "nowhere").error().text(),
              HasSubstr("nowhere: No such file or directory"));
  EXPECT_EQ(WebSecurity::load(folder_.path()).error().kind, ErrorKind::kEnvironment);
}

TEST_F(Security, FindsWhatIsUnwise) {
  const std::int64_t now = std::time(nullptr);
  std::string dear = kHash;
  const auto users = load("basic_auth_users: {a: " + dear.replace(4, 2, "10") + "}\n");
  EXPECT_THAT(users->findings("0.0.0.0", now), ElementsAre(HasSubstr("in the clear")));
  EXPECT_THAT(users->findings("::", now), SizeIs(1));
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_THAT(users->findings(host, now), IsEmpty()) << host;
  }
  EXPECT_THAT(load(kUsers)->findings("::1", now), ElementsAre(HasSubstr("quick to guess")));
  EXPECT_THAT(users->findings("127.example.com", now), SizeIs(1));
  certify();
  const auto tls = load(kTls);
  EXPECT_THAT(tls->findings("0.0.0.0", now), IsEmpty());
  EXPECT_THAT(tls->findings("::1", now + 80 * 86'400 + 3'600),
              ElementsAre(HasSubstr("expires in 9 days")));
  EXPECT_THAT(tls->findings("::1", now + 90 * 86'400 - 60),
              ElementsAre(HasSubstr("expires today")));
  EXPECT_THAT(tls->findings("::1", now + 91 * 86'400), ElementsAre(HasSubstr("has expired")));
}

TEST_F(Security, RequestsGoOnDuringReloads) {
  certify();
  const auto security = load(kTls + kUsers);
  std::atomic<bool> over = false;
  std::atomic<int> answered = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        EXPECT_FALSE(security->admits(""));
        EXPECT_NE(security->tls(), nullptr);
        EXPECT_THAT(*security->headers(), Contains(Key("X-Frame-Options")));
        ++answered;
      }
    });
  }
  for (int i = 0; i < 20 || answered < 100; ++i) ASSERT_TRUE(security->reload(folder_ / "web.yml"));
  over = true;
}

}  // namespace
}  // namespace apierrd
