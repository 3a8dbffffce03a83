#include "analysis/figures.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "analysis/testing/rows.hpp"

/// Figures show what the rows and values of their outcomes say.
namespace joulemark::analysis {
namespace {

using figure::Figure;
using figure::Mark;
using figure::Weight;
using testing::column;
using testing::counted;
using ::testing::ElementsAre;
using testing::find;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ran;
using testing::repeated;
using testing::row;
using testing::sizes_of;

const Figure& part(const Outcome& o, const std::string& name) {
  static const Figure kNone;
  const auto found = std::ranges::find(o.figures, name, &Figure::part);
  return found == o.figures.end() ? kNone : *found;
}

const Mark& mark(const Figure& f, const std::string& name) {
  static const Mark kNone;
  const auto found = std::ranges::find(f.marks, name, &Mark::name);
  return found == f.marks.end() ? kNone : *found;
}

std::string all_notes(const Figure& f) { return testing::all_text(f.notes); }

double number(const Cell& cell) { return std::get<double>(cell); }

TEST(BeginFigure, SaysOfWhatItIs) {
  std::vector<Row> rows = {row("a", 1.0), row("b", 2.0), row("c", 3.0)};
  rows[1].measured_at = "2026-11-05T10:00:00Z";
  Outcome o;
  o.n = 3;
  o.setup = "gpu";
  o.policy = "throughput";
  o.left_out = {{"failed", "not measured", {"x", "y"}}};
  const Figure f = begin_figure(o, {rows.data(), &rows[1], &rows[2]}, "Title");
  EXPECT_EQ(f.title, "Title");
  EXPECT_EQ(f.subtitle, "n = 3 models, policy throughput, setup gpu");
  EXPECT_THAT(f.notes, ElementsAre("Energies: Joulemark, measured from 2026-11-01 to 2026-11-05.",
                                   "Left out: 2 (not measured)."));
  EXPECT_EQ(begin_figure(o, {}, "", "n = 7 runs").subtitle,
            "n = 7 runs, policy throughput, setup gpu");
}

TEST(BeginFigure, SaysWhereEnergiesComeFrom) {
  std::vector<Row> rows = {row("a", 1.0), row("b", 2.0)};
  rows[1].origin = "estimated";
  EXPECT_EQ(begin_figure({}, {rows.data(), &rows[1]}, "").notes.front(),
            "Energies: Joulemark, estimated and measured on 2026-11-01.");
  rows[0].origin = rows[1].origin = "";
  rows[0].measured_at = rows[1].measured_at = "";
  EXPECT_EQ(begin_figure({}, {rows.data(), &rows[1]}, "").notes.front(),
            "Energies: Joulemark, of unknown origin.");
}

TEST(KindOf, IsOtherForWhatIsNotKnown) {
  Row r = row("a", 1.0);
  EXPECT_EQ(kinds().at(kind_of(r)), "other");
  for (const std::string& kind : kinds()) {
    r.kind = kind;
    EXPECT_EQ(kinds().at(kind_of(r)), kind);
  }
}

TEST(NameFarthest, NamesSixAtMost) {
  std::vector<Mark> marks(8);
  name_farthest(marks, {0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6});
  std::vector<bool> named;
  for (const Mark& m : marks) named.push_back(m.named);
  EXPECT_THAT(named, ElementsAre(false, true, false, true, true, true, true, true));
  marks.resize(2);
  name_farthest(marks, {0.0, 0.0});
}

TEST(FrontierFigure, TellsStandingsApart) {
  const Outcome o = ran(frontier, {row("a", 0.0100, 70.0), row("b", 0.0101, 69.0),
                                   row("c", 0.0101, 71.0), row("poor", 0.05, 60.0)});
  const Figure& f = part(o, "");
  ASSERT_EQ(f.marks.size(), o.rows.size());
  for (std::size_t i = 0; i < o.rows.size(); ++i) {
    const Mark& m = mark(f, std::get<std::string>(column(o, "model")[i]));
    EXPECT_EQ(m.x, number(column(o, "energy_j_per_image")[i]));
    EXPECT_EQ(m.y, number(column(o, "imagenet_top1")[i]));
    const double rel = number(column(o, "energy_rel")[i]);
    EXPECT_DOUBLE_EQ(m.x_range->high, m.x * std::exp(rel));
    EXPECT_DOUBLE_EQ(m.x_range->low, m.x * std::exp(-rel));
  }
  EXPECT_TRUE(mark(f, "a").hollow && mark(f, "a").named);  // uncertain member
  EXPECT_TRUE(mark(f, "b").hollow);                        // possible member
  EXPECT_FALSE(mark(f, "c").hollow);                       // member
  EXPECT_EQ(mark(f, "poor").weight, Weight::faint);
  EXPECT_FALSE(mark(f, "poor").named);
}

TEST(FrontierFigure, StepsFromMemberToMember) {
  const Outcome o = ran(frontier, {row("dear", 0.1, 85.0), row("cheap", 0.01, 70.0),
                                   row("poor", 0.05, 69.0), row("middle", 0.03, 80.0)});
  ASSERT_EQ(part(o, "").lines.size(), 1U);
  const figure::Line& line = part(o, "").lines.front();
  EXPECT_TRUE(line.steps);
  std::vector<double> accuracies;
  for (const figure::Place& p : line.places) accuracies.push_back(p.y);
  EXPECT_THAT(accuracies, ElementsAre(70.0, 80.0, 85.0));
}

TEST(ReturnsFigures, ShowMembersFormsAndPrices) {
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) {
    const double bend = i % 2 == 0 ? 1.02 : 0.98;
    rows.push_back(row("m" + std::to_string(i), 0.01 * std::pow(1.5, i) * bend, 70.0 + i));
  }
  rows.push_back(row("dominated", 9.0, 60.0));
  const Outcome o = ran(returns, rows);
  const Figure& f = part(o, "");
  EXPECT_EQ(f.marks.size(), 12U);
  ASSERT_EQ(f.lines.size(), 2U);
  for (const figure::Line& line : f.lines) {
    EXPECT_EQ(line.places.front().x, 70.0);
    EXPECT_GT(line.places.size(), 20U);
  }
  const Figure& prices = part(o, "point");
  ASSERT_EQ(prices.marks.size(), 11U);
  const Value* price = find(o, "marginal_joules", "74 % -> 75 %");
  EXPECT_EQ(prices.marks[4].x, 75.0);
  EXPECT_EQ(prices.marks[4].y, price->value);
  EXPECT_EQ(prices.marks[4].y_range->low, price->ci95->low);
}

TEST(ReturnsFigures, OfFewMembersHaveNoForm) {
  const Outcome o = ran(returns, {row("a", 0.01, 70.0), row("b", 0.02, 70.5)});
  EXPECT_THAT(part(o, "").lines, IsEmpty());
  EXPECT_EQ(part(o, "").marks.size(), 2U);
  EXPECT_EQ(o.figures.size(), 1U);  // both reach the same whole percent: nothing has a price
}

TEST(DriversFigures, HaveTheLineWhoseSlopeIsTheExponent) {
  const Outcome o = ran(drivers, counted(20));
  ASSERT_EQ(o.figures.size(), 3U);
  const Figure& f = part(o, "gmacs");
  EXPECT_EQ(f.marks.size(), o.n);
  const auto& [a, b] = std::pair(f.lines.front().places.front(), f.lines.front().places.back());
  EXPECT_NEAR(std::log(b.y / a.y) / std::log(b.x / a.x), find(o, "exponent", "gmacs")->value, 1e-9);
  EXPECT_THAT(f.subtitle, HasSubstr("Spearman 1.00 (95 %: 1.00 to 1.00)"));
  EXPECT_THAT(f.subtitle, HasSubstr("exponent 0.800"));
  EXPECT_EQ(part(o, "parameters").marks.size(), o.n);
}

TEST(BatchFigure, MarksWhereTheGainIsNearlyReached) {
  std::vector<Row> rows = sizes_of("s", {{1, 0.10}, {8, 0.03}, {32, 0.021}, {64, 0.02}});
  for (const Row& r : sizes_of("none", {{1, 0.10}, {8, 0.10}, {32, 0.1001}})) rows.push_back(r);
  const Outcome o = ran(batch, rows);
  const Figure& f = part(o, "");
  EXPECT_EQ(f.marks.size(), 7U);
  EXPECT_EQ(f.lines.size(), 2U);
  std::vector<double> strong;
  for (const Mark& m : f.marks) {
    if (m.weight == Weight::strong) strong.push_back(m.x);
  }
  EXPECT_THAT(strong, ElementsAre(find(o, "batch_90", "s")->value));
  ASSERT_EQ(f.references.size(), 1U);
  EXPECT_EQ(f.references.front().value, find(o, "median_batch_90")->value);
}

TEST(RuntimesFigure, HasARowForEachComparison) {
  std::vector<Row> rows;
  for (int i = 0; i < 4; ++i) {
    const std::string model = "m" + std::to_string(i);
    rows.push_back(row(model, 0.10 + 0.01 * i, {}, "slow"));
    rows.push_back(row(model, 0.05 + 0.01 * i, {}, "fast"));
  }
  const Outcome o = ran(runtimes, rows);
  const Figure& f = part(o, "");
  EXPECT_THAT(f.y.categories, ElementsAre("from slow to fast (n = 4)"));
  ASSERT_EQ(f.marks.size(), 5U);
  EXPECT_EQ(mark(f, "m2").x, number(column(o, "ratio")[2]));
  EXPECT_TRUE(mark(f, "m0").named && mark(f, "m3").named && !mark(f, "m1").named);
  const Value* mean = find(o, "geometric_mean_ratio", "slow -> fast");
  EXPECT_EQ(mark(f, "geometric mean").x, mean->value);
  EXPECT_EQ(mark(f, "geometric mean").x_range->high, mean->ci95->high);
}

TEST(QualityFigures, ShowRepeatsAndDrift) {
  const Outcome o = ran(quality, repeated({1.0, 1.01, 1.02, 1.01}));
  const Figure& repeats = part(o, "repeats");
  EXPECT_THAT(repeats.y.categories, ElementsAre("throughput"));
  EXPECT_DOUBLE_EQ(mark(repeats, "a").x, 100.0 * number(column(o, "deviation_rel")[0]));
  const Value* pooled = find(o, "repeat_deviation", "throughput");
  EXPECT_DOUBLE_EQ(mark(repeats, "throughput, all").x, 100.0 * pooled->value);
  EXPECT_DOUBLE_EQ(mark(repeats, "throughput, all").x_range->low, 100.0 * pooled->ci95->low);
  const Figure& drift = part(o, "drift");
  ASSERT_EQ(drift.marks.size(), 4U);
  EXPECT_DOUBLE_EQ(drift.marks[3].x, 3.0);
  EXPECT_EQ(drift.marks[2].y, 1.02);
  const figure::Line& line = drift.lines.front();
  const double slope = std::log(line.places.back().y / line.places.front().y) / 3.0;
  EXPECT_NEAR(slope, find(o, "sentinel_drift_per_hour", "a throughput")->value, 1e-9);
}

TEST(PredictionFigure, IsOfTheRows) {
  std::vector<Row> rows = counted(40);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].family = "f" + std::to_string(i % 8);
    rows[i].activations_m = 3.0 + static_cast<double>(i % 5);
    *rows[i].energy_j_per_image *= i % 2 == 0 ? 1.1 : 0.9;
  }
  const Outcome o = ran(prediction, rows);
  const Figure& f = part(o, "");
  ASSERT_EQ(f.marks.size(), o.rows.size());
  EXPECT_EQ(f.marks[5].x, number(column(o, "predicted_j_per_image")[5]));
  EXPECT_EQ(f.marks[5].y, number(column(o, "energy_j_per_image")[5]));
  const auto& slice = f.bands.front().slices.front();
  EXPECT_DOUBLE_EQ(slice.y.high / slice.x, find(o, "times_90", "counts, by family")->value);
  EXPECT_THAT(f.subtitle, HasSubstr("predicted from counts alone"));
  EXPECT_THAT(all_notes(f), HasSubstr("Bars: 95 % intervals"));
}

TEST(Figures, AreNotDrawnOfTooFew) {
  for (const Analysis& a : analyses()) {
    EXPECT_THAT(ran(a.run, {row("a", 0.01, 70.0)}).figures, IsEmpty()) << a.name;
  }
}

}  // namespace
}  // namespace joulemark::analysis
