#include "daemon/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mem_file_system.h"

namespace apierrd {
namespace {

// A state of one log: a call, a blank line, and three bytes that are not read yet.
class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    const std::string counted = call + "\n";
    files.append("/log/api.log", counted + "hal");
    at.key = 1;
    at.log = at.name = "/log/api.log";
    at.id = (*files.info(at.name))->id;
    at.offset = counted.size();
    at.marker = marker_of(counted);
    at.ledger.parsed = call.size();
    at.ledger.ignored = 1;
    source.name = "app";
    source.lines.bytes = counted.size();
    source.lines.bytes_by_verdict[static_cast<std::size_t>(Verdict::kRecord)] = call.size();
    source.lines.bytes_by_verdict[static_cast<std::size_t>(Verdict::kBlank)] = 1;
  }
  AuditedSource audited() {
    StateStore::Loaded state;
    state.series.sources = {source};
    state.positions = {{"app", {at}}};
    const Ruleset ruleset{catalog, tencentcloud_format()};
    return audit(state, files, [&](const std::string&) { return std::optional(ruleset); }).at(0);
  }

  const std::string call = R"({"action":"A","response":{"Response":{"RequestId":"1"}}})"
                           "\n";
  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>(builtin_catalog());
  test::MemFileSystem files;
  FilePosition at;
  PersistedSource source;
};

TEST_F(AuditTest, WhatAgrees) {
  const AuditedSource result = audited();
  EXPECT_THAT(result.faults, testing::IsEmpty());
  EXPECT_EQ(result.generations.at(0).finding, FileFinding::kRecounted);
  EXPECT_EQ(result.generations[0].unread_bytes, 3U);
}

TEST_F(AuditTest, ALedgerThatDoesNotAddUp) {
  ++at.ledger.rejected;
  EXPECT_THAT(audited().faults, testing::Contains(testing::HasSubstr("accounted for")));
}

TEST_F(AuditTest, CountersThatTheFilesDoNotBearOut) {
  source.files.lost_bytes[0] = 5;
  EXPECT_THAT(audited().faults, testing::ElementsAre("lost: 0 bytes by file, 5 by counter"));
}

TEST_F(AuditTest, AFileThatComesToSomethingElse) {
  at.ledger.parsed -= 1;
  at.ledger.ignored += 1;
  const AuditedSource result = audited();
  EXPECT_EQ(result.generations.at(0).finding, FileFinding::kDiffers);
  EXPECT_THAT(result.faults, testing::Contains(testing::HasSubstr("counted again")));
}

TEST_F(AuditTest, AFileThatIsGoneOrWasTruncatedSinceIsNoFault) {
  files.truncate("/log/api.log");
  EXPECT_EQ(audited().generations.at(0).finding, FileFinding::kChanged);
  files.remove("/log/api.log");
  const AuditedSource result = audited();
  EXPECT_EQ(result.generations.at(0).finding, FileFinding::kGone);
  EXPECT_THAT(result.faults, testing::IsEmpty());
}

}  // namespace
}  // namespace apierrd
