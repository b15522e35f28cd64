// The one unit test that needs a disk: SQLite brings its own.
#include "daemon/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/sqlite.h"

namespace apierrd {
namespace {

using testing::HasSubstr;

class StateStoreTest : public testing::Test {
 protected:
  StateStoreTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "apierrd-state-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    path = folder + "/sub/state.db";
  }
  ~StateStoreTest() override { std::filesystem::remove_all(folder); }

  // A state with an alert is in order, and is not any more after each of these statements.
  void expect_damage(std::initializer_list<const char*> statements) {
    Alert alert;
    alert.key = 1, alert.request_id = "id";
    const SeriesStore series({}, catalog);
    auto store = StateStore::open(path);
    ASSERT_TRUE(store) << store.error().text();
    ASSERT_TRUE((*store)->save(series.state(), {}, "boot", {{&alert}, {}}));
    EXPECT_TRUE((*store)->load());
    auto database = Database::open(path, Database::Access::kCreate);
    ASSERT_TRUE(database) << database.error().text();
    for (const char* damage : statements) {
      ASSERT_TRUE((*database)->execute(damage)) << damage;
      auto look = StateStore::open(path, StateStore::Purpose::kLook);
      ASSERT_TRUE(look) << look.error().text();
      const auto loaded = (*look)->load();
      ASSERT_FALSE(loaded) << damage;
      EXPECT_THAT(loaded.error().text(), HasSubstr("damaged"));
    }
  }

  std::string folder, path;
  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>(builtin_catalog());
};

TEST_F(StateStoreTest, WhatIsSavedComesBack) {
  SeriesStore series({}, catalog);
  const std::uint32_t source = series.add_source("s", {"billing"});
  Tally tally;
  ApiCall call;
  call.action = "A";
  call.service = "billing";
  call.code = "Brand.New";
  call.request_id = "id";
  call.latency_ns = 5;
  tally.add(call, *catalog, 77);
  call.code = {};
  call.latency_ns.reset();
  call.failed_items = {"Brand.New", "Brand.New"};
  tally.add(call, *catalog, 77);
  tally.lines.lines = 3;
  series.apply(source, tally, 77);
  FilePosition position;
  position.key = 7;
  position.log = position.name = "/a.log";
  position.id = {1, 2};
  position.offset = 30;
  position.marker = UINT64_MAX;
  position.marks = {{10, 11}, {20, 21}};
  position.ledger.parsed = 30;
  const std::vector<SourceChanges> positions{{"s", {{position}, {}}}};
  {
    auto store = StateStore::open(path);
    ASSERT_TRUE(store) << store.error().text();
    ASSERT_TRUE((*store)->save(series.state(), positions, "boot"));
    ASSERT_TRUE((*store)->save(series.state(), {}, "boot"));
    auto look = StateStore::open(path, StateStore::Purpose::kLook);
    ASSERT_TRUE(look) << look.error().text();
    EXPECT_TRUE((*look)->load());
  }
  auto store = StateStore::open(path);
  ASSERT_TRUE(store) << store.error().text();
  const auto loaded = (*store)->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  ASSERT_EQ(loaded->series.calls.size(), 1U);
  EXPECT_EQ(loaded->series.calls[0].durations.buckets[0], 1U);
  ASSERT_EQ(loaded->series.errors.size(), 1U);
  EXPECT_EQ(loaded->series.errors[0].exemplar.request_id(), "id");
  ASSERT_EQ(loaded->series.codes.size(), 1U);
  EXPECT_EQ(loaded->series.codes[0].time_unix_ns, 77);
  ASSERT_EQ(loaded->series.items.size(), 1U);
  EXPECT_EQ(loaded->series.items[0].code, "Brand.New");
  EXPECT_EQ(loaded->series.items[0].count, 2U);
  ASSERT_EQ(loaded->series.findings.size(), 1U);
  EXPECT_EQ(loaded->series.findings[0].finding, Documentation::kNowhere);
  EXPECT_EQ(loaded->series.findings[0].count, 1U);
  ASSERT_EQ(loaded->series.infos.size(), 1U);
  EXPECT_EQ(loaded->series.sources.at(0).lines.lines, 3U);
  ASSERT_EQ(loaded->positions.size(), 1U);
  EXPECT_EQ(loaded->positions[0].files, std::vector<FilePosition>{position});
  EXPECT_EQ(loaded->boot_id, "boot");
  ASSERT_EQ(loaded->series.calls[0].bucket_exemplars.size(), 1U);
  EXPECT_EQ(loaded->series.calls[0].bucket_exemplars[0].second.request_id(), "id");
  EXPECT_THAT(loaded->series.admitted,
              testing::UnorderedElementsAre(
                  testing::Pair(BoundedLabel::kService, "billing"),
                  testing::Pair(BoundedLabel::kAction, std::string("billing\0A", 9)),
                  testing::Pair(BoundedLabel::kCode, "Brand.New")));
}

TEST_F(StateStoreTest, AStateOfVersion2IsTakenOver) {
  ASSERT_TRUE(StateStore::open(path));
  {
    auto database = Database::open(path, Database::Access::kCreate);
    ASSERT_TRUE(database) << database.error().text();
    ASSERT_TRUE((*database)->execute(
        "DROP TABLE findings; DROP TABLE items; DROP TABLE alerts; PRAGMA user_version=2;"
        "CREATE TABLE undocumented(source TEXT, service TEXT, count INTEGER,"
        " PRIMARY KEY(source, service)) WITHOUT ROWID;"
        "INSERT INTO undocumented VALUES('s', 'billing', 7)"));
  }
  EXPECT_FALSE(StateStore::open(path, StateStore::Purpose::kLook));
  auto store = StateStore::open(path);
  ASSERT_TRUE(store) << store.error().text();
  const auto loaded = (*store)->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  ASSERT_EQ(loaded->series.findings.size(), 1U);
  EXPECT_EQ(loaded->series.findings[0].service, "billing");
  EXPECT_EQ(loaded->series.findings[0].finding, Documentation::kNowhere);
  EXPECT_EQ(loaded->series.findings[0].count, 7U);
}

TEST_F(StateStoreTest, AStateOfVersion3IsTakenOver) {
  ASSERT_TRUE(StateStore::open(path));
  {
    auto database = Database::open(path, Database::Access::kCreate);
    ASSERT_TRUE(database) << database.error().text();
    ASSERT_TRUE(
        (*database)->execute("DROP TABLE alerts; PRAGMA user_version=3; INSERT INTO items "
                             "VALUES('s', 'a', 'b', 'c', 5)"));
  }
  EXPECT_FALSE(StateStore::open(path, StateStore::Purpose::kLook));
  auto store = StateStore::open(path);
  ASSERT_TRUE(store) << store.error().text();
  const auto loaded = (*store)->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded->series.items.at(0).count, 5U);
  EXPECT_TRUE(loaded->alerts.empty());
  EXPECT_TRUE(StateStore::open(path, StateStore::Purpose::kLook));
}

TEST_F(StateStoreTest, AlertsComeBackUnlessTheyAreForgotten) {
  Alert alert;
  alert.key = 7, alert.source = "s", alert.code = "C", alert.severity = "critical";
  alert.service = "billing", alert.action = "PayDeals", alert.request_id = "id";
  alert.description = "d", alert.message = "m", alert.path = "/a.log", alert.offset_bytes = 8;
  alert.count = 9, alert.first_unix_ns = 1, alert.last_unix_ns = 2, alert.added_unix_ns = 3;
  alert.read_unix_ns = 4, alert.resolved_unix_ns = 5;
  Alert leaving = alert, aggregate = alert;
  leaving.key = 8;
  aggregate.key = 9, aggregate.request_id.clear();
  const SeriesStore series({}, catalog);
  {
    auto store = StateStore::open(path);
    ASSERT_TRUE(store) << store.error().text();
    ASSERT_TRUE((*store)->save(series.state(), {}, "boot", {{&alert, &leaving, &aggregate}, {}}));
    aggregate.count = 10;
    ASSERT_TRUE((*store)->save(series.state(), {}, "boot", {{&aggregate}, {8, 77}}));
  }
  auto store = StateStore::open(path);
  ASSERT_TRUE(store) << store.error().text();
  const auto loaded = (*store)->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_THAT(loaded->alerts, testing::ElementsAre(alert, aggregate));
}

TEST_F(StateStoreTest, TimesBefore1970AreDamage) {
  expect_damage({"UPDATE alerts SET resolved_ns=-9223372036854775807",
                 "UPDATE alerts SET resolved_ns=0, key=9223372036854775807",
                 "DELETE FROM alerts; INSERT INTO codes VALUES('s','b','C',1,-1)"});
}

// A bit that the disk turned: one such byte and Prometheus refuses the whole page.
TEST_F(StateStoreTest, NamesThatAreNoTextAreDamage) {
  expect_damage(
      {"UPDATE alerts SET message=CAST(X'6DE8' AS TEXT)",
       "UPDATE alerts SET message='', action=CAST(X'6DE8' AS TEXT)",
       "DELETE FROM alerts; INSERT INTO codes VALUES('s','b',CAST(X'43E8' AS TEXT),1,1)",
       "DELETE FROM codes; INSERT INTO findings VALUES('s',CAST(X'620A' AS "
       "TEXT),'nowhere',1)",
       "DELETE FROM findings; INSERT INTO source_counts VALUES(CAST(X'FF' AS TEXT),'lines',1)"});
}

// Another key for SQLite, the same one for us: the row would never be replaced, and counted again.
TEST_F(StateStoreTest, ValuesOfAnotherTypeAreDamage) {
  expect_damage({"INSERT INTO codes VALUES('s','b',X'43',1,1)",
                 "DELETE FROM codes; INSERT INTO codes VALUES('s','b','C','many',1)",
                 "DELETE FROM codes; INSERT INTO generations(source, key) VALUES('s',1.5)"});
}

TEST_F(StateStoreTest, ASecondDaemonIsRefused) {
  auto first = StateStore::open(path);
  ASSERT_TRUE(first);
  auto second = StateStore::open(path);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("in use"));
}

TEST_F(StateStoreTest, ADamagedFileIsAClearError) {
  std::filesystem::create_directories(folder + "/sub");
  std::ofstream(path) << std::string(5000, 'x');
  auto store = StateStore::open(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().where, path);
  EXPECT_THAT(store.error().hint, HasSubstr("docs/state.md"));
}

}  // namespace
}  // namespace apierrd
