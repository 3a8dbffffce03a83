#include "analysis/findings.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <nlohmann/json.hpp>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::dated;
using ::testing::HasSubstr;
using testing::inputs_of;
using testing::row;

Finding finding(const std::vector<Row>& rows, const std::string& name) {
  const auto all = findings({rows, "throughput"});
  EXPECT_TRUE(all) << all.error().message();
  const auto found = std::ranges::find(*all, name, &Finding::name);
  EXPECT_NE(found, all->end()) << name;
  return *found;
}
Verdict verdict(const std::vector<Row>& rows, const std::string& name) {
  const Finding f = finding(rows, name);
  EXPECT_FALSE(f.because.empty());
  EXPECT_FALSE(f.data.empty());
  return f.verdict;
}

/// A model at each half point of top-1 from 70 to 85 %, with this binary logarithm of its energy.
std::vector<Row> along(const std::function<double(double error)>& log2_joules) {
  std::vector<Row> rows;
  for (int i = 0; i <= 30; ++i) {
    const double top1 = 70.0 + 0.5 * i;
    const double wobble = i % 2 == 0 ? 0.01 : -0.01;
    rows.push_back(row("m" + std::to_string(100 + i),
                       std::exp2(log2_joules(1.0 - top1 / 100.0) + wobble), top1));
  }
  return rows;
}
std::vector<Row> power_law() {
  return along([](double error) { return -6.0 - 1.5 * std::log2(error - 0.12); });
}
std::vector<Row> double_exponential() {
  return along([](double error) { return -8.0 + 0.2 * std::exp(24.0 * (0.30 - error)); });
}

TEST(Findings, TellReturnsThatDiminish) {
  EXPECT_EQ(verdict(power_law(), "diminishing_returns"), Verdict::agrees);
  EXPECT_EQ(verdict(along([](double error) { return -20.0 * error; }), "diminishing_returns"),
            Verdict::open)
      << "every point costs the same";
  EXPECT_EQ(
      verdict(along([](double error) { return -30.0 * error * error; }), "diminishing_returns"),
      Verdict::differs)
      << "each point costs less than the one before";
}

TEST(Findings, TellTheTwoFormsApart) {
  EXPECT_EQ(verdict(double_exponential(), "double_exponential"), Verdict::agrees);
  EXPECT_EQ(verdict(power_law(), "double_exponential"), Verdict::differs);
  const Finding few = finding({row("a", 1.0, 70.0), row("b", 2.0, 71.0)}, "double_exponential");
  EXPECT_EQ(few.verdict, Verdict::open);
  EXPECT_THAT(few.data, HasSubstr("No form was fitted"));
}

/// Sixty models whose energy follows GMACs and activations with these weights.
std::vector<Row> driven(double by_gmacs, double by_activations) {
  std::vector<Row> rows;
  for (int i = 0; i < 60; ++i) {
    rows.push_back(row("m" + std::to_string(i), 1.0, 75.0));
    Row& r = rows.back();
    const double gmacs = 1.0 + i;
    const double activations = 1.0 + (i * 37) % 60;
    r.gmacs = gmacs;
    r.activations_m = activations;
    r.parameters_m = 1.0 + (i * 23) % 60;
    r.energy_j_per_image = std::pow(gmacs, by_gmacs) * std::pow(activations, by_activations);
  }
  return rows;
}

TEST(Findings, TellWhetherActivationsRankBetter) {
  EXPECT_EQ(verdict(driven(0.1, 1.0), "drivers"), Verdict::agrees);
  EXPECT_EQ(verdict(driven(1.0, 0.1), "drivers"), Verdict::differs);
  EXPECT_EQ(verdict(driven(1.0, 1.0), "drivers"), Verdict::open);
  EXPECT_THAT(finding(driven(0.1, 1.0), "drivers").data, HasSubstr("the paper's 0.657"));
}

std::vector<Row> sized(double power) {
  std::vector<Row> rows;
  for (int m = 0; m < 12; ++m) {
    std::vector<std::pair<int, double>> sides;
    for (const int side : {128, 192, 288}) {
      sides.emplace_back(side, 1e-6 * std::pow(side * side, power + 0.02 * (m % 3 - 1)));
    }
    const auto one = inputs_of("m" + std::to_string(m), sides);
    rows.insert(rows.end(), one.begin(), one.end());
  }
  return rows;
}

TEST(Findings, TellWhetherEnergyIsProportionalToPixels) {
  EXPECT_EQ(verdict(sized(1.0), "input_size"), Verdict::agrees);
  EXPECT_EQ(verdict(sized(1.05), "input_size"), Verdict::agrees) << "about proportional";
  EXPECT_EQ(verdict(sized(1.1), "input_size"), Verdict::open) << "across the bound";
  EXPECT_EQ(verdict(sized(1.3), "input_size"), Verdict::differs);
  EXPECT_EQ(verdict(sized(0.7), "input_size"), Verdict::differs);
  EXPECT_EQ(verdict(power_law(), "input_size"), Verdict::open) << "one size each";
}

std::vector<Row> yearly(double halvings_per_year) {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    rows.push_back(dated("m" + std::to_string(i), 0.64 * std::exp2(-halvings_per_year * i),
                         2014 + i, {{2014 + i, 80.5}}));
  }
  return rows;
}

TEST(Findings, TellProgress) {
  const Finding falls = finding(yearly(0.5), "progress");
  EXPECT_EQ(falls.verdict, Verdict::agrees);
  EXPECT_THAT(falls.data, HasSubstr("with at least 80 % top-1 every 2.00"));
  EXPECT_NE(verdict(yearly(0.0), "progress"), Verdict::agrees);
}

std::vector<Row> compiled(double times) {
  std::vector<Row> rows;
  for (int i = 0; i < 10; ++i) {
    const std::string model = "m" + std::to_string(i);
    Row eager = row(model, 0.01 * (i + 1), 75.0 + i, "a eager");
    eager.device = "GPU";
    eager.format = "torchscript";
    Row packed =
        row(model, times * 0.01 * (i + 1) * (i % 2 == 0 ? 1.02 : 0.98), 75.0 + i, "b packed");
    packed.device = "GPU";
    packed.format = "aoti";
    rows.push_back(eager);
    rows.push_back(packed);
  }
  return rows;
}

TEST(Findings, TellWhatCompilingSaves) {
  const Finding saves = finding(compiled(0.7), "runtimes");
  EXPECT_EQ(saves.verdict, Verdict::agrees);
  EXPECT_EQ(saves.n, 10U);
  EXPECT_THAT(saves.data, HasSubstr("take 0.700 (95 %"));
  EXPECT_EQ(verdict(compiled(1.4), "runtimes"), Verdict::differs);
  EXPECT_EQ(verdict(compiled(1.0), "runtimes"), Verdict::open);
  auto two_devices = compiled(0.7);
  for (Row& r : two_devices) r.device = r.format;
  EXPECT_EQ(verdict(two_devices, "runtimes"), Verdict::open) << "two devices say nothing of it";
}

TEST(Findings, OfFewSaySo) {
  const auto all = findings({power_law(), "throughput"});
  ASSERT_TRUE(all);
  for (const Finding& f : *all) {
    if (f.analysis != "returns") continue;
    ASSERT_FALSE(f.caveats.empty());
    EXPECT_THAT(f.caveats.front(), HasSubstr("Of few: 31 members"));
  }
}

TEST(Findings, ArePrintedAsAPageAndAsJson) {
  const auto all = findings({power_law(), "throughput"});
  const std::string page = to_markdown(*all);
  EXPECT_THAT(page, HasSubstr("## Diminishing returns"));
  EXPECT_THAT(page, HasSubstr("**These measurements agree: "));
  EXPECT_THAT(page, HasSubstr("**These measurements do not tell: "));
  EXPECT_THAT(page, HasSubstr("`joulemark analyse returns --setup gpu`"));
  const auto j = nlohmann::json::parse(to_json(*all));
  EXPECT_EQ(j["findings"].size(), all->size());
  EXPECT_EQ(j["findings"][0]["verdict"], "agrees");
}

TEST(Findings, OfNothingAreAnError) { EXPECT_FALSE(findings({{}, "throughput"})); }

}  // namespace
}  // namespace joulemark::analysis
