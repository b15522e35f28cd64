#include "parsers/vendor_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "parsers/catalog.h"

namespace apierrd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSmall =
    "apierrd-codes 1\n"
    "vendor tencentcloud\n"
    "source by hand\n"
    "codes 4\n"
    "A\n"
    "A.B\n"
    "C\n"
    "D.x_1\n"
    "service cvm 2017-03-12,2020-01-01 云 服务器\n"
    "c 0 2 1\n"
    "i 1\n"
    "a Run 0-1,3\n"
    "a Stop -\n"
    "service empty 2020-01-01 -\n"
    "service vpc 2017-03-12 -\n"
    "c 1\n"
    "end\n";

std::string error_of(const std::string& text) {
  const Result<VendorCodes> codes = VendorCodes::parse(text, "x.codes");
  return codes ? "(none)" : codes.error().text();
}

std::string with(const std::string& old_text, const std::string& new_text) {
  std::string text = kSmall;
  return text.replace(text.find(old_text), old_text.size(), new_text);
}

// Each start takes it as it is.
TEST(VendorCodes, TheCompiledInListIsThatOfTheSourceTree) {
  std::size_t compared = 0;
  for (const EmbeddedFile& file : builtin_catalog_files()) {
    if (!file.path.ends_with(".codes")) continue;
    const std::string path(file.path);
    std::ifstream in(APIERRD_SOURCE_DIR "/parsers/" + path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const Result<VendorCodes> codes = VendorCodes::parse(text.str(), path);
    ASSERT_TRUE(codes) << codes.error().text();
    EXPECT_TRUE(codes->index() == file.bytes) << path;
    ++compared;
  }
  EXPECT_EQ(compared, 1U);
}

TEST(VendorCodes, AnswersWhoDocumentsWhat) {
  const Result<VendorCodes> parsed = VendorCodes::parse(kSmall, "x.codes");
  ASSERT_TRUE(parsed) << parsed.error().text();
  const VendorCodes& codes = *parsed;
  EXPECT_EQ(codes.source(), "by hand");
  EXPECT_THAT(codes.services(), ElementsAre("cvm", "empty", "vpc"));
  EXPECT_EQ(codes.versions("cvm"), "2017-03-12,2020-01-01");
  EXPECT_EQ(codes.name_zh("cvm"), "云 服务器");
  EXPECT_EQ(codes.name_zh("vpc"), "");
  EXPECT_THAT(codes.codes("cvm"), ElementsAre("A", "A.B", "C", "D.x_1"));
  EXPECT_THAT(codes.codes("vpc"), ElementsAre("A.B"));
  EXPECT_THAT(codes.codes("empty"), IsEmpty());
  EXPECT_THAT(codes.codes("nowhere"), IsEmpty());
  EXPECT_EQ(codes.code_count("cvm"), 4U);
  EXPECT_THAT(codes.actions("cvm"), ElementsAre("Run", "Stop"));
  EXPECT_TRUE(codes.has("empty"));
  EXPECT_FALSE(codes.has("cv"));
  EXPECT_TRUE(codes.documents("cvm", "A.B"));
  EXPECT_FALSE(codes.documents("cvm", "a.b"));
  EXPECT_FALSE(codes.documents("vpc", "A"));
  EXPECT_TRUE(codes.documents("cvm", "Run", "A"));
  EXPECT_TRUE(codes.documents("cvm", "Run", "D.x_1"));
  EXPECT_FALSE(codes.documents("cvm", "Run", "C"));
  EXPECT_FALSE(codes.documents("cvm", "Run", "Z"));
  EXPECT_FALSE(codes.documents("cvm", "Walk", "A"));
  EXPECT_FALSE(codes.documents("cvm", "Stop", "A"));
  EXPECT_TRUE(codes.knows_action("cvm", "Stop"));
  EXPECT_FALSE(codes.lists_codes_of("cvm", "Stop"));
  EXPECT_TRUE(codes.lists_codes_of("cvm", "Run"));
  EXPECT_FALSE(codes.knows_action("vpc", "Run"));
  EXPECT_THAT(codes.services_of("A.B"), ElementsAre("cvm", "vpc"));
  EXPECT_THAT(codes.services_of("C"), ElementsAre("cvm"));
  EXPECT_THAT(codes.services_of("Z"), IsEmpty());
  EXPECT_TRUE(codes.documented_anywhere("A"));
  EXPECT_FALSE(codes.documented_anywhere("B"));
}

TEST(VendorCodes, ACopyOutlivesWhatItWasReadFrom) {
  VendorCodes copy;
  {
    std::string text = kSmall;
    const Result<VendorCodes> parsed = VendorCodes::parse(text, "x.codes");
    ASSERT_TRUE(parsed);
    copy = *parsed;
    text.assign(text.size(), '?');
  }
  EXPECT_THAT(copy.codes(), ElementsAre("A", "A.B", "C", "D.x_1"));
  EXPECT_THAT(copy.services_of("A.B"), ElementsAre("cvm", "vpc"));
}

TEST(VendorCodes, OfNothingThereIsNothing) {
  const VendorCodes none;
  EXPECT_FALSE(none.has("cvm"));
  EXPECT_FALSE(none.documented_anywhere("A"));
  EXPECT_THAT(none.services_of("A"), IsEmpty());
  EXPECT_FALSE(none.documents("cvm", "Run", "A"));
}

TEST(VendorCodes, ErrorsNameFileAndLine) {
  EXPECT_THAT(error_of(""), HasSubstr("expected 'apierrd-codes 1'"));
  EXPECT_THAT(error_of("apierrd-codes 2\n"), HasSubstr("x.codes:1: expected 'apierrd-codes 1'"));
  EXPECT_THAT(error_of(with("tencentcloud", "aws")), HasSubstr("x.codes:2: only tencentcloud"));
  EXPECT_THAT(error_of(with("codes 4", "codes four")), HasSubstr("x.codes:4"));
  EXPECT_THAT(error_of(with("codes 4", "codes 9999999")), HasSubstr("x.codes:9"));
  EXPECT_THAT(error_of(with("codes 4", "codes 3")), HasSubstr("x.codes:8"));
  EXPECT_THAT(error_of(with("A.B\n", "A.B.\n")), AllOf(HasSubstr("x.codes:6"), HasSubstr("A.B.")));
  EXPECT_THAT(error_of(with("A.B\n", "A B\n")), HasSubstr("cannot be an error code"));
  EXPECT_THAT(error_of(with("A.B\n", "A\n")), HasSubstr("'A' is out of order"));
  EXPECT_THAT(error_of(with("service empty", "service c")), HasSubstr("'c' is out of order"));
  EXPECT_THAT(error_of(with("service empty", "service common")), HasSubstr("x.codes:14"));
  EXPECT_THAT(error_of(with("service cvm", "service client")), HasSubstr("x.codes:9"));
  EXPECT_THAT(error_of(with(" 2020-01-01 -\n", "\n")),
              HasSubstr("'service NAME VERSIONS NAME_ZH'"));
  EXPECT_THAT(error_of(with("c 0 2 1", "c 0 2 0")), HasSubstr("each code once"));
  EXPECT_THAT(error_of(with("c 0 2 1", "c 0 2 2")), HasSubstr("there is no code 4"));
  EXPECT_THAT(error_of(with("c 0 2 1", "c 0 2 1 ")), HasSubstr("x.codes:10"));
  EXPECT_THAT(error_of(with("i 1", "i 2")), HasSubstr("on both lines of service 'cvm'"));
  EXPECT_THAT(error_of(with("0-1,3", "0-1,4")), HasSubstr("no code 4 of this service"));
  EXPECT_THAT(error_of(with("0-1,3", "1-0")), HasSubstr("must ascend"));
  EXPECT_THAT(error_of(with("0-1,3", "0-1,1")), HasSubstr("must ascend"));
  EXPECT_THAT(error_of(with("0-1,3", "0-1;3")), HasSubstr("x.codes:12: expected ranges"));
  EXPECT_THAT(error_of(with("0-1,3", "99999999999")), HasSubstr("expected ranges"));
  EXPECT_THAT(error_of(with("a Stop", "a Run")), HasSubstr("action 'Run' is out of order"));
  EXPECT_THAT(error_of(with("end\n", "")), HasSubstr("the file ends early"));
  EXPECT_THAT(error_of(kSmall + "more\n"), HasSubstr("nothing behind 'end'"));
}

TEST(VendorCodes, SizeOfAFileAtItsLimit) {
  const std::string padding(kVendorCodesBytesMax - kSmall.size(), 'x');
  EXPECT_EQ(error_of(with("by hand", "by hand" + padding)), "(none)");
  EXPECT_THAT(error_of(with("by hand", "by hand" + padding + "x")),
              HasSubstr("larger than 32 MiB"));
}

TEST(VendorCodes, NumberOfServicesAtItsLimit) {
  std::string text = "apierrd-codes 1\nvendor tencentcloud\nsource s\ncodes 0\n";
  for (int i = 0; i < 65'535; ++i) text += "service s" + std::to_string(100'000 + i) + " v -\n";
  EXPECT_EQ(error_of(text + "end\n"), "(none)");
  EXPECT_THAT(error_of(text + "service t v -\nend\n"), HasSubstr("more than 65535 services"));
}

TEST(VendorCodes, NoPrefixOfAFileIsTakenForAWhole) {
  for (std::size_t size = 0; size < kSmall.size() - 1; ++size) {
    EXPECT_NE(error_of(kSmall.substr(0, size)), "(none)") << size;
  }
}

TEST(BuiltinVendorCodes, EveryCodeIsTrimmedAndHasAService) {
  const Catalog catalog = builtin_catalog();
  const VendorCodes& codes = catalog.vendor_codes();
  EXPECT_TRUE(codes.has("billing"));
  EXPECT_TRUE(codes.has("cvm"));
  for (const std::string_view code : codes.codes()) {
    EXPECT_EQ(trim_code(code), code);
    EXPECT_TRUE(codes.documented_anywhere(code)) << code;
  }
}

// What the vendor's own packages hold, both editions together.
TEST(BuiltinVendorCodes, TheWholeVendorIsThere) {
  const Catalog catalog = builtin_catalog();
  const VendorCodes& codes = catalog.vendor_codes();
  if (codes.services().size() < 10) return;  // a few lines by hand
  EXPECT_GE(codes.services().size(), 258U);
  EXPECT_GE(codes.codes().size(), 12'000U);
  EXPECT_GE(codes.action_count(), 14'000U);
  EXPECT_TRUE(codes.documents("cvm", "RunInstances", "ResourceInsufficient.SpecifiedInstanceType"));
  EXPECT_TRUE(codes.documents("billing", "FailedOperation.PaySuccDeliverFailed"));
}

}  // namespace
}  // namespace apierrd
