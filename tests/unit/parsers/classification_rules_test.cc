#include "parsers/classification_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>
#include <utility>

namespace apierrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string rule(const std::string& name, const std::string& more) {
  return "  - rule: " + name + "\n    fault_domain: business\n    retryable: no\n" +
         "    severity: info\n    description: d\n    remedy: r\n" + more;
}

const std::string kHead =
    "schema: 1\nvendor: tencentcloud\ncompounds: [LoadBalance, LoadBalancer, NotEnoughMoney]\n"
    "rules:\n";

ClassificationRules parsed(const std::string& text) {
  std::vector<Error> errors;
  ClassificationRules rules = ClassificationRules::parse(text, "r.yaml", errors);
  for (const Error& error : errors) ADD_FAILURE() << error.text();
  return rules;
}

std::string first_error(const std::string& text) {
  std::vector<Error> errors;
  ClassificationRules::parse(text, "r.yaml", errors);
  return errors.empty() ? "(none)" : errors[0].text();
}

std::string matched(const ClassificationRules& rules, std::string_view code) {
  const ClassificationRule* rule = rules.match(code);
  return rule ? rule->name : "-";
}

// Each text, and its words.
void expect_words(std::initializer_list<std::pair<std::string_view, std::string_view>> cases) {
  const ClassificationRules rules = parsed(kHead + "  []\n");
  for (const auto& [text, words] : cases) EXPECT_EQ(rules.words_of(text), words) << text;
}

TEST(Words, AreCutWhereAPersonWouldCut) {
  expect_words({
      {"BalanceInsufficient", "balance insufficient "},
      {"DBError", "db error "},
      {"ErrorDB", "error db "},
      {"NOT_SUPPORT_THIS", "not support this "},
      {"a.B_c", "a b c "},
      {"Ipv4Address", "ipv4 address "},
      {"S3Bucket", "s3 bucket "},
      {"K8SCluster", "k8s cluster "},
      {"Error500", "error500 "},
      {"dealCreate", "deal create "},
      {"余额 a-b", "a b "},
      {".", ""},
  });
}

TEST(Words, OfACompoundAreOne) {
  expect_words({
      {"LoadBalanceError", "loadbalance error "},
      {"LoadBalancer", "loadbalancer "},
      {"Loadbalance", "loadbalance "},
      {"Load.Balance", "loadbalance "},
      {"NotEnoughMoneyNow", "notenoughmoney now "},
      {"NotEnough", "not enough "},
  });
}

TEST(Words, OfTheLongestCompoundAreOne) {
  const ClassificationRules rules =
      parsed("schema: 1\ncompounds: [NotEnough, EnoughMoney, NotEnoughMoney]\nrules: []\n");
  EXPECT_EQ(rules.words_of("NotEnoughMoney"), "notenoughmoney ");
  EXPECT_EQ(rules.words_of("NotEnoughGold"), "notenough gold ");
  EXPECT_EQ(rules.words_of("NotNotEnoughEnoughMoney"), "not notenough enoughmoney ");
}

TEST(Rules, CatchPhrasesOnWordBoundaries) {
  const ClassificationRules rules =
      parsed(kHead + rule("money", "    phrases: [Balance, NoMoney]\n") +
             rule("late", "    phrases: [Timeout, TimeOut]\n"));
  EXPECT_EQ(matched(rules, "FailedOperation.BalanceInsufficient"), "money");
  EXPECT_EQ(matched(rules, "FailedOperation.Insufficient_BALANCE"), "money");
  EXPECT_EQ(matched(rules, "FailedOperation.LoadBalanceGone"), "-");
  EXPECT_EQ(matched(rules, "FailedOperation.LoadBalancerGone"), "-");
  EXPECT_EQ(matched(rules, "FailedOperation.Balanced"), "-");
  EXPECT_EQ(matched(rules, "FailedOperation.No.Money"), "money");
  EXPECT_EQ(matched(rules, "FailedOperation.MoneyNo"), "-");
  EXPECT_EQ(matched(rules, "FailedOperation.ReadTimeOutX"), "late");
  EXPECT_EQ(matched(rules, "FailedOperation.TimeoutBalance"), "money");  // the first of the file
  EXPECT_EQ(matched(rules, "Balance"), "-");                             // only behind the class
  EXPECT_EQ(matched(rules, "Balance.X"), "-");
  EXPECT_EQ(matched(rules, ""), "-");
}

TEST(Rules, OfAClassAndOfClassWords) {
  const ClassificationRules rules = parsed(
      kHead + rule("sold", "    classes: [A, B]\n    phrases: [SoldOut]\n") +
      rule("any", "    phrases_of_class: true\n    phrases: [SoldOut, InsufficientBalance]\n"));
  EXPECT_EQ(matched(rules, "A.SoldOut"), "sold");
  EXPECT_EQ(matched(rules, "C.SoldOut"), "any");
  EXPECT_EQ(matched(rules, "ResourcesSoldOut"), "any");
  EXPECT_EQ(matched(rules, "ResourceInsufficient.Balance"), "any");
}

TEST(Rules, ErrorsNameThePlace) {
  const std::string good = rule("a", "    phrases: [X]\n");
  EXPECT_EQ(first_error(kHead + good), "(none)");
  EXPECT_THAT(first_error("schema: 2\nrules: []\n"), HasSubstr("r.yaml:1:9"));
  EXPECT_THAT(first_error("schema: 1\n"), HasSubstr("lacks 'rules'"));
  EXPECT_THAT(first_error("schema: 1\nvendor: aws\nrules: []\n"),
              HasSubstr("one of: tencentcloud"));
  EXPECT_THAT(first_error("schema: 1\nrules: {}\n"), HasSubstr("must be a list"));
  EXPECT_THAT(first_error(kHead + good + good),
              AllOf(HasSubstr("r.yaml:12:11"), HasSubstr("twice")));
  EXPECT_THAT(first_error(kHead + rule("a b", "    phrases: [X]\n")), HasSubstr("name of a rule"));
  EXPECT_THAT(first_error(kHead + rule("a", "")), HasSubstr("lacks 'phrases'"));
  EXPECT_THAT(first_error(kHead + rule("a", "    phrases: []\n")), HasSubstr("1 to 10000"));
  EXPECT_THAT(first_error(kHead + rule("a", "    phrases: [余额]\n")), HasSubstr("is no phrase"));
  EXPECT_THAT(first_error(kHead + rule("a", "    phrase: [X]\n")), HasSubstr("lacks 'phrases'"));
  EXPECT_THAT(first_error(kHead + "  - {rule: a, phrases: [X]}\n"), HasSubstr("fault_domain"));
}

TEST(Rules, LimitsAtTheirEdges) {
  const auto phrases = [](int count) {
    std::string list = "    phrases: [X";
    for (int i = 1; i < count; ++i) list += ", X";
    return kHead + rule("a", list + "]\n");
  };
  EXPECT_EQ(first_error(phrases(10'000)), "(none)");
  EXPECT_THAT(first_error(phrases(10'001)), HasSubstr("1 to 10000"));
  EXPECT_EQ(first_error(kHead + rule("a", "    phrases: [AaBbCcDdEeFfGgHh]\n")), "(none)");
  EXPECT_THAT(first_error(kHead + rule("a", "    phrases: [AaBbCcDdEeFfGgHhIi]\n")),
              HasSubstr("1 to 8 words"));
  EXPECT_EQ(first_error(kHead + rule(std::string(128, 'a'), "    phrases: [X]\n")), "(none)");
  EXPECT_THAT(first_error(kHead + rule(std::string(129, 'a'), "    phrases: [X]\n")),
              HasSubstr("at most 128"));
}

}  // namespace
}  // namespace apierrd
