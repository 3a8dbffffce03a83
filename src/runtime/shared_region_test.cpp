#include "runtime/shared_region.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "joulemark/mapped_memory.hpp"

namespace joulemark::runtime {
namespace {

using protocol::kCompletionCapacity;
using protocol::SharedMemory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Region : public ::testing::Test {
 protected:
  Region() : region_(std::move(*SharedRegion::create())), worker_(region_.descriptor()) {}

  /// The worker completes steps `from` to `to` - 1 and stamps each with its number.
  void complete(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) worker_.completions()[i % kCompletionCapacity] = i;
    worker_.header().completions_written.store(to, std::memory_order_release);
  }

  Result<std::vector<std::int64_t>> take() {
    std::vector<Completion> completions;
    if (auto taken = region_.take_completions(completions); !taken)
      return tl::unexpected(taken.error());
    std::vector<std::int64_t> stamps;
    for (const Completion& c : completions) stamps.push_back(c.at.since_boot.count());
    return stamps;
  }

  SharedRegion region_;
  SharedMemory worker_;
};

TEST_F(Region, GivesTheWorkerTheTensorsThatTheControllerWrote) {
  ASSERT_TRUE(region_.resize(5, 3));
  std::ranges::copy(std::vector<float>{1, 2, 3, 4, 5}, region_.input().begin());
  worker_.remap();
  EXPECT_EQ(worker_.header().input_bytes, 20U);
  EXPECT_EQ(worker_.header().output_bytes, 12U);
  EXPECT_THAT(std::vector<float>(worker_.input(), worker_.input() + 5), ElementsAre(1, 2, 3, 4, 5));
  std::ranges::copy(std::vector<float>{7, 8, 9}, worker_.output());
  EXPECT_THAT(region_.output(), ElementsAre(7, 8, 9));
  EXPECT_THAT(region_.input(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(Region, GrowsAndForgetsWhatDoesNotFitAnyMore) {
  ASSERT_TRUE(region_.resize(1 << 20, 1 << 10));
  worker_.remap();
  worker_.input()[(1 << 20) - 1] = 6;
  EXPECT_EQ(region_.input().back(), 6);
  ASSERT_TRUE(region_.resize(3, 1));
  worker_.remap();
  EXPECT_THAT(region_.input(), SizeIs(3));
  EXPECT_THAT(region_.output(), SizeIs(1));
  EXPECT_EQ(worker_.header().input_bytes, 12U);
}

TEST_F(Region, HasNoTensorsAtFirst) {
  EXPECT_THAT(region_.input(), IsEmpty());
  EXPECT_THAT(region_.output(), IsEmpty());
}

TEST_F(Region, CannotBeMadeSmallerByAWorker) {
  ASSERT_TRUE(region_.resize(1 << 20, 1 << 10));
  EXPECT_EQ(ftruncate(region_.descriptor(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(fcntl(region_.descriptor(), F_ADD_SEALS, F_SEAL_GROW), -1);
  region_.input().back() = 1;  // a page that is gone would be SIGBUS
  EXPECT_EQ(region_.input().back(), 1);
}

TEST_F(Region, BelievesNothingThatTheWorkerWroteIntoTheHeader) {
  ASSERT_TRUE(region_.resize(6, 2));
  worker_.remap();
  worker_.output()[0] = 5;
  std::memset(static_cast<void*>(&worker_.header()), 0xff, sizeof(protocol::ShmHeader));
  EXPECT_THAT(region_.input(), SizeIs(6));
  EXPECT_THAT(region_.output(), ElementsAre(5, 0));
  ASSERT_TRUE(region_.resize(3, 1));
  EXPECT_THAT(region_.input(), SizeIs(3));
  EXPECT_FALSE(take());  // 2^64 - 1 completions
  region_.begin_run();
  EXPECT_THAT(*take(), IsEmpty());
}

TEST_F(Region, MovesWithItsTensors) {
  ASSERT_TRUE(region_.resize(2, 1));
  region_.input()[1] = 4;
  SharedRegion moved(std::move(region_));
  EXPECT_THAT(moved.input(), ElementsAre(0, 4));
  EXPECT_THAT(moved.output(), SizeIs(1));
}

TEST_F(Region, RefusesWhatTheMachineDoesNotHave) {
  const auto refused = region_.resize(std::size_t{1} << 58, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::out_of_memory);
  ASSERT_TRUE(region_.resize(4, 1));
  EXPECT_THAT(region_.input(), SizeIs(4));
  worker_.remap();
  EXPECT_EQ(worker_.header().input_bytes, 16U);
}

TEST_F(Region, GivesEveryCompletionOnce) {
  region_.begin_run();
  EXPECT_THAT(*take(), IsEmpty());
  complete(0, 3);
  EXPECT_THAT(*take(), ElementsAre(0, 1, 2));
  EXPECT_THAT(*take(), IsEmpty());
  complete(3, 5);
  EXPECT_THAT(*take(), ElementsAre(3, 4));
  EXPECT_EQ(region_.taken(), 5U);
}

TEST_F(Region, StartsEachRunAtNoCompletions) {
  complete(0, 3);
  region_.ask_to_stop();
  ASSERT_TRUE(take());
  EXPECT_EQ(worker_.header().stop.load(), 1U);
  region_.begin_run();
  EXPECT_EQ(worker_.header().stop.load(), 0U);
  EXPECT_EQ(worker_.header().completions_written.load(), 0U);
  EXPECT_EQ(region_.taken(), 0U);
  complete(0, 2);
  EXPECT_THAT(*take(), ElementsAre(0, 1));
}

TEST_F(Region, FollowsTheRingRound) {
  region_.begin_run();
  std::int64_t next = 0;
  for (std::uint64_t done = 0; done < 3 * kCompletionCapacity; done += kCompletionCapacity / 2) {
    complete(done, done + kCompletionCapacity / 2);
    const auto stamps = take();
    ASSERT_TRUE(stamps);
    for (const std::int64_t stamp : *stamps) ASSERT_EQ(stamp, next++);
  }
  EXPECT_EQ(next, 3 * kCompletionCapacity);
}

TEST_F(Region, SaysWhenStampsWereOverwritten) {
  region_.begin_run();
  complete(0, 10);
  ASSERT_TRUE(take());
  complete(10, 10 + kCompletionCapacity - 1);
  EXPECT_THAT(*take(), SizeIs(kCompletionCapacity - 1));
  // One more, and the worker may be writing over the oldest while it is read.
  region_.begin_run();
  complete(0, kCompletionCapacity);
  const auto lost = take();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::unstable);
  EXPECT_THAT(lost.error().what, HasSubstr("overwritten"));
}

TEST_F(Region, SaysWhenTheWorkerCountsBackwards) {
  region_.begin_run();
  complete(0, 10);
  ASSERT_TRUE(take());
  complete(0, 9);
  const auto refused = take();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::crashed);
}

std::vector<Completion> stamps(std::initializer_list<int> ns) {
  std::vector<Completion> result;
  for (const int n : ns) result.push_back({Instant{Nanoseconds(n)}});
  return result;
}

bool sound(std::initializer_list<int> ns) {
  return check_stamps(stamps(ns), Instant{Nanoseconds(10)}, Instant{Nanoseconds(20)}).has_value();
}

TEST(Stamps, AreInOrderAndWithinTheRun) {
  EXPECT_TRUE(sound({}));
  EXPECT_TRUE(sound({10, 11, 11, 20}));
  EXPECT_FALSE(sound({9, 11}));
  EXPECT_FALSE(sound({11, 21}));
  EXPECT_FALSE(sound({12, 11}));
}

TEST(MappedMemory, RefusesAHeaderThatContradictsItself) {
  const auto refuses = [](const auto& damage) {
    auto region = SharedRegion::create();
    SharedMemory worker(region->descriptor());
    EXPECT_TRUE(region->resize(4, 4));
    damage(worker.header());
    EXPECT_THROW(worker.remap(), std::runtime_error);
    return worker.header().completions_offset != 0;  // the old mapping is still there
  };
  using Header = protocol::ShmHeader;
  EXPECT_TRUE(refuses([](Header& h) { h.magic = 0; }));
  EXPECT_TRUE(refuses([](Header& h) { h.version = 2; }));
  EXPECT_TRUE(refuses([](Header& h) { h.input_offset = ~std::uint64_t{7}; }));
  EXPECT_TRUE(refuses([](Header& h) { h.input_bytes = ~std::uint64_t{0}; }));
  EXPECT_TRUE(refuses([](Header& h) {
    h.output_offset += 4;  // no place for a double, also where it fits
    h.output_bytes -= 4;
  }));
  EXPECT_TRUE(refuses([](Header& h) { h.output_bytes = 1 << 30; }));
  EXPECT_TRUE(refuses([](Header& h) { h.completions_capacity = 0; }));
  EXPECT_TRUE(refuses([](Header& h) { h.completions_capacity = std::uint64_t{1} << 61; }));
}

TEST(MappedMemory, IsNoFileThatIsSmallerThanItsHeader) {
  const int fd = memfd_create("small", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 71), 0);
  EXPECT_THROW(SharedMemory{fd}, std::runtime_error);
  close(fd);
  EXPECT_THROW(SharedMemory{-1}, std::runtime_error);
}

}  // namespace
}  // namespace joulemark::runtime
