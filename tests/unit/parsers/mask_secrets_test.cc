#include "parsers/mask_secrets.h"

#include <gtest/gtest.h>

#include <utility>

namespace apierrd {
namespace {

TEST(MaskSecrets, LeavesAMessageAsItIs) {
  for (const char* text :
       {"", "The balance is insufficient, please top up.", "资源 ins-1a2b3c4d 不存在",
        "Request 9f1c2d3e-0a1b-4c5d-8e7f-001122334455 was refused (code 42)",
        "InvalidParameterValue.InstanceChargeTypePrepaid", "the token has expired"}) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(MaskSecrets, TakesKeysOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"The SecretId AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE is not found",
       "The SecretId [masked] is not found"},
      {"Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168;x",
       "Signature=[masked];x"},
      {"token: short", "token: [masked]"},
      {"\"SecretKey\": \"ab c\", next", "\"SecretKey\": \"[masked]\", next"},
      {"Authorization: TC3-HMAC-SHA256 Credential=AKID/2019", "Authorization: [masked]"},
      {"x-secret_key = 'p4ss'", "x-secret_key = '[masked]'"},
      {"bad body {\"Password\":\"x\",\"n\":{\"a\":1}} given", "bad body {[masked]} given"},
      {"cut {\"Password\":\"x", "cut {[masked]}"},
      {"token abc password: p4ss body {\"card\": \"4111\"}",
       "token abc password: [masked]{[masked]}"},
      {"id=abcdefghij0123456789ABCDE.", "id=[masked]"},
  };
  for (const auto& [text, masked] : cases) EXPECT_EQ(mask_secrets(text), masked) << text;
}

TEST(MaskSecrets, BytesOfAnyKindAreNoHarm) {
  std::string all;
  for (int round = 0; round < 3; ++round) {
    for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  }
  EXPECT_FALSE(mask_secrets(all).empty());
  EXPECT_EQ(mask_secrets(std::string(100'000, '{')), "{[masked]}");
}

}  // namespace
}  // namespace apierrd
