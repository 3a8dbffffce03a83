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

/// Points with noise of their own, always the same.
std::vector<Point> scattered(std::size_t n) {
  std::vector<Point> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double error = 0.12 + 0.3 * static_cast<double>(i) / static_cast<double>(n);
    const double noise = std::sin(7.0 * static_cast<double>(i * i));
    out.push_back({error, std::exp2(-9.0 - 1.5 * std::log2(error - 0.09) + 0.4 * noise)});
  }
  return out;
}

std::vector<Point> taken(const std::vector<Point>& all, std::span<const std::size_t> indices) {
  std::vector<Point> out;
  for (const std::size_t i : indices) out.push_back(all[i]);
  return out;
}

void expect_near(const std::optional<Interval>& got, const Interval& want, double tolerance) {
  ASSERT_TRUE(got);
  EXPECT_NEAR(got->low, want.low, tolerance);
  EXPECT_NEAR(got->high, want.high, tolerance);
}

/// Draws are looked for from the fit of all points; here each as if nothing were known.
TEST(Fits, OfDrawsAreThoseThatASearchEverywhereFinds) {
  const std::vector<Point> all = scattered(14);
  const auto fits = fit_both(all);
  ASSERT_TRUE(fits);
  const auto alone = bootstrap(all.size(), [&](std::span<const std::size_t> indices) {
    const std::vector<Point> draw = taken(all, indices);
    const auto p = fit_floored_power(draw);
    const auto e = fit_double_exponential(draw);
    return p && e ? std::optional(std::vector{p->gamma, p->floor, e->b}) : std::nullopt;
  });
  ASSERT_EQ(alone.size(), 3U);
  expect_near(fits->gamma_ci95, alone[0], 1e-4);
  expect_near(fits->floor_ci95, alone[1], 1e-6);
  expect_near(fits->b_ci95, alone[2], 1e-4);
}

TEST(Fits, OfDrawsAtAQuantileAreThoseThatASearchEverywhereFinds) {
  const std::vector<Point> all = scattered(120);
  const auto fits = fit_both_at(all, 0.5, 0.20, 0.15);
  ASSERT_TRUE(fits);
  const auto alone = bootstrap(
      all.size(),
      [&](std::span<const std::size_t> indices) {
        const auto p = floored_power_at(taken(all, indices), 0.5);
        return p ? std::optional(std::vector{p->gamma, p->floor}) : std::nullopt;
      },
      kQuantileResamples);
  ASSERT_EQ(alone.size(), 2U);
  // Their search is a coarser one.
  expect_near(fits->gamma_ci95, alone[0], 0.01);
  expect_near(fits->floor_ci95, alone[1], 0.001);
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
