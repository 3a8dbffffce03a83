#include "campaign/team/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulemark::campaign::team {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(Queue, GivesEachJobOnceInItsOrder) {
  Queue queue({0, 1, 2});
  EXPECT_THAT(queue.take(0), Optional(0u));
  EXPECT_THAT(queue.take(1), Optional(1u));
  EXPECT_FALSE(queue.empty());
  EXPECT_THAT(queue.take(1), Optional(2u));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take(0), std::nullopt);
  EXPECT_EQ(Queue({}).take(0), std::nullopt);
}

TEST(Queue, WhatComesBackIsNextAndASecondTimeIsGivenUp) {
  Queue queue({0, 1, 2});
  queue.take(0);
  queue.take(0);
  EXPECT_TRUE(queue.give_back(0));
  EXPECT_THAT(queue.take(1), Optional(0u)) << "to whoever is free";
  EXPECT_TRUE(queue.give_back(1)) << "each has its own second time";
  EXPECT_FALSE(queue.give_back(0));
  EXPECT_THAT(queue.take(0), Optional(1u));
  EXPECT_THAT(queue.take(0), Optional(2u));
  EXPECT_TRUE(queue.empty());
}

TEST(Queue, WhatBelongsTogetherIsForOneTaker) {
  Queue queue({7, 7, 7, 8, 8, 9});
  EXPECT_THAT(queue.take(0), Optional(0u));
  EXPECT_THAT(queue.take(1), Optional(3u)) << "the first that the other has not begun";
  EXPECT_THAT(queue.take(1), Optional(4u));
  EXPECT_THAT(queue.take(1), Optional(5u));
  EXPECT_EQ(queue.take(1), std::nullopt) << "what is left is the other's";
  EXPECT_FALSE(queue.empty());
  EXPECT_TRUE(queue.give_back(0));
  EXPECT_EQ(queue.take(1), std::nullopt) << "also what came back";
  EXPECT_THAT(queue.take(0), Optional(0u));
  EXPECT_THAT(queue.take(0), Optional(1u));
  queue.leave(0);
  EXPECT_THAT(queue.take(1), Optional(2u)) << "the other is gone";
  EXPECT_TRUE(queue.empty());
}

TEST(Queue, SentinelsAreForWhoeverHasHadFewest) {
  Turns turns(2);
  Queue queue({0, 1, 2, 3, 4}, {0, 3}, &turns);
  EXPECT_THAT(queue.take(0), Optional(0u));
  EXPECT_THAT(queue.take(1), Optional(1u));
  EXPECT_THAT(queue.take(0), Optional(2u));
  EXPECT_THAT(queue.take(0), Optional(4u)) << "the second sentinel is the other's";
  EXPECT_THAT(queue.take(1), Optional(3u));
  Queue next({0, 1}, {1}, &turns);
  EXPECT_THAT(next.take(1), Optional(0u));
  EXPECT_THAT(next.take(1), Optional(1u)) << "both have had one, in lots before";
}

TEST(Queue, SentinelsAreForAnybodyWhereNothingElseIsLeftOrTheOtherIsGone) {
  Turns turns(2);
  Queue queue({0, 1}, {0, 1}, &turns);
  EXPECT_THAT(queue.take(0), Optional(0u));
  EXPECT_THAT(queue.take(0), Optional(1u)) << "rather than to wait";
  turns.leave(1);
  Queue next({0, 1}, {0}, &turns);
  EXPECT_THAT(next.take(0), Optional(0u));
}

std::vector<std::int64_t> batches(const Step& step) {
  std::vector<std::int64_t> all;
  for (const measure::Policy& policy : step.policies) all.push_back(policy.batch);
  return all;
}

TEST(RestOf, IsWhatHasNoRowAndWhatALostMeterKeptFromOne) {
  const Step step{7,
                  {{measure::PolicyKind::batch_1, 1},
                   {measure::PolicyKind::fixed, 8},
                   {measure::PolicyKind::fixed, 64}}};
  EXPECT_THAT(batches(rest_of(step, {})), ElementsAre(1, 8, 64));
  EXPECT_THAT(batches(rest_of(step, {"ok"})), ElementsAre(8, 64));
  EXPECT_THAT(batches(rest_of(step, {"ok", "meter_lost"})), ElementsAre(8, 64));
  EXPECT_THAT(batches(rest_of(step, {"meter_lost", "crashed", "ok"})), ElementsAre(1));
  EXPECT_THAT(batches(rest_of(step, {"ok", "ok", "unstable"})), IsEmpty());
  EXPECT_EQ(rest_of(step, {"ok"}).job, 7u);
}

}  // namespace
}  // namespace joulemark::campaign::team
