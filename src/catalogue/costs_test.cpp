#include "catalogue/costs.hpp"

#include <gmock/gmock.h>

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Counted row(std::int64_t torch, double parameters, std::optional<double> gmacs,
            std::optional<double> activations) {
  return {torch, parameters, gmacs, activations};
}

TEST(ChooseCost, TakesTheNewestTables) {
  const auto chosen =
      choose_cost("a", 224, 25.56, {row(113, 25.56, 4.1, 11.0), row(291, 25.56, 4.11, 11.11)});
  ASSERT_TRUE(chosen.cost);
  EXPECT_EQ(chosen.cost->gmacs, 4.11);
  EXPECT_EQ(chosen.cost->activations_m, 11.11);
  EXPECT_EQ(chosen.cost->torch, 291);
  EXPECT_FALSE(chosen.other_network);
  EXPECT_THAT(chosen.disagreements,
              ElementsAre("gmacs 4.11; 4.1 with PyTorch release 113",
                          "activations_m 11.11; 11 with PyTorch release 113"));
}

TEST(ChooseCost, PrefersAnOlderTableThatCountedTheNetworkItself) {
  const auto chosen =
      choose_cost("repvgg", 224, 15.82, {row(291, 14.34, 3.06, 3.07), row(240, 15.82, 3.41, 6.15)});
  ASSERT_TRUE(chosen.cost);
  EXPECT_EQ(chosen.cost->gmacs, 3.41);
  EXPECT_EQ(chosen.cost->counted_parameters_m, 15.82);
  EXPECT_FALSE(chosen.other_network);
}

TEST(ChooseCost, SaysWhenOnlyAnotherNetworkWasCounted) {
  const auto chosen = choose_cost("tiny", 224, 5.39, {row(291, 12.08, 1.27, 9.25)});
  ASSERT_TRUE(chosen.cost);
  EXPECT_TRUE(chosen.other_network);
  EXPECT_EQ(chosen.cost->counted_parameters_m, 12.08);
  EXPECT_THAT(chosen.disagreements, IsEmpty());
}

TEST(ChooseCost, TakesWhatMostTablesOfARelease) {
  const auto chosen = choose_cost("v", 448, 631.67,
                                  {row(210, 631.67, 494.35, 290.02), row(291, 631.67, 544.7, 636.8),
                                   row(291, 631.67, 544.7, 636.8), row(291, 631.67, 1.0, 636.8)});
  ASSERT_TRUE(chosen.cost);
  EXPECT_EQ(chosen.cost->gmacs, 544.7);
  EXPECT_EQ(chosen.disagreements.front(),
            "gmacs 544.7; 1 with PyTorch release 291; 494.35 with PyTorch release 210");
}

TEST(ChooseCost, IsAbsentWhereNothingWasCounted) {
  EXPECT_FALSE(choose_cost("a", 224, 1.0, {}).cost);
  EXPECT_FALSE(choose_cost("a", 224, 1.0, {row(221, 1.0, std::nullopt, std::nullopt)}).cost);
  EXPECT_FALSE(choose_cost("a", 224, 1.0, {row(221, 1.0, 2.0, std::nullopt)}).cost);
}

}  // namespace
}  // namespace joulemark::catalogue
