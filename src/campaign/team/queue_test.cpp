#include "campaign/team/queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulemark::campaign::team {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(Queue, GivesEachJobOnceInItsOrder) {
  Queue queue(3);
  EXPECT_THAT(queue.take(), Optional(0u));
  EXPECT_THAT(queue.take(), Optional(1u));
  EXPECT_FALSE(queue.empty());
  EXPECT_THAT(queue.take(), Optional(2u));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take(), std::nullopt);
  EXPECT_EQ(Queue(0).take(), std::nullopt);
}

TEST(Queue, WhatComesBackIsNextAndASecondTimeIsGivenUp) {
  Queue queue(3);
  queue.take();
  queue.take();
  EXPECT_TRUE(queue.give_back(0));
  EXPECT_THAT(queue.take(), Optional(0u));
  EXPECT_TRUE(queue.give_back(1)) << "each has its own second time";
  EXPECT_FALSE(queue.give_back(0));
  EXPECT_THAT(queue.take(), Optional(1u));
  EXPECT_THAT(queue.take(), Optional(2u));
  EXPECT_TRUE(queue.empty());
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
