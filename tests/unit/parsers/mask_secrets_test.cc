#include "parsers/mask_secrets.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "parsers/catalog.h"
#include "parsers/failure_detail.h"
#include "parsers/tally.h"

namespace apierrd {
namespace {

constexpr const char* kSecretId = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";

TEST(MaskSecrets, LeavesAMessageAsItIs) {
  for (const char* text :
       {"", "The balance is insufficient, please top up.", "资源 ins-1a2b3c4d 不存在",
        "Request 9f1c2d3e-0a1b-4c5d-8e7f-001122334455 was refused (code 42)",
        "Request 9f1c2d3e-0a1b-4c5d-8e7f-001122334455.", "<b>no</b> &lt; 1",
        "write to help@example.com, or 100% of it",
        "InvalidParameterValue.InstanceChargeTypePrepaid", "the token has expired",
        "bearer authentication failed", "https://cvm.tencentcloudapi.com:443/ timed out"}) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(MaskSecrets, TakesKeysOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"The SecretId AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE is not found",
       "The SecretId [masked] is not found"},
      {"cut AKIDz8krbsJ5", "cut [masked]"},
      {"Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168; x",
       "Signature=[masked]; x"},
      {"token: short", "token: [masked]"},
      {"\"SecretKey\": \"ab c\", next", "\"SecretKey\": \"[masked]\", next"},
      {"Authorization: TC3-HMAC-SHA256 Credential=AKID/2019", "Authorization: [masked]"},
      {"Bearer abcDEF123.xyz is old", "Bearer [masked] is old"},
      {"x-secret_key = 'p4ss'", "x-secret_key = '[masked]'"},
      {"密码：hunter2", "密码：[masked]"},
      {"token abc password: p4ss body {\"card\": \"4111\"}",
       "token abc password: [masked]{[masked]}"},
      {"id=abcdefghij0123456789ABCDE.", "id=[masked]"},
      {"-----BEGIN X KEY-----\nMIIE\nab==\n-----END X KEY----- is bad", "[masked] is bad"},
      {"eyJhbGciOiJIUzI1NiJ9.eyJz.ab", "[masked]"},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(mask_secrets(text), masked) << text;
}

TEST(MaskSecrets, ValuesMayHoldMarks) {
  const std::pair<const char*, const char*> cases[] = {
      {"Password=ab,cd-rest; then", "Password=[masked]; then"},
      {"Password=ab,Region=x", "Password=[masked],Region=x"},
      {R"("Password":"a\"b,c", next)", R"("Password":"[masked]", next)"},
      {R"(\"Password\":\"a\\\"b,c\", next)", R"(\"Password\":\"[masked]\", next)"},
      {"Password=a'b\"c)d", "Password=[masked]"},
      {"\"Password\":\"\", \"Other\":\"visible\"",
       "\"Password\":\"[masked]\", \"Other\":\"visible\""},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(mask_secrets(text), masked) << text;
}

TEST(MaskSecrets, RequestsGoAsAWhole) {
  const std::pair<const char*, const char*> cases[] = {
      {"bad body {\"Password\":\"x\",\"n\":{\"a\":1}} given", "bad body {[masked]} given"},
      {"cut {\"Password\":\"x", "cut {[masked]}"},
      {R"({"a":"}","card":"4111"} is bad)", "{[masked]} is bad"},
      {"<xml><card>4111</card></xml> is bad", "<[masked]> is bad"},
      {"Action=X&Card=4111 is bad", "Action=[masked]&Card=[masked] is bad"},
      {"body: card 4111", "body: [masked]"},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(mask_secrets(text), masked) << text;
}

TEST(MaskSecrets, PasswordsInUrls) {
  EXPECT_EQ(mask_secrets("mysql://root:s3cr/et@10.0.0.1/db"), "mysql://[masked]@10.0.0.1/db");
  EXPECT_EQ(mask_secrets("root:pa@ss@tcp(10.0.0.1)/db"), "root:[masked]@tcp(10.0.0.1)/db");
  EXPECT_EQ(mask_url_passwords("'http://a:b@c' and https://d@e"),
            "'http://[masked]@c' and https://[masked]@e");
  EXPECT_EQ(mask_url_passwords("http://h:80: is it there?"), "http://h:80: is it there?");
  EXPECT_EQ(mask_url_passwords("http://[::1]:80/ http://h:80/"), "http://[::1]:80/ http://h:80/");
}

TEST(MaskSecrets, EscapesDoNotHideThem) {
  for (const char* text :
       {R"(\u0041KIDz8k\u0072bsJ5yKBZQpn74)", R"(\\u0041KIDz8krbsJ5y)", "AKID%7a8krbsJ5yKBZ",
        "%2541KIDz8krbsJ5yKBZ", R"(abcdef\/ghij012\/klmno345)"}) {
    EXPECT_EQ(mask_secrets(text), "[masked]") << text;
  }
  EXPECT_EQ(mask_secrets("Signature%3Dabc%2Fdef"), "Signature=[masked]");
  EXPECT_EQ(mask_secrets(R"(\u0022Password\u0022:\u0022a,b\u0022)"), R"("Password":"[masked]")");
}

TEST(MaskSecrets, ACutLeavesNoHalfOfOne) {
  for (std::size_t fits = 0; fits < 36; ++fits) {
    for (const char* filler : {"。", "many words ", "x"}) {
      std::string text;
      while (text.size() + fits < kMessageKeptMax) text += filler;
      text.append(" ").append(kSecretId).append(" behind");
      EXPECT_EQ(mask_secrets(beginning_of(text)).find("AKID"), std::string::npos) << fits << filler;
    }
  }
}

TEST(MaskSecrets, AKeyThatHoldsASecretsNameIsAKey) {
  EXPECT_EQ(mask_secrets("no SecretIdAKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE here"),
            "no [masked] here");
  EXPECT_EQ(mask_secrets("0123456789token0123456789=p4ss"), "[masked]=[masked]");
}

TEST(MaskSecrets, AValueThatIsAnotherNameGoesWithItsOwnValue) {
  EXPECT_EQ(mask_secrets("authorization: x token = 'p4ss', y"), "authorization: [masked]', y");
  EXPECT_EQ(mask_secrets("secret: \"Password\":\"p4ss\", y"),
            "secret: \"[masked]\":\"[masked]\", y");
  EXPECT_EQ(mask_secrets("token: password=\"{a}"), "token: [masked]\"{[masked]}");
  EXPECT_EQ(mask_secrets("bearer X-Auth_Token = 'hunter2'}}"), "bearer [masked] = '[masked]'}}");
  EXPECT_EQ(mask_secrets("bearer X-Auth-Token: 'hunter2'"), "bearer [masked]: '[masked]'");
  EXPECT_EQ(mask_secrets("Bearer my-token-abc:def gone"), "Bearer [masked]:[masked]");
}

// The first quote of the body was taken for the one that closes the password.
TEST(MaskSecrets, ABodyBehindAnUnclosedQuoteIsMasked) {
  for (const char* message :
       {R"(password="x1 {"card":"hunter2"})", R"(token: 'x1 {'card':'hunter2', 'n': {'a':1}} end)",
        R"({"m":"password=\"x1","body":{ "card":"hunter2"}})", R"(password="x1{"hunter2")"}) {
    EXPECT_EQ(mask_secrets(message).find("hunter2"), std::string::npos) << mask_secrets(message);
  }
}

TEST(MaskSecrets, BytesOfAnyKindAreNoHarm) {
  std::string all;
  for (int round = 0; round < 3; ++round) {
    for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  }
  EXPECT_FALSE(mask_secrets(all).empty());
  EXPECT_EQ(mask_secrets(std::string(100'000, '{')), "{[masked]}");
  std::mt19937 random(1);  // pieces of what it looks for, in any order
  const std::string_view pieces[] = {"{",     "}",    "\"", "\\",   "=",
                                     ":",     "&",    "%4", "1",    "\\u00",
                                     "@",     "://",  "<",  "</",   ">",
                                     "token", "密码", "：", " ",    "-----BEGIN",
                                     "\n",    "AKID", "'",  "\xff", "0123456789abcdef"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 12; i > 0; --i) text += pieces[random() % std::size(pieces)];
    EXPECT_LE(mask_secrets(text).size(), text.size() * 16 + 16);
    shown_name(text);
  }
}

// A name can be as long as a line; in anything but linear time this would not come to its end.
TEST(NameIsSecret, LongNamesTakeNoLonger) {
  for (const std::string piece :
       {"a=", "\\", ":", "://", "{\"", "{", "%4", "token ", "\"", "a&", "<a"}) {
    std::string text;
    while (text.size() < 500'000) text += piece;
    shown_name(text);
  }
  EXPECT_TRUE(name_is_secret(std::string(1'000'000, 'x') + " " + kSecretId));
}

TEST(NameIsSecret, NoDocumentedNameIs) {
  const Catalog catalog = builtin_catalog();
  std::size_t names = 0;
  for (const ProductCode& code : catalog.all_codes()) {
    EXPECT_FALSE(name_is_secret(code.code)) << code.code;
    EXPECT_FALSE(name_is_secret(code.product)) << code.product;
    ++names;
  }
  EXPECT_GT(names, 10'000U);
  for (const char* name :
       {"secretsmanager:GetSecretValue", "AuthFailure.TokenFailure", "{{.}}",
        "<script>alert(1)</script>",
        "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
        "Describe9f1c2d3e0a1b4c5d8e7f001122334455", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "iNVALIDpARAMETERvALUE.iDENTITYcENTERrzONEnAMEaLREADYeXIST"}) {
    EXPECT_FALSE(name_is_secret(name)) << name;
  }
}

TEST(NameIsSecret, KeysAndRequestsAre) {
  for (const char* name :
       {kSecretId, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "AuthFailure.Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168", "Password=hunter2",
        "Token: hunter2", "Bearer abcDEF123.xyz", "{\"card\": 4111}", "https://user:hunter2@host/",
        "Action=X&Card=4111", "%41KIDz8krbsJ5yKBZQpn74WFkmL"}) {
    EXPECT_EQ(shown_name(name), kMasked) << name;
  }
  EXPECT_EQ(shown_name("aws/AKIAIOSFODNN7EXAMPLE"), "aws/[masked]");
}

TEST(RequestIdIsSecret, OpaqueIdsAreNot) {
  for (const char* id : {"", "r-1", "9f1c2d3e-0a1b-4c5d-8e7f-001122334455", "4442587FB7D0A2F9",
                         "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "NWVjYjBmZDNfOTM2ODJhMDlfMTAwZQ=="}) {
    EXPECT_FALSE(request_id_is_secret(id)) << id;
  }
  EXPECT_TRUE(request_id_is_secret(kSecretId));
  EXPECT_TRUE(request_id_is_secret("token=hunter2"));
}

TEST(TallySecrets, NamesThatAreSecretsShareARowAndCountExactly) {
  const Catalog catalog = builtin_catalog();
  Tally tally;
  for (int i = 0; i < 30; ++i) {
    const std::string secret = "AKIDz8krbsJ5yKBZQpn74WFk" + std::to_string(i);
    ApiCall call;
    call.service = "billing";
    call.action = secret;
    call.code = i % 2 == 0 ? std::string_view(secret) : "InternalError";
    tally.add(call, catalog, 0);
  }
  ASSERT_EQ(tally.calls().size(), 1U);
  EXPECT_EQ(tally.calls()[0]->action, kMasked);
  EXPECT_EQ(tally.calls()[0]->count, 30U);
  ASSERT_EQ(tally.errors().size(), 2U);
  EXPECT_EQ(tally.errors()[0]->code, kMasked);
  EXPECT_FALSE(tally.errors()[0]->classification.documented());
  EXPECT_EQ(tally.errors()[0]->count, 15U);
}

}  // namespace
}  // namespace apierrd
