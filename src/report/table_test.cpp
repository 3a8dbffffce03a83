#include "report/table.hpp"

#include <gmock/gmock.h>

namespace joulemark::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

store::Record measured(const std::string& model, double joules) {
  store::Record r;
  r.model = model;
  r.status = "ok";
  r.policy = "batch_1";
  r.batch = 1;
  r.energy_j_per_image = joules;
  r.ci95_rel = 0.004;
  r.images_per_s = 123.4;
  return r;
}

TEST(Si, KeepsThreeDigitsAndChoosesThePrefixByWhatIsPrinted) {
  EXPECT_EQ(si(0.0123, "J"), "12.3 mJ");
  EXPECT_EQ(si(1.234, "J"), "1.23 J");
  EXPECT_EQ(si(700.0, "W"), "700 W");
  EXPECT_EQ(si(0.99996, "J"), "1.00 J");
  EXPECT_EQ(si(9.996, "J"), "10.0 J");
  EXPECT_EQ(si(5.5e-6, "J"), "5.50 µJ");
  EXPECT_EQ(si(1234567.0, "J"), "1.23 MJ");
  EXPECT_EQ(si(-0.25, "J"), "-250 mJ");
  EXPECT_EQ(si(0.0, "J"), "0 J");
  EXPECT_EQ(si(1e-15, "J"), "0.00 nJ");
}

TEST(Percent, NeverClaimsZero) {
  EXPECT_EQ(percent(0.004), "0.4 %");
  EXPECT_EQ(percent(0.0001), "< 0.1 %");
  EXPECT_EQ(percent(0.25), "25.0 %");
}

TEST(WithInterval, LeavesAnUnknownIntervalOut) {
  EXPECT_EQ(with_interval(0.0123, 0.004), "12.3 mJ ± 0.4 %");
  EXPECT_EQ(with_interval(0.0123, std::nullopt), "12.3 mJ");
}

TEST(Ranked, LeastEnergyFirstAndFailuresLast) {
  store::Record failed;
  failed.model = "failed";
  failed.status = "crashed";
  const std::vector<store::Record> in = {failed, measured("large", 2.0), measured("small", 0.1)};
  std::vector<std::string> names;
  for (const auto& r : ranked(in)) names.push_back(r.model);
  EXPECT_THAT(names, ElementsAre("small", "large", "failed"));
}

TEST(TextTable, AlignsByCodePoint) {
  const TextTable table{{"a", "b", "c"}, {{"±", "22", "x"}, {"aa", "1", "y"}}, {false, true}};
  EXPECT_EQ(table.render(),
            "a    b  c\n"
            "±   22  x\n"
            "aa   1  y\n");
}

TEST(RankedTable, ShowsUnitsIntervalsAndFlagsInWords) {
  auto r = measured("resnet18", 0.0123);
  r.flags = {"weights_random", "a_flag_of_tomorrow"};
  r.power_w = 61.5;
  const std::string text = ranked_table(std::vector{r});
  EXPECT_THAT(text, HasSubstr("12.3 mJ"));
  EXPECT_THAT(text, HasSubstr("± 0.4 %"));
  EXPECT_THAT(text, HasSubstr("61.5 W"));
  EXPECT_THAT(text, HasSubstr("random weights; a_flag_of_tomorrow"));
  EXPECT_THAT(text, Not(HasSubstr("Not measured")));
}

TEST(RankedTable, SaysOnceWhatAllRowsShareAndKeepsTheSystematicTermInSight) {
  auto a = measured("a", 0.1);
  auto b = measured("b", 0.2);
  a.flags = {"estimated", "drifted"};
  b.flags = {"estimated"};
  a.systematic_rel = b.systematic_rel = 0.5;
  const std::string text = ranked_table(std::vector{a, b});
  EXPECT_THAT(text, HasSubstr("± 50.0 %"));
  EXPECT_THAT(text, HasSubstr("All rows: estimated, not measured\n"));
  EXPECT_THAT(text, HasSubstr("drifted while measured\n"));
  EXPECT_EQ(text.find("estimated"), text.rfind("estimated"));
}

TEST(OneLine, DoesNotPassAnEstimateForAMeasurement) {
  auto r = measured("a", 0.1);
  r.scope = "gpu_board";
  EXPECT_THAT(one_line(r), HasSubstr("100 mJ ± 0.4 % per image, 123 images/s"));
  r.scope = "cpu_estimate";
  EXPECT_THAT(one_line(r), HasSubstr("100 mJ ± 0.4 % per image (estimated), 123 images/s"));
  r.scope = "simulated";
  EXPECT_THAT(one_line(r), HasSubstr("per image (simulated)"));
}

TEST(OneLine, SaysWhatMakesTheRowOfNoUse) {
  auto r = measured("a", 0.1);
  r.flags = {"drifted", "busy_host", "not_steady"};
  EXPECT_THAT(one_line(r), HasSubstr("123 images/s; disturbed: others used the host; not steady"));
  r.flags = {"drifted"};
  EXPECT_THAT(one_line(r), Not(HasSubstr("disturbed")));
}

TEST(RankedTable, SaysWhyARowFailed) {
  store::Record failed;
  failed.model = "vit";
  failed.policy = "throughput";
  failed.status = "out_of_memory";
  failed.message = "batch 64 does not fit";
  const std::string text = ranked_table(std::vector{failed});
  EXPECT_THAT(text, HasSubstr("Not measured:\n  vit, batch throughput: out_of_memory: batch 64"));
  EXPECT_THAT(text, Not(HasSubstr("J/image")));
}

TEST(RankedTable, IsEmptyWithoutRecords) { EXPECT_THAT(ranked_table({}), IsEmpty()); }

}  // namespace
}  // namespace joulemark::report
