#include "parsers/verdict.h"

#include <gtest/gtest.h>

#include <set>

namespace apierrd {
namespace {

TEST(Verdict, TableIsInTheOrderOfTheEnum) {
  for (std::size_t i = 0; i < kVerdicts.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kVerdicts[i].verdict), i) << kVerdicts[i].name;
  }
}

TEST(Verdict, NamesAreDistinctAndExplained) {
  std::set<std::string_view> names;
  for (const VerdictInfo& info : kVerdicts) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.help.empty()) << info.name;
  }
}

}  // namespace
}  // namespace apierrd
