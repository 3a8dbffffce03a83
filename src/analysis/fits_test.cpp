#include "analysis/fits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace joulemark::analysis {
namespace {

constexpr double kErrors[] = {0.12, 0.13, 0.15, 0.18, 0.22, 0.27, 0.33, 0.40};

template <class F>
std::vector<Point> points(F log2_joules) {
  std::vector<Point> out;
  for (const double e : kErrors) out.push_back({e, std::exp2(log2_joules(e))});
  return out;
}

TEST(FlooredPower, RecoversWhatMadeThePoints) {
  const auto fit =
      fit_floored_power(points([](double e) { return -9.0 - 2.0 * std::log2(e - 0.1); }));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->c, -9.0, 1e-5);
  EXPECT_NEAR(fit->gamma, 2.0, 1e-5);
  EXPECT_NEAR(fit->floor, 0.1, 1e-6);
  EXPECT_FALSE(fit->at_limit);
  EXPECT_NEAR(fit->log2_joules(0.2), -9.0 - 2.0 * std::log2(0.1), 1e-4);
}

TEST(FlooredPower, SaysThatAPlainPowerLawHasNoFloor) {
  const auto fit =
      fit_floored_power(points([](double e) { return -9.0 - 2.0 * std::log2(e + 0.05); }));
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->floor, 0.0);
  EXPECT_TRUE(fit->at_limit);
}

TEST(DoubleExponential, RecoversWhatMadeThePoints) {
  const auto fit = fit_double_exponential(
      points([](double e) { return -6.0 + 5.0 * std::exp(8.0 * (0.12 - e)); }));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->c, -6.0, 1e-5);
  EXPECT_NEAR(fit->a, 5.0, 1e-5);
  EXPECT_NEAR(fit->b, 8.0, 1e-4);
  EXPECT_NEAR(fit->best, 0.88, 1e-12);
  EXPECT_FALSE(fit->at_limit);
  EXPECT_NEAR(fit->log2_joules(0.12), -1.0, 1e-5);
}

TEST(DoubleExponential, CannotTellAPlainOneFromItself) {
  const auto fit = fit_double_exponential(points([](double e) { return 3.0 - 20.0 * e; }));
  ASSERT_TRUE(fit);
  EXPECT_TRUE(fit->at_limit);
}

/// The unit of energy must not decide which form fits.
TEST(Fits, DoNotDependOnTheUnitOfEnergy) {
  std::vector<Point> joules = points([](double e) { return -9.0 - 2.0 * std::log2(e - 0.1); });
  for (std::size_t i = 0; i < joules.size(); ++i) joules[i].joules *= i % 2 == 0 ? 1.2 : 0.8;
  std::vector<Point> milli = joules;
  for (Point& p : milli) p.joules *= 1000.0;
  const auto a = fit_both(joules);
  const auto b = fit_both(milli);
  ASSERT_TRUE(a && b);
  EXPECT_NEAR(a->power.gamma, b->power.gamma, 1e-6);
  EXPECT_NEAR(a->exponential.b, b->exponential.b, 1e-6);
  EXPECT_NEAR(a->power_aicc, b->power_aicc, 1e-9);
  EXPECT_NEAR(a->exponential_aicc, b->exponential_aicc, 1e-9);
}

TEST(Fits, AreAbsentForPointsThatAreNotSound) {
  const auto sound = points([](double e) { return -std::log2(e); });
  EXPECT_TRUE(fit_floored_power(sound));
  for (const Point bad :
       {Point{0.0, 1.0}, Point{-0.1, 1.0}, Point{1.1, 1.0}, Point{0.2, 0.0}, Point{0.2, -1.0},
        Point{0.2, std::nan("")}, Point{std::nan(""), 1.0}, Point{0.2, HUGE_VAL}}) {
    auto with = sound;
    with.push_back(bad);
    EXPECT_FALSE(fit_floored_power(with)) << bad.error << " " << bad.joules;
    EXPECT_FALSE(fit_double_exponential(with)) << bad.error << " " << bad.joules;
  }
}

TEST(Fits, AreAbsentForTooFewOrEqualPoints) {
  const std::vector<Point> three = {{0.1, 3.0}, {0.2, 2.0}, {0.3, 1.0}};
  const std::vector<Point> equal(8, {0.2, 1.0});
  const std::vector<Point> two_errors = {{0.2, 1}, {0.2, 2}, {0.3, 1},
                                         {0.3, 2}, {0.3, 3}, {0.2, 3}};
  for (const auto& few : {three, equal, two_errors, std::vector<Point>{}}) {
    EXPECT_FALSE(fit_floored_power(few));
    EXPECT_FALSE(fit_double_exponential(few));
    EXPECT_FALSE(fit_both(few));
  }
  // Five have fits, and no criterion that could compare them.
  auto five = points([](double e) { return 1.0 - 3.0 * e + 9.0 * e * e; });
  five.resize(5);
  EXPECT_TRUE(fit_floored_power(five));
  EXPECT_FALSE(fit_both(five));
}

TEST(Aicc, IsAbsentWhereItHasNoMeaning) {
  EXPECT_TRUE(aicc(6, 1.0, 4));
  EXPECT_FALSE(aicc(5, 1.0, 4));
  EXPECT_FALSE(aicc(10, 0.0, 4));
  EXPECT_FALSE(aicc(10, std::nan(""), 4));
}

TEST(Aicc, PunishesParametersMoreWhereThereAreFewPoints) {
  const double few = *aicc(10, 1.0, 4) - *aicc(10, 1.0, 3);
  const double many = *aicc(1000, 1.0, 4) - *aicc(1000, 1.0, 3);
  EXPECT_GT(few, many);
  EXPECT_NEAR(many, 2.0, 0.05);
}

}  // namespace
}  // namespace joulemark::analysis
