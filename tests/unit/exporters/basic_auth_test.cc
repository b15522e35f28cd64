#include "exporters/basic_auth.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <atomic>
#include <thread>

namespace apierrd {
namespace {

// Of cost 4, so that the test is quick: of "secret", "a:b", 72 times "x" and "p\u00e4ss".
const std::string kSecret2b = "$2b$04$B/bv/ZZ6UXvubW9IUN5Y9un0/GBMXBNKX96gllZNXZPMMuoypsJZK";
const std::string kSecret2a = "$2a$04$RIf/oSYL67crGmJUGfaWRuGl89MYMpl/B4EuBEYzoP3KyhoriXQIG";
const std::string kSecret2y = "$2y$04$O9aoXDSVY069DSMQc.x8OuL91DpY5CCh2HwUKXhnnIjAwTYmzBWH6";
const std::string kColon = "$2b$04$DTRDNf92zK95qWI.x2zoWuIGDIKcOo86RgJbngSYoUXpbvMogeJJq";
const std::string kLong = "$2b$04$zmEh1BicbkJehYvw4TYCKuvpcpFVtl7Hu2WzMGIK4DzMuhrJi/w5u";
const std::string kUmlaut = "$2y$04$G4cpQSov2HJJflQaqRNp9usxiMoVwBjmBjdVf.BFEFVkBAzribwuO";

std::string base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string basic(const std::string& credentials) { return "Basic " + base64(credentials); }

TEST(BasicAuth, AdmitsWhoKnowsThePassword) {
  BasicAuth auth(
      {{"a", kSecret2a}, {"b", kSecret2b}, {"y", kSecret2y}, {"c", kColon}, {"u", kUmlaut}});
  for (const char* user : {"a", "b", "y"}) {
    EXPECT_TRUE(auth.admits(basic(std::string(user) + ":secret"))) << user;
    EXPECT_FALSE(auth.admits(basic(std::string(user) + ":Secret"))) << user;
    EXPECT_FALSE(auth.admits(basic(std::string(user) + ":"))) << user;
  }
  EXPECT_TRUE(auth.admits(basic("c:a:b")));
  EXPECT_TRUE(auth.admits(basic("u:p\xc3\xa4ss")));
  EXPECT_FALSE(auth.admits(basic("nobody:secret")));
  EXPECT_FALSE(auth.admits(basic("A:secret")));
}

// Hashes that htpasswd made, from the tests of the program whose format this is.
TEST(BasicAuth, KnowsHashesOfOthers) {
  BasicAuth auth({{"carol", "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"},
                  {"dave", "$2y$10$2UXri9cIDdgeKjBo4Rlpx.U3ZLDV8X1IxKmsfOvhcM5oXQt/mLmXq"}});
  EXPECT_TRUE(auth.admits(basic("carol:carol123")));
  EXPECT_TRUE(auth.admits(basic("dave:dave123")));
  EXPECT_FALSE(auth.admits(basic("dave:carol123")));
}

TEST(BasicAuth, TheSchemeIsInAnyCaseAndTheRestIsStrict) {
  BasicAuth auth({{"a", kSecret2b}});
  const std::string good = base64("a:secret");
  for (const std::string& header : {"Basic " + good, "basic " + good, "BASIC   " + good + " "}) {
    EXPECT_TRUE(auth.admits(header)) << header;
  }
  for (const std::string& header : {std::string(),
                                    std::string("Basic"),
                                    std::string("Basic "),
                                    std::string("Basic ===="),
                                    "Bearer " + good,
                                    "Basic" + good,
                                    good,
                                    "Basic " + good.substr(1),
                                    "Basic " + good + "=",
                                    "Basic " + good + "====",
                                    "Basic =" + good.substr(1),
                                    "Basic " + good + "\n",
                                    "Basic " + good.substr(0, 4) + " " + good.substr(5),
                                    "Basic\t" + good,
                                    basic("a"),
                                    basic(":secret"),
                                    basic(""),
                                    basic(std::string("a:secret\0", 9)),
                                    basic(std::string("a:secret\0x", 10)),
                                    basic("a:secret" + std::string(2000, ' '))}) {
    const std::size_t before = auth.hashes_computed();
    EXPECT_FALSE(auth.admits(header)) << header;
    EXPECT_EQ(auth.hashes_computed(), before) << "what cannot be right costs nothing: " << header;
  }
}

TEST(BasicAuth, AHeaderOf1024BytesIsTheLongest) {
  BasicAuth auth({{"a", kSecret2b}});
  std::string header = basic("a:secret");
  header.resize(1024, ' ');
  EXPECT_TRUE(auth.admits(header));
  EXPECT_FALSE(auth.admits(header + ' '));
}

TEST(BasicAuth, WhatWasAdmittedIsRemembered) {
  BasicAuth auth({{"a", kSecret2b}, {"b", kSecret2b}});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(auth.admits(basic("a:secret")));
  EXPECT_EQ(auth.hashes_computed(), 1U);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(auth.admits(basic("a:wrong")));
  EXPECT_EQ(auth.hashes_computed(), 4U) << "what was refused is not remembered";
  EXPECT_TRUE(auth.admits(basic("b:secret")));
  EXPECT_EQ(auth.hashes_computed(), 5U) << "another user's password is another one";
  EXPECT_TRUE(auth.admits(basic("a:secret")));
  EXPECT_EQ(auth.hashes_computed(), 5U) << "a wrong password does not forget the right one";
}

TEST(BasicAuth, AnUnknownUserCostsAsMuch) {
  BasicAuth auth({{"a", kSecret2b}});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(auth.admits(basic("nobody:secret")));
  EXPECT_EQ(auth.hashes_computed(), 3U);
  EXPECT_FALSE(BasicAuth({}).admits(basic("a:secret")));
}

TEST(BasicAuth, BcryptSeesOnly72Bytes) {
  BasicAuth auth({{"a", kLong}});
  EXPECT_TRUE(auth.admits(basic("a:" + std::string(72, 'x'))));
  EXPECT_TRUE(auth.admits(basic("a:" + std::string(73, 'x'))));
  EXPECT_FALSE(auth.admits(basic("a:" + std::string(71, 'x'))));
}

// A flood of wrong passwords, in more threads than may compute: the one who is remembered gets in
// each time, and what is refused unseen is at least something.
TEST(BasicAuth, AFloodKeepsNobodyOut) {
  std::string dear = kSecret2b;
  dear.replace(4, 2, "12");  // nobody's password by now, but dear
  BasicAuth auth({{"a", kSecret2b}, {"dear", dear}});
  ASSERT_TRUE(auth.admits(basic("a:secret")));
  std::atomic<int> tried = 0;
  std::atomic<bool> over = false;
  std::vector<std::jthread> flood;
  for (int i = 0; i < 6; ++i) {
    flood.emplace_back([&] {
      while (!over) {
        EXPECT_FALSE(auth.admits(basic("dear:wrong")));
        ++tried;
      }
    });
  }
  int admitted = 0;
  while (tried < 200 || admitted < 100) {
    ASSERT_TRUE(auth.admits(basic("a:secret")));
    ++admitted;
    std::this_thread::yield();
  }
  over = true;
  flood.clear();
  EXPECT_LT(auth.hashes_computed(), static_cast<std::size_t>(tried.load()));
}

TEST(BcryptCost, TakesWholeHashesOnly) {
  EXPECT_EQ(bcrypt_cost(kSecret2b), 4);
  EXPECT_EQ(bcrypt_cost("$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"), 10);
  for (const std::string& hash :
       {std::string(), kSecret2b.substr(1), kSecret2b + ".", "$2x" + kSecret2b.substr(3),
        "$2c" + kSecret2b.substr(3), "$1a" + kSecret2b.substr(3), "$2b$03" + kSecret2b.substr(6),
        "$2b$32" + kSecret2b.substr(6), "$2b$1x" + kSecret2b.substr(6),
        "$2b$10!" + kSecret2b.substr(7), kSecret2b.substr(0, 59) + "!"}) {
    EXPECT_EQ(bcrypt_cost(hash), 0) << hash;
  }
}

}  // namespace
}  // namespace apierrd
