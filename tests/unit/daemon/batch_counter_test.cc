#include "daemon/batch_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

// Memory runs out for all threads but the test's own, when a test says so. Not inlined: g++ 12
// takes malloc and delete for a mismatch. Not under AddressSanitizer, which has its own.
#ifndef APIERRD_MEMORY_IS_WATCHED
namespace {
const std::thread::id owner = std::this_thread::get_id();
std::atomic<bool> only_owner_has_memory = false;
std::atomic<bool> memory_ran_out = false;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (only_owner_has_memory && std::this_thread::get_id() != owner) {
    memory_ran_out = true;
    throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace apierrd {
namespace {

class BatchCounterTest : public testing::Test {
 protected:
  static std::string lines(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += R"({"action":"A","response":{"Response":{"RequestId":"1"}}})"
              "\n";
    }
    return text;
  }
  static LineBatch put(BatchCounter& counter, const std::string& text, std::uint64_t offset = 0) {
    const std::span<char> block = counter.block();
    std::copy(text.begin(), text.end(), block.begin());
    LineBatch batch;
    batch.text = {block.data(), text.size()};
    batch.bytes = text.size();
    batch.offset = offset;
    return batch;
  }

  Ruleset ruleset{std::make_shared<const Catalog>(builtin_catalog()), tencentcloud_format()};
  Tally tally, other;
};

TEST_F(BatchCounterTest, WithoutThreadsABatchIsToldOfAtOnce) {
  BatchCounter counter({1, 1000, 0});
  std::size_t told = 0;
  counter.count(put(counter, lines(3)), ruleset, tally, [&](Tally& counted, const LineBatch&) {
    EXPECT_EQ(&counted, &tally);
    ++told;
  });
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(tally.lines.records, 3U);
}

TEST_F(BatchCounterTest, AFewLinesNeverChangeThreads) {
  BatchCounter counter({4, 1000, kHandOverBytes});
  std::thread::id thread;
  counter.count(put(counter, lines(3)), ruleset, tally,
                [&](Tally&, const LineBatch&) { thread = std::this_thread::get_id(); });
  EXPECT_EQ(thread, std::this_thread::get_id());
  EXPECT_EQ(tally.lines.records, 3U) << "the given tally was used";
  EXPECT_EQ(counter.bytes_in_hand(), 0U);
}

// The first batch takes far longer than the others.
TEST_F(BatchCounterTest, BatchesAreToldOfInTheirOrderByTheOwner) {
  for (const std::size_t threads : {2U, 4U, 8U}) {
    BatchCounter counter({threads, 300'000, 0});
    std::vector<std::uint64_t> order, records;
    const auto counted = [&](Tally& counts, const LineBatch& batch) {
      EXPECT_NE(&counts, &tally);
      order.push_back(batch.offset);
      records.push_back(counts.lines.records);
      counts.clear();
    };
    std::vector<std::uint64_t> expected_order, expected_records;
    for (std::uint64_t i = 0; i < 50; ++i) {
      const std::size_t count = i == 0 ? 5'000 : 1 + i % 7;
      counter.count(put(counter, lines(count), i), ruleset, i % 3 == 0 ? other : tally, counted);
      expected_order.push_back(i);
      expected_records.push_back(count);
    }
    counter.settle();
    EXPECT_EQ(order, expected_order);
    EXPECT_EQ(records, expected_records);
    EXPECT_EQ(tally.lines.records, 0U);
  }
}

TEST_F(BatchCounterTest, NoMoreIsInHandThanThreeBlocksForEachThread) {
  const std::string text = lines(1'000);
  for (const std::size_t threads : {2U, 4U}) {
    BatchCounter counter({threads, 300'000, 0});
    for (int i = 0; i < 40; ++i) {
      counter.count(put(counter, text), ruleset, tally,
                    [](Tally& counts, const LineBatch&) { counts.clear(); });
      EXPECT_LE(counter.bytes_in_hand(), 3 * threads * text.size());
    }
    counter.settle();
  }
}

// A batch of which only the length is known: a hole.
TEST_F(BatchCounterTest, ABatchWithoutTextKeepsItsPlace) {
  BatchCounter counter({2, 300'000, 0});
  std::vector<std::uint64_t> bytes;
  const auto counted = [&](Tally& counts, const LineBatch&) {
    bytes.push_back(counts.lines.bytes);
    counts.clear();
  };
  const std::string text = lines(3'000);
  counter.count(put(counter, text), ruleset, tally, counted);
  LineBatch hole;
  hole.bytes = 7;
  counter.count(hole, ruleset, tally, counted);
  EXPECT_GE(counter.bytes_in_hand(), 7U);
  counter.settle();
  EXPECT_EQ(bytes, (std::vector<std::uint64_t>{text.size(), 7}));
  EXPECT_EQ(counter.bytes_in_hand(), 0U);
}

TEST_F(BatchCounterTest, WhatWasNotToldOfIsDroppedWithTheCounter) {
  std::size_t told = 0;
  {
    BatchCounter counter({2, 300'000, 0});
    for (int i = 0; i < 3; ++i) {
      counter.count(put(counter, lines(3'000)), ruleset, tally,
                    [&](Tally&, const LineBatch&) { ++told; });
    }
  }
  EXPECT_LT(told, 3U);
}

#ifndef APIERRD_MEMORY_IS_WATCHED
TEST_F(BatchCounterTest, AThreadThatRunsOutOfMemoryIsTheOwnersToDealWith) {
  BatchCounter counter({2, 1000, 0});
  std::size_t told = 0;
  const auto counted = [&](Tally&, const LineBatch&) { ++told; };
  only_owner_has_memory = true;
  counter.count(put(counter, lines(5)), ruleset, tally, counted);
  while (!memory_ran_out) std::this_thread::yield();  // or the owner would count it
  EXPECT_THROW(counter.settle(), std::bad_alloc);
  only_owner_has_memory = false;
  EXPECT_EQ(told, 0U);
  counter.count(put(counter, lines(5)), ruleset, tally, counted);
  counter.settle();
  EXPECT_EQ(told, 1U) << "the threads are still there";
}
#endif

TEST_F(BatchCounterTest, WhatTheOwnerIsToldMayThrow) {
  BatchCounter counter({2, 1000, 0});
  counter.count(put(counter, lines(1)), ruleset, tally,
                [](Tally&, const LineBatch&) { throw std::bad_alloc(); });
  EXPECT_THROW(counter.settle(), std::bad_alloc);
  counter.settle();
}

}  // namespace
}  // namespace apierrd
