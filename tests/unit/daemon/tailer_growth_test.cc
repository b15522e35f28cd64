// What many files cost, in calls to the file system: as much for each, however many there are.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/direct_sink.h"
#include "tests/support/mem_file_system.h"

namespace apierrd {
namespace {

class CountingFiles : public test::MemFileSystem {
 public:
  std::uint64_t calls = 0;
  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override {
    ++calls;
    return MemFileSystem::open(path);
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    ++calls;
    return MemFileSystem::info(path);
  }
  bool gives_hints(const std::string& path) override {
    ++calls;
    return !linked && MemFileSystem::gives_hints(path);
  }
  Result<std::vector<std::string>> glob(const std::string& pattern) override {
    ++calls;
    return MemFileSystem::glob(pattern);
  }
  bool linked = false;
};

// A tailer over so many files, the first look at them taken and everything read.
class World {
 public:
  explicit World(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) files.append(name(i), "one\n");
    start({});
    look();
  }
  static std::string name(std::size_t i) { return fmt::format("/log/api-{}.log", i); }
  void start(TailResume resume) {
    TailOptions options;
    options.patterns = {"/log/api*.log"};
    options.line_bytes_max = 1'000;
    tailer = std::make_unique<Tailer>(files, events, options, std::move(resume));
  }
  void read() {
    while (tailer->read(now, sink)) {
    }
  }
  void look() {
    do {
      now += 2'000'000'000;
      tailer->sweep(now, sink);
      read();
    } while (tailer->wants_sweep());
  }
  template <class Act>
  std::uint64_t calls_of(Act&& act) {
    files.calls = 0;
    act();
    return files.calls;
  }

  CountingFiles files;
  test::RecordingEvents events;
  ReadBuffer buffer{1'000};
  test::DirectSink sink{buffer, [this](const LineBatch& batch) {
                          ++batches;
                          return BatchOutcome{{batch.text.size(), 0, 0}, 0};
                        }};
  std::unique_ptr<Tailer> tailer;
  std::int64_t now = 0;
  std::uint64_t batches = 0;
};

TEST(TailerGrowth, ASweepCostsAsMuchForEachFile) {
  World small(1'000);
  World large(10'000);
  EXPECT_LE(large.calls_of([&] { large.look(); }), 10 * small.calls_of([&] { small.look(); }));
}

TEST(TailerGrowth, ARestartCostsAsMuchForEachFile) {
  World small(1'000);
  World large(10'000);
  const auto restart = [](World& world) {
    world.start({world.tailer->positions(), false, false});
    world.look();
  };
  EXPECT_LE(large.calls_of([&] { restart(large); }), 10 * small.calls_of([&] { restart(small); }));
  EXPECT_EQ(large.batches, 10'000U);
}

TEST(TailerGrowth, AChangeOfOneFileCostsTheSameBesideMany) {
  World small(10);
  World large(10'000);
  const auto change = [](World& world) {
    const std::uint64_t before = world.batches;
    world.files.append(World::name(7), "two\n");
    world.tailer->look_at(World::name(7), world.now);
    world.read();
    EXPECT_EQ(world.batches, before + 1);
  };
  EXPECT_EQ(large.calls_of([&] { change(large); }), small.calls_of([&] { change(small); }));
}

TEST(TailerGrowth, WhatIsQuietIsNotLookedThroughForTheLag) {
  World world(100);
  world.tailer->refresh_counts(1'000);
  world.files.append(World::name(3), "two\n");
  world.tailer->look_at(World::name(3), world.now);
  EXPECT_EQ(world.tailer->refresh_counts(2'000).oldest_unread_unix_ns, 1'000);
  EXPECT_EQ(world.tailer->counts().files.size(), 100U);
  world.read();
  EXPECT_EQ(world.tailer->refresh_totals(3'000).oldest_unread_unix_ns, 0);
}

TEST(TailerGrowth, NothingIsStirredWhileNothingHappens) {
  World world(10);
  world.tailer->settle();
  world.read();
  EXPECT_FALSE(world.tailer->stirred());
  world.files.append(World::name(3), "two\n");
  world.tailer->look_at(World::name(3), world.now);
  world.read();
  EXPECT_TRUE(world.tailer->stirred());
  EXPECT_EQ(world.tailer->changes().changed.size(), 1U);
}

TEST(TailerGrowth, IsBlindWhereNoHintTells) {
  World world(3);
  world.look();
  EXPECT_FALSE(world.tailer->is_blind());
  world.files.remove(World::name(1));  // may be written to without a name
  world.look();
  EXPECT_TRUE(world.tailer->is_blind());

  World linked(1);
  linked.files.linked = true;
  linked.files.append("/log/api-new.log", "one\n");
  linked.look();
  linked.look();
  EXPECT_TRUE(linked.tailer->is_blind());

  World broken(1);
  broken.files.append("/log/api-new.log", "one\n");
  broken.files.forbid("/log/api-new.log", true);
  broken.look();
  broken.look();
  EXPECT_TRUE(broken.tailer->is_blind());
  broken.files.forbid("/log/api-new.log", false);
  broken.look();
  broken.look();
  EXPECT_FALSE(broken.tailer->is_blind());
}

}  // namespace
}  // namespace apierrd
