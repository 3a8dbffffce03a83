#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "analysis/correlation.hpp"
#include "analysis/fits.hpp"
#include "analysis/intervals.hpp"
#include "analysis/pareto.hpp"
#include "analysis/quantile_line.hpp"
#include "analysis/records.hpp"
#include "analysis/ridge.hpp"
#include "base/statistics.hpp"

/// Every statistic beside the same from SciPy and statsmodels: testing/expected.py made the values.
namespace joulemark::analysis {
namespace {

using nlohmann::json;
using Numbers = std::vector<double>;

const json& expected() {
  static const json kExpected = json::parse(std::ifstream(JOULEMARK_EXPECTED));
  return kExpected;
}

/// Equal but for rounding.
constexpr double kRounding = 1e-9;
/// Of minima, which double precision knows to half its digits.
constexpr double kMinimum = 2e-5;
/// Of losses that were looked for on two grids.
constexpr double kGridOfLosses = 1e-3;
/// Of ends of bootstrap intervals, relative to their width: 2,000 draws leave them open by 3 % (one
/// standard deviation; the density of a normal distribution at its 2.5 % is 0.058).
constexpr double kDrawn = 0.12;

Numbers logs(Numbers values) {
  for (double& v : values) v = std::log2(v);
  return values;
}

void expect_near(double got, const json& want, double relative) {
  const double value = want.get<double>();
  EXPECT_NEAR(got, value, relative * std::max(std::abs(value), 1e-300)) << want.dump();
}

void expect_drawn(const std::optional<Interval>& got, double low, double high) {
  ASSERT_TRUE(got);
  EXPECT_NEAR(got->low, low, kDrawn * (high - low));
  EXPECT_NEAR(got->high, high, kDrawn * (high - low));
}

void expect_correlation(Coefficient coefficient, const Numbers& x, const Numbers& y,
                        const json& want) {
  const std::vector<Numbers> xs = {x};
  const auto got = correlate_each(coefficient, xs, y).front();
  ASSERT_TRUE(got);
  expect_near(got->value, want["value"], kRounding);
  expect_drawn(got->ci95, want["low"], want["high"]);
}

TEST(Expected, Correlations) {
  for (const json& sample : expected()["correlations"]) {
    const Numbers x = sample["x"];
    const Numbers y = sample["y"];
    EXPECT_EQ(ranks(x), sample["ranks"].get<Numbers>());
    expect_correlation(pearson, x, y, sample["pearson"]);
    expect_correlation(pearson, logs(x), logs(y), sample["pearson_log"]);
    expect_correlation(spearman, x, y, sample["spearman"]);
  }
}

TEST(Expected, CorrelationAtEqual) {
  const json& want = expected()["partial"];
  const std::vector<Numbers> xs = {want["x"]};
  const auto got = correlate_each_given(xs, Numbers(want["y"]), Numbers(want["z"])).front();
  ASSERT_TRUE(got);
  expect_near(got->value, want["value"], kRounding);
  expect_drawn(got->ci95, want["low"], want["high"]);
}

TEST(Expected, LeastSquares) {
  for (const json& sample : expected()["correlations"]) {
    const json& want = sample["line"];
    const Numbers x = logs(sample["x"]);
    const auto line = fit_line(x, logs(sample["y"]));
    ASSERT_TRUE(line);
    expect_near(line->intercept, want["intercept"], kRounding);
    expect_near(line->slope, want["slope"], kRounding);
    expect_near(line->intercept_standard_error, want["intercept_standard_error"], kRounding);
    expect_near(line->slope_standard_error, want["slope_standard_error"], kRounding);
    expect_near(line->squares, want["squares"], kRounding);
    const double half =
        student_t_95(static_cast<double>(x.size()) - 2.0) * line->slope_standard_error;
    expect_near(line->slope - half, want["slope_low"], kRounding);
    expect_near(line->slope + half, want["slope_high"], kRounding);
  }
}

std::vector<Point> points_of(const json& j) {
  const Numbers errors = j["error"];
  const Numbers joules = j["joules"];
  std::vector<Point> points;
  for (std::size_t i = 0; i < errors.size(); ++i) points.push_back({errors[i], joules[i]});
  return points;
}

TEST(Expected, Forms) {
  for (const json& want : expected()["forms"]) {
    const auto got = fit_both(points_of(want["points"]));
    ASSERT_TRUE(got);
    expect_near(got->power.c, want["power"]["c"], kMinimum);
    expect_near(got->power.gamma, want["power"]["gamma"], kMinimum);
    expect_near(got->power.floor, want["power"]["floor"], kMinimum);
    expect_near(got->power.loss, want["power"]["squares"], kRounding);
    expect_near(got->exponential.c, want["exponential"]["c"], kMinimum);
    expect_near(got->exponential.a, want["exponential"]["a"], kMinimum);
    expect_near(got->exponential.b, want["exponential"]["b"], kMinimum);
    expect_near(got->exponential.loss, want["exponential"]["squares"], kRounding);
    expect_near(got->power_aicc, want["power_aicc"], kRounding);
    expect_near(got->exponential_aicc, want["exponential_aicc"], kRounding);
  }
}

/// Lines to rounding. The grid over the other parameter is finer there, and where it misses the
/// least loss, ours may be less; it may be no more.
TEST(Expected, Quantiles) {
  const auto points = points_of(expected()["forms"][1]["points"]);
  Numbers errors, log_joules;
  for (const Point& p : points) {
    errors.push_back(p.error);
    log_joules.push_back(std::log2(p.joules));
  }
  for (const json& want : expected()["quantiles"]) {
    const double q = want["q"];
    const auto line = fit_quantile_line(errors, log_joules, q);
    ASSERT_TRUE(line);
    expect_near(line->intercept, want["intercept"], kRounding);
    expect_near(line->slope, want["slope"], kRounding);
    expect_near(line->loss, want["loss"], kRounding);
    expect_near(floored_power_at(points, q)->loss, want["power_loss"], kGridOfLosses);
    expect_near(double_exponential_at(points, q)->loss, want["exponential_loss"], kGridOfLosses);
  }
}

TEST(Expected, IntervalOfAFittedParameter) {
  const auto got = fit_both(points_of(expected()["forms"][1]["points"]));
  ASSERT_TRUE(got);
  expect_drawn(got->gamma_ci95, expected()["gamma_interval"][0], expected()["gamma_interval"][1]);
}

TEST(Expected, Frontier) {
  const json& want = expected()["pareto"];
  std::vector<Candidate> candidates;
  for (const json& p : want["points"]) candidates.push_back({p[0], p[1], p[2]});
  const auto got = standings(candidates);
  ASSERT_TRUE(got);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    EXPECT_EQ(name((*got)[i]), want["standings"][i].get<std::string>()) << i;
  }
}

TEST(Expected, RecordsAndTheirTrend) {
  const json& want = expected()["records"];
  const json& made = want["entries"];
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < made["years"].size(); ++i) {
    entries.push_back({made["years"][i], made["prices"][i], made["groups"][i]});
  }
  const auto records = records_of(entries, want["last"]);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->first, want["first"].get<int>());
  ASSERT_EQ(records->holders.size(), want["records"].size());
  for (std::size_t i = 0; i < records->holders.size(); ++i) {
    EXPECT_EQ(entries[records->holders[i]].price, want["records"][i].get<double>());
  }
  const auto trend = trend_of(entries, want["last"]);
  ASSERT_TRUE(trend);
  expect_near(trend->slope, want["slope"], kRounding);
  expect_drawn(trend->ci95, want["low"], want["high"]);
  // Of 2,000 orders, three standard deviations of a share.
  ASSERT_TRUE(trend->by_chance);
  EXPECT_NEAR(*trend->by_chance, want["by_chance"].get<double>(), 3.0 * std::sqrt(0.25 / 2000.0));
}

TEST(Expected, GeometricMean) {
  const json& want = expected()["ratios"];
  const auto got = geometric_mean(want["ratios"].get<Numbers>());
  ASSERT_TRUE(got);
  expect_near(got->mean, want["mean"], kRounding);
  expect_near(got->spread, want["spread"], kRounding);
  expect_near(got->ci95.low, want["low"], kRounding);
  expect_near(got->ci95.high, want["high"], kRounding);
}

TEST(Expected, SlopeOfKnownValues) {
  const json& want = expected()["slope_of_known"];
  const auto got = slope_of_known(want["x"].get<Numbers>(), want["y"].get<Numbers>(),
                                  want["half"].get<Numbers>());
  ASSERT_TRUE(got);
  expect_near(got->value, want["value"], kRounding);
  expect_near(got->ci95.low, want["low"], kRounding);
  expect_near(got->ci95.high, want["high"], kRounding);
}

TEST(Expected, MedianOfValues) {
  for (const json& want : expected()["median"]) {
    const auto values = want["values"].get<Numbers>();
    const auto got = median(values);
    ASSERT_TRUE(got);
    expect_near(got->value, want["value"], kRounding);
    ASSERT_EQ(got->ci95.has_value(), want.contains("low")) << values.size();
    if (!got->ci95) continue;
    expect_near(got->ci95->low, want["low"], kRounding);
    expect_near(got->ci95->high, want["high"], kRounding);
  }
}

TEST(Expected, Shares) {
  for (const json& want : expected()["shares"]) {
    const Interval got = share_ci95(want["times"], want["of"]);
    EXPECT_NEAR(got.low, want["low"], kRounding);
    EXPECT_NEAR(got.high, want["high"], kRounding);
  }
}

TEST(Expected, Deviations) {
  for (const json& want : expected()["deviations"]) {
    const Interval got = deviation_ci95(want["squares"], want["degrees"]);
    expect_near(got.low, want["low"], kRounding);
    expect_near(got.high, want["high"], kRounding);
  }
}

TEST(Expected, Ridge) {
  for (const json& want : expected()["ridge"]) {
    const Features x = want["x"];
    const Numbers y = want["y"];
    const auto got = fit_ridge(x, y);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->penalty, want["penalty"].get<double>());
    expect_near(got->intercept, want["intercept"], kRounding);
    for (std::size_t i = 0; i < got->coefficients.size(); ++i) {
      expect_near(got->coefficients[i], want["coefficients"][i], kRounding);
    }
    const auto without =
        residuals_without_group(x, y, want["groups"].get<std::vector<std::string>>());
    ASSERT_EQ(without.size(), y.size());
    for (std::size_t i = 0; i < without.size(); ++i) {
      expect_near(without[i], want["without_group"][i], 1e-8);
    }
  }
}

}  // namespace
}  // namespace joulemark::analysis
