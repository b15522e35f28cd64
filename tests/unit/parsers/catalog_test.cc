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
  for (const EmbeddedFile& file : builtin_catalog_files()) {
    builder.add(file.bytes, std::string(file.path));
  }
  for (const Error& error : builder.errors()) ADD_FAILURE() << error.text();
}

TEST(BuiltinCatalog, EveryEntryIsCompleteInBothLanguages) {
  const Catalog catalog = builtin_catalog();
  EXPECT_GE(catalog.entries().size(), 81U);
  for (const CatalogEntry* entry : catalog.entries()) {
    EXPECT_FALSE(entry->description.empty()) << entry->code;
    EXPECT_FALSE(entry->description_zh.empty()) << entry->code;
    EXPECT_FALSE(entry->remedy.empty()) << entry->code;
    EXPECT_FALSE(entry->source.empty()) << entry->code;
  }
}

TEST(BuiltinCatalog, MoneyCodes) {
  const Catalog catalog = builtin_catalog();
  const CatalogEntry* paid = catalog.find("billing", "FailedOperation.PaySuccDeliverFailed");
  ASSERT_NE(paid, nullptr);
  EXPECT_EQ(paid->fault_domain, FaultDomain::kVendor);
  EXPECT_EQ(paid->retryable, Retryable::kNo);
  EXPECT_EQ(paid->severity, Severity::kCritical);
  EXPECT_TRUE(paid->event_page);
  const CatalogEntry* building = catalog.find("billing", "FailedOperation.SummaryDataNotReady");
  ASSERT_NE(building, nullptr);
  EXPECT_FALSE(building->slo);
  EXPECT_NE(catalog.find("billing", "FailedOperation.NeedPayTogeter"), nullptr);
  EXPECT_NE(catalog.find("billing", "FailedOperation.NeedPayTogether"), nullptr);
  EXPECT_EQ(catalog.find("common", "DryRunOperation")->fault_domain, FaultDomain::kNone);
}

TEST(Classify, InOrder) {
  const Catalog catalog = builtin_catalog();
  const auto match = [&](const char* service, const char* code) {
    return catalog.classify(service, code).match;
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
  const Classification is = catalog.classify("billing", "InternalError.Brand.New");
  EXPECT_FALSE(is.documented());
  EXPECT_EQ(is.fault_domain(), FaultDomain::kVendor);
  EXPECT_EQ(is.entry->code, "InternalError");
  const Classification none = catalog.classify("billing", "Nonsense");
  EXPECT_EQ(none.fault_domain(), FaultDomain::kUnknown);
  EXPECT_EQ(none.severity(), Severity::kWarning);
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
  EXPECT_EQ(catalog.find("common", "A.B")->severity, Severity::kCritical);
  EXPECT_EQ(catalog.find("common", "A.B")->description, "d");
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
