#include "report/html.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "report/picture.hpp"

namespace joulemark::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

store::Record measured(const std::string& architecture, const std::string& tag,
                       const std::string& policy, double joules) {
  store::Record r;
  r.run = "20261124T101512Z-" + architecture;
  r.model = architecture + "." + tag;
  r.architecture = architecture;
  r.input_size = "224x224";
  r.setup = "h200";
  r.device = "NVIDIA H200";
  r.runtime = "torch";
  r.meter = "nvml";
  r.scope = "gpu_board";
  r.policy = policy;
  r.batch = policy == "batch_1" ? 1 : 64;
  r.energy_j_per_image = joules;
  r.ci95_rel = 0.004;
  r.systematic_rel = 0.036;
  r.status = "ok";
  r.measured_at = "2026-11-24T10:15:12Z";
  return r;
}

std::vector<store::Record> sample() {
  store::Record failed = measured("mixer_b16_224", "goog_in21k_ft_in1k", "throughput", 0.1);
  failed.energy_j_per_image.reset();
  failed.status = "out_of_memory";
  failed.message = "batch 1 does not fit";
  return {measured("resnet50", "a1_in1k", "batch_1", 0.9),
          measured("resnet50", "a1_in1k", "throughput", 0.1),
          measured("resnet18", "a1_in1k", "throughput", 0.04), failed};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Html, RanksShowsAndListsFailures) {
  const std::string page = html(sample(), "Energy per image");
  const auto ranking = page.find("<h2>Ranking");
  ASSERT_NE(ranking, std::string::npos);
  EXPECT_LT(page.find("40.0 mJ", ranking), page.find("100 mJ", ranking));
  EXPECT_LT(page.find("100 mJ", ranking), page.find("900 mJ", ranking));
  EXPECT_THAT(page, AllOf(HasSubstr("± 0.4 %"), HasSubstr("NVIDIA H200"),
                          HasSubstr("2026-11-24 10:15 UTC"), HasSubstr("71.5 %")));
  const auto failures = page.find("Not measured");
  ASSERT_NE(failures, std::string::npos);
  EXPECT_NE(page.find("batch 1 does not fit", failures), std::string::npos);
}

TEST(Html, LoadsNothingAndRunsNothing) {
  const std::string page = html(sample(), "t");
  EXPECT_FALSE(std::regex_search(page, std::regex(R"((src|href)\s*=|<script|url\(|@import)")));
}

TEST(Html, WhatIsNotOursIsText) {
  auto records = sample();
  const std::string evil = "<script>alert(1)</script>\"'&";
  for (auto& r : records) {
    r.model = r.device = r.setup = r.message = r.run = r.runtime = r.policy = evil;
    r.input_size = r.measured_at = r.weights = r.scope = r.meter = evil;
    r.flags = {evil};
  }
  const std::string page = html(records, evil);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST(Html, APictureNeedsAPublishedAccuracyAtThisSize) {
  auto records = sample();
  EXPECT_THAT(html(records, "t"), HasSubstr("<svg viewBox"));
  for (auto& r : records) r.input_size = "64x64";
  const std::string page = html(records, "t");
  EXPECT_THAT(page, Not(HasSubstr("role=\"img\"")));
  EXPECT_THAT(page, HasSubstr("no accuracy is published for them: resnet18.a1_in1k at 64x64"));
}

TEST(Html, SaysWhichWeightsAnAccuracyBelongsTo) {
  EXPECT_THAT(html(sample(), "t"), Not(HasSubstr("of these weights none")));
  const std::vector<store::Record> mine = {measured("resnet18", "mine", "batch_1", 0.1)};
  EXPECT_THAT(html(mine, "t"), HasSubstr("of a1_in1k; of these weights none is published"));
}

TEST(Html, WarnsOfWhatWasNotMeasured) {
  EXPECT_THAT(html(sample(), "t"), Not(HasSubstr("class=\"notice\"")));
  auto records = sample();
  records[0].scope = "cpu_estimate";
  EXPECT_THAT(html(records, "t"), HasSubstr("<b>Some of these joules were not measured.</b>"));
  for (auto& r : records) r.scope = "cpu_estimate";
  EXPECT_THAT(html(records, "t"),
              AllOf(HasSubstr("<b>None of these joules was measured.</b>"),
                    HasSubstr("Run on NVIDIA H200"), Not(HasSubstr("Measured on"))));
}

TEST(Html, ShowsTheSystematicTermBesideTheIntervalAndSharedRemarksOnce) {
  auto records = sample();
  for (auto& r : records) r.flags = {"weights_random"};
  records[0].flags.emplace_back("drifted");
  const std::string page = html(records, "t");
  EXPECT_THAT(page, AllOf(HasSubstr("systematic ± 3.6 %"), HasSubstr("All rows: random weights.")));
  EXPECT_EQ(count(page, "random weights"), 3u);  // above the table, and its explanation
  EXPECT_THAT(page, HasSubstr("<span>drifted while measured<code>"));
}

TEST(Html, OnePicturePerSetupOnTheSameAxes) {
  auto records = sample();
  records[2].setup = "another";
  const std::string page = html(records, "t");
  EXPECT_EQ(count(page, "<figure>"), 2u);
  EXPECT_THAT(page, HasSubstr("<span class=\"sub\">another</span>"));
}

TEST(Html, IsAPageWithoutRecordsToo) {
  EXPECT_THAT(html({}, "t"), AllOf(HasSubstr("no measurements yet"), HasSubstr("</html>")));
}

TEST(Html, ANegativeOrZeroEnergyHasNoPlaceOnALogarithm) {
  auto records = sample();
  records[0].energy_j_per_image = -0.001;
  records[1].energy_j_per_image = 0.0;
  const std::string page = html(records, "t");
  EXPECT_THAT(page, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf\""))));
}

TEST(Picture, DistinguishesPoliciesByShapeAndDescribesItself) {
  const std::vector<Point> points = {{"a", "1", "batch_1", 1.0, 70.0, 0.01, 0.04},
                                     {"a", "2", "throughput", 0.1, 70.0, 0.01, 0.04},
                                     {"b", "3", "min_energy", 0.2, 80.0, 0.0, 0.0}};
  const std::string svg = picture(points, axes_for(points), {800, 400, true}, "p");
  EXPECT_EQ(count(svg, "<circle"), 1u);
  EXPECT_EQ(count(svg, "class=\"mark full\""), 2u);
  EXPECT_EQ(count(svg, "class=\"bar ci\""), 2u);
  EXPECT_EQ(count(svg, "class=\"label\""), 2u);  // one name per model
  EXPECT_THAT(svg, AllOf(HasSubstr("aria-labelledby=\"p-title p-desc\""),
                         HasSubstr("Least energy: a with 100 mJ per image at 70.0 %")));
}

TEST(Axes, HoldAllPointsAndASinglePoint) {
  for (const double joules : {1e-9, 0.04, 3e5}) {
    const std::vector<Point> one = {{"a", "1", "batch_1", joules, 99.5, 0.0, 0.0}};
    const Axes axes = axes_for(one);
    EXPECT_LT(axes.least_joules, joules);
    EXPECT_GT(axes.most_joules, joules);
    EXPECT_LE(axes.most_top1, 100.0);
    EXPECT_GT(axes.most_top1 - axes.least_top1, 1.0);
    EXPECT_THAT(picture(one, axes, {360, 440, false}, "p"), Not(HasSubstr("nan")));
  }
}

TEST(Axes, NoBarLeavesThePicture) {
  for (const double total_rel : {0.04, 0.5, 1.2}) {
    const std::vector<Point> points = {{"a", "1", "batch_1", 1.0, 70.0, 0.01, total_rel},
                                       {"b", "2", "batch_1", 8.0, 80.0, 0.01, total_rel}};
    const Axes axes = axes_for(points);
    EXPECT_LT(axes.least_joules, std::max(1.0 - total_rel, 0.05));
    EXPECT_GT(axes.most_joules, 8.0 * (1.0 + total_rel));
  }
}

}  // namespace
}  // namespace joulemark::report
