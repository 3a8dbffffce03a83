#include "catalogue/costs.hpp"

#include <gmock/gmock.h>

namespace joulemark::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Counted row(std::int64_t torch, double parameters, std::optional<double> gmacs,
            std::optional<double> activations) {
  return {torch, parameters, gmacs, activations, 100.0, {}};
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

Counted run(std::int64_t torch, double images_per_s, std::optional<std::size_t> benchmark) {
  return {torch, 1.0, {}, {}, images_per_s, benchmark};
}

TEST(ChooseSpeed, TakesTheNewestPyTorchOfEachMachine) {
  const auto speed =
      choose_speed("a", 224, {run(240, 500.0, 0), run(210, 450.0, 0), run(291, 900.0, 5)});
  ASSERT_TRUE(speed);
  EXPECT_EQ(speed->size, 224);
  EXPECT_EQ(speed->images_per_s[0], 500.0);
  EXPECT_EQ(speed->images_per_s[5], 900.0);
  EXPECT_EQ(speed->images_per_s[1], std::nullopt);
}

TEST(ChooseSpeed, IsAbsentWhereNoneOfThemRanIt) {
  EXPECT_FALSE(choose_speed("a", 224, {}));
  EXPECT_FALSE(choose_speed("a", 224, {run(221, 3.0, std::nullopt)})) << "a CPU";
}

TEST(Benchmarks, AreKnownByTheNamesOfTheirFiles) {
  const auto column = [](const char* file) {
    const auto place = benchmark_of(file);
    return place ? benchmarks()[*place].column : "none";
  };
  EXPECT_EQ(column("benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv"), "rtx3090_nhwc");
  EXPECT_EQ(column("benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv"), "rtx4090_nchw");
  EXPECT_EQ(column("benchmark-infer-amp-nchw-pt291-cu128-4090.csv"), "rtx4090_nchw");
  EXPECT_EQ(column("benchmark-infer-amp-nchw-pt291-cu128-4090-dynamo.csv"),
            "rtx4090_nchw_compiled");
  EXPECT_EQ(column("benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq-dynamo.csv"),
            "pro6000_nchw_compiled");
  for (const char* other : {"benchmark-infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv",
                            "benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv",
                            "benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv"}) {
    EXPECT_EQ(column(other), "none") << other;
  }
}

}  // namespace
}  // namespace joulemark::catalogue
