#include "parsers/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apierrd {
namespace {

using testing::HasSubstr;

constexpr const char* kHead = "schema: 1\nproduct: common\nsources: {doc: A document}\n";

std::string entry(const std::string& code, const std::string& more = "") {
  return "  - code: " + code +
         "\n    fault_domain: vendor\n    retryable: no\n    severity: info\n"
         "    description: d\n    remedy: r\n    source: doc\n" +
         more;
}

TEST(BuiltinCatalog, FilesHaveNoFault) {
  CatalogBuilder builder;
  builder.add_builtin();
  for (const Error& error : builder.errors()) ADD_FAILURE() << error.text();
}

TEST(BuiltinCatalog, EveryEntryIsCompleteInBothLanguages) {
  const Catalog catalog = builtin_catalog();
  EXPECT_GE(catalog.entries().size(), 81U);
  for (const CatalogEntry* entry : catalog.entries()) {
    EXPECT_FALSE(entry->meaning.description.empty()) << entry->code;
    EXPECT_FALSE(entry->meaning.description_zh.empty()) << entry->code;
    EXPECT_FALSE(entry->meaning.remedy.empty()) << entry->code;
    EXPECT_FALSE(entry->meaning.source.empty()) << entry->code;
  }
  for (const ClassificationRule& rule : catalog.rules().rules()) {
    EXPECT_FALSE(rule.meaning.description.empty()) << rule.name;
    EXPECT_FALSE(rule.meaning.description_zh.empty()) << rule.name;
  }
}

TEST(BuiltinCatalog, MoneyCodes) {
  const Catalog catalog = builtin_catalog();
  const CatalogEntry* paid = catalog.find("billing", "FailedOperation.PaySuccDeliverFailed");
  ASSERT_NE(paid, nullptr);
  EXPECT_EQ(paid->meaning.fault_domain, FaultDomain::kVendor);
  EXPECT_EQ(paid->meaning.retryable, Retryable::kNo);
  EXPECT_EQ(paid->meaning.severity, Severity::kCritical);
  EXPECT_TRUE(paid->meaning.event_page);
  const CatalogEntry* building = catalog.find("billing", "FailedOperation.SummaryDataNotReady");
  ASSERT_NE(building, nullptr);
  EXPECT_FALSE(building->meaning.slo);
  EXPECT_NE(catalog.find("billing", "FailedOperation.NeedPayTogeter"), nullptr);
  EXPECT_NE(catalog.find("billing", "FailedOperation.NeedPayTogether"), nullptr);
  EXPECT_EQ(catalog.find("common", "DryRunOperation")->meaning.fault_domain, FaultDomain::kNone);
}

TEST(Classify, InOrder) {
  const Catalog catalog = builtin_catalog();
  const auto match = [&](const char* service, const char* code) {
    return catalog.classify(service, {}, code).match;
  };
  EXPECT_EQ(match("billing", "FailedOperation.InvalidDeal"), Match::kProduct);
  EXPECT_EQ(match("billing", "RequestLimitExceeded"), Match::kCommon);
  EXPECT_EQ(match("cvm", "FailedOperation.InvalidDeal"), Match::kOtherProduct);
  EXPECT_EQ(match("billing", "FailedOperation.New"), Match::kParent);
  EXPECT_EQ(match("scf", "InternalError.One.Two"), Match::kParent);
  EXPECT_EQ(match("cvm", "InvalidDisk.Broken"), Match::kClassAlias);
  EXPECT_EQ(match("billing", "Nonsense.Code"), Match::kNone);
  EXPECT_EQ(match("billing", "failedoperation.invaliddeal"), Match::kNone);  // case matters
}

TEST(Classify, UndocumentedInheritsAndIsToldApart) {
  const Catalog catalog = builtin_catalog();
  const Classification is = catalog.classify("billing", "A", "InternalError.Brand.New");
  EXPECT_FALSE(is.documented());
  EXPECT_EQ(is.fault_domain(), FaultDomain::kVendor);
  EXPECT_EQ(is.entry->code, "InternalError");
  const Classification none = catalog.classify("billing", "A", "Nonsense");
  EXPECT_EQ(none.fault_domain(), FaultDomain::kUnknown);
  EXPECT_EQ(none.severity(), Severity::kWarning);
}

// A small catalog of its own: two products, common codes, rules, and the vendor's list.
class WholeCatalogTest : public testing::Test {
 protected:
  static std::string file(const std::string& product, const std::string& codes) {
    return "schema: 1\nproduct: " + product + "\nsources: {doc: A document}\ncodes:\n" + codes;
  }
  static Catalog build() {
    CatalogBuilder builder;
    builder.add(file("common", entry("Class") + entry("Limit")) +
                    "class_aliases: [{class: \"Odd*\", like: Limit}]\n",
                "common.yaml");
    builder.add(file("pay", entry("Class.Own") + entry("Class.Listed")), "pay.yaml");
    builder.add(file("zoo", entry("Class.Own") + entry("Class.Zoo")), "zoo.yaml");
    builder.add("vendor: aws\n" + file("s3", entry("\"NoSuch:Key/-\"")), "s3.yaml");
    builder.add("vendor: aws\n" + file("common", entry("Throttled")), "aws.yaml");
    builder.add_rules(
        "schema: 1\ncompounds: [LoadBalance]\nrules:\n"
        "  - {rule: money, phrases: [Balance, Class], fault_domain: business, retryable: no,\n"
        "     severity: critical, description: d, remedy: r}\n",
        "rules.yaml");
    const char* const kCodes[] = {"Class.Balance", "Class.Listed", "Class.LoadBalance",
                                  "Class.Other", "Odd.X"};
    std::string text = "apierrd-codes 1\nvendor tencentcloud\nsource s\ncodes 5\n";
    for (const char* code : kCodes) text += std::string(code) + "\n";
    text += "service pay v -\nc 0 1 1\na Pay 0\na Unlisted -\nservice vpc v -\nc 3 1\nend\n";
    builder.add_vendor_codes(text, "x.codes");
    for (const Error& error : builder.errors()) ADD_FAILURE() << error.text();
    return builder.build();
  }
  std::string finding(const char* service, const char* action, const char* code) const {
    return std::string(name_of(catalog.documentation(service, action, code)));
  }
  std::string meaning(const char* service, const char* code) const {
    const Classification is = catalog.classify(service, "A", code);
    return std::string(name_of(is.match)) + " " + is.meaning_by();
  }

  const Catalog catalog = build();
};

TEST_F(WholeCatalogTest, WhereACodeIsDocumented) {
  EXPECT_EQ(finding("pay", "Pay", "Class.Balance"), "action");
  EXPECT_EQ(finding("pay", "Pay", "Class.Listed"), "product");
  EXPECT_EQ(finding("pay", "Pay", "Class.Own"), "product");  // curated, but the action is known
  EXPECT_EQ(finding("pay", "Unlisted", "Class.Listed"), "action");
  EXPECT_EQ(finding("pay", "Never", "Class.Listed"), "action");
  EXPECT_EQ(finding("pay", "", "Class.Own"), "action");
  EXPECT_EQ(finding("pay", "Pay", "Class"), "action");  // common
  EXPECT_EQ(finding("pay", "Pay", "Class.Other"), "elsewhere");
  EXPECT_EQ(finding("pay", "Pay", "Class.Zoo"), "elsewhere");
  EXPECT_EQ(finding("unknown", "unknown", "Class.Own"), "elsewhere");
  EXPECT_EQ(finding("pay", "Pay", "class.own"), "nowhere");
  EXPECT_EQ(finding("pay", "Pay", "Class.New"), "nowhere");
  EXPECT_THAT(catalog.elsewhere("vpc", "Class.Own"), testing::ElementsAre("pay", "zoo"));
  EXPECT_THAT(catalog.elsewhere("pay", "Class.Other"), testing::ElementsAre("vpc"));
  EXPECT_THAT(catalog.elsewhere("pay", "Class"), testing::IsEmpty());
}

TEST_F(WholeCatalogTest, WhatACodeMeans) {
  EXPECT_EQ(meaning("zoo", "Class.Own"), "product curated");
  EXPECT_EQ(meaning("zoo", "Class"), "common curated");
  EXPECT_EQ(meaning("vpc", "Class.Own"), "other_product curated");
  EXPECT_EQ(catalog.classify("vpc", "A", "Class.Own").entry->product, "pay");
  EXPECT_EQ(meaning("pay", "Class.Balance"), "rule rule:money");
  EXPECT_EQ(meaning("pay", "Nowhere.MyBalance"), "rule rule:money");
  EXPECT_EQ(meaning("pay", "Class.LoadBalance"), "parent parent:Class");
  EXPECT_EQ(meaning("pay", "Class.Own.More"), "parent parent:Class.Own");
  EXPECT_EQ(meaning("vpc", "Class.Own.More"), "parent parent:Class");
  EXPECT_EQ(meaning("pay", "Class.Class"), "parent parent:Class");  // says no more than its class
  EXPECT_EQ(meaning("pay", "Class.NewBalance"), "parent parent:Class");  // documented nowhere
  EXPECT_EQ(meaning("pay", "Odd.MyBalance"), "class_alias class_alias:Odd*");
  EXPECT_EQ(meaning("pay", "Odd.X"), "class_alias class_alias:Odd*");
  EXPECT_EQ(meaning("pay", "None.X"), "none none");
}

TEST_F(WholeCatalogTest, VendorsDoNotShareCodes) {
  EXPECT_EQ(meaning("aws/s3", "NoSuch:Key/-"), "product curated");
  EXPECT_EQ(meaning("aws/ec2", "NoSuch:Key/-"), "other_product curated");
  EXPECT_EQ(meaning("aws/ec2", "Throttled"), "common curated");
  EXPECT_EQ(finding("aws/ec2", "A", "Throttled"), "action");
  for (const char* code : {"Class", "Class.Own", "Class.Balance", "Odd.X"}) {
    EXPECT_EQ(meaning("aws/s3", code), "none none");
    EXPECT_EQ(finding("aws/s3", "A", code), "nowhere");
  }
  EXPECT_EQ(meaning("pay", "Throttled"), "none none");
  EXPECT_EQ(finding("pay", "A", "Throttled"), "nowhere");
  EXPECT_EQ(meaning("google/x", "Class"), "none none");
}

TEST_F(WholeCatalogTest, Lists) {
  EXPECT_THAT(catalog.curated_products(), testing::ElementsAre("aws/s3", "pay", "zoo"));
  EXPECT_THAT(catalog.products(), testing::ElementsAre("aws/s3", "pay", "vpc", "zoo"));
  EXPECT_TRUE(catalog.has_product("vpc"));
  EXPECT_FALSE(catalog.has_product("s3"));
  EXPECT_THAT(catalog.codes_of("pay"),
              testing::ElementsAre("Class", "Class.Balance", "Class.Listed", "Class.LoadBalance",
                                   "Class.Own", "Limit"));
  EXPECT_THAT(catalog.codes_of("aws/s3"), testing::ElementsAre("NoSuch:Key/-", "Throttled"));
  EXPECT_EQ(catalog.code_count("pay"), 4U);
  EXPECT_EQ(catalog.code_count("common"), 2U);
  EXPECT_EQ(catalog.all_codes().size(), 2U + 4U + 2U + 2U + 2U);
}

TEST(CatalogBuilder, NamesOfVendorsAndTheirCodes) {
  const auto first_error = [](const std::string& text) {
    CatalogBuilder builder;
    builder.add(text, "x.yaml");
    return builder.errors().empty() ? std::string("(none)") : builder.errors()[0].text();
  };
  EXPECT_THAT(first_error("schema: 1\nproduct: a/b\n"), HasSubstr("x.yaml:2:10"));
  EXPECT_THAT(first_error("schema: 1\nvendor: a/b\nproduct: c\n"), HasSubstr("such a name"));
  EXPECT_THAT(first_error(std::string(kHead) + "codes:\n" + entry("A-B")),
              HasSubstr("letters, digits, dots and underscores"));
  EXPECT_THAT(first_error("vendor: aws\n" + std::string(kHead) + "codes:\n" + entry("-B")),
              HasSubstr("any of ._-:/"));
}

TEST(CatalogBuilder, ErrorsNameFileLineAndColumn) {
  const auto first_error = [](const std::string& text) {
    CatalogBuilder builder;
    builder.add(text, "x.yaml");
    return builder.errors().empty() ? std::string("(none)") : builder.errors()[0].text();
  };
  EXPECT_THAT(first_error("schema: 2\nproduct: p\n"), HasSubstr("x.yaml:1:9"));
  EXPECT_THAT(first_error("schema: 1\n"), HasSubstr("lacks 'product'"));
  EXPECT_THAT(first_error(std::string(kHead) + "codes:\n" + entry("A", "    sevrity: info\n")),
              AllOf(HasSubstr("x.yaml:12:5"), HasSubstr("did you mean 'severity'")));
  EXPECT_THAT(first_error(std::string(kHead) + "codes:\n  - code: A\n"),
              HasSubstr("lacks 'fault_domain'"));
  EXPECT_THAT(first_error(std::string(kHead) + "codes:\n" + entry("9A")),
              HasSubstr("cannot be an error code"));
  EXPECT_THAT(first_error(std::string(kHead) + "codes:\n" + entry("A") + entry("A.")),
              HasSubstr("given twice"));
  EXPECT_THAT(first_error(std::string(kHead) + "codes: 7\n"), HasSubstr("must be a list"));
  EXPECT_THAT(first_error(std::string(kHead) + "class_aliases:\n  - {class: X, like: Y}\n"),
              HasSubstr("'Y' is no code"));
  EXPECT_THAT(first_error("a: [1\n"), HasSubstr("x.yaml:2:1"));
  EXPECT_THAT(first_error("a: 1\na: 2\n"), HasSubstr("given twice"));
}

TEST(CatalogBuilder, OverlayChangesOnlyTheKeysItNames) {
  CatalogBuilder builder;
  builder.add(std::string(kHead) + "codes:\n" + entry("A.B"), "base.yaml");
  builder.add("schema: 1\nproduct: common\ncodes:\n  - code: A.B\n    severity: critical\n",
              "o.yaml");
  ASSERT_TRUE(builder.errors().empty()) << builder.errors()[0].text();
  const Catalog catalog = builder.build();
  EXPECT_EQ(catalog.find("common", "A.B")->meaning.severity, Severity::kCritical);
  EXPECT_EQ(catalog.find("common", "A.B")->meaning.description, "d");
}

TEST(CatalogBuilder, ADocumentedTrailingDotIsKnownTrimmed) {
  CatalogBuilder builder;
  builder.add(std::string(kHead) + "codes:\n" + entry("MissingParameter."), "x.yaml");
  ASSERT_TRUE(builder.errors().empty());
  EXPECT_NE(builder.build().find("common", "MissingParameter"), nullptr);
}

TEST(CatalogBuilder, AnchorsCannotMultiplyWithoutEnd) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? ",*a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  CatalogBuilder builder;
  builder.add(bomb, "bomb.yaml");
  ASSERT_FALSE(builder.errors().empty());
  EXPECT_THAT(builder.errors()[0].text(), HasSubstr("too many values"));
}

TEST(CatalogBuilder, CommasWithoutEndAreAnError) {
  CatalogBuilder builder;
  builder.add(" ,,,,,,,,,,,,,,,,,,,,,,,,,,", "x.yaml");
  EXPECT_FALSE(builder.errors().empty());
}

TEST(CatalogBuilder, OneDocumentAFile) {
  CatalogBuilder builder;
  builder.add("---\n# a comment\nschema: 1\nproduct: p\n", "x.yaml");
  EXPECT_TRUE(builder.errors().empty());
  builder.add("schema: 1\n---\nproduct: p\n", "x.yaml");
  ASSERT_FALSE(builder.errors().empty());
  EXPECT_THAT(builder.errors()[0].text(), HasSubstr("x.yaml:2:1"));
}

TEST(CatalogBuilder, AnAnchorThatHoldsItselfIsAnError) {
  CatalogBuilder builder;
  builder.add("a: &a [*a]\n", "x.yaml");
  ASSERT_FALSE(builder.errors().empty());
  EXPECT_THAT(builder.errors()[0].text(), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace apierrd
