#include <gmock/gmock.h>

#include "analysis/testing/rows.hpp"

namespace joulemark::analysis {
namespace {

using testing::all_text;
using testing::column;
using ::testing::ElementsAre;
using testing::find;
using testing::find_left_out;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::row;

/// Three models of one setup, twelve of another that take half, and one of a third.
Input three_setups() {
  Input input{{}, "throughput"};
  for (int i = 0; i < 12; ++i)
    input.rows.push_back(row("m" + std::to_string(i), 0.01 * (i + 1), 70.0, "small"));
  for (int i = 0; i < 3; ++i)
    input.rows.push_back(row("m" + std::to_string(i), 0.2 * (i + 1), {}, "large"));
  input.rows.push_back(row("m0", 1.0, 70.0, "alone"));
  return input;
}

TEST(Energies, AreThoseOfEverySetupThatHasThree) {
  const auto o = energies(three_setups());
  ASSERT_TRUE(o) << o.error().message();
  EXPECT_EQ(o->n, 15U);
  EXPECT_EQ(o->setup, "");
  const Value* middle = find(*o, "median_joules", "small");
  ASSERT_NE(middle, nullptr);
  EXPECT_DOUBLE_EQ(middle->value, 0.065);
  ASSERT_TRUE(middle->ci95);
  EXPECT_LT(middle->ci95->low, middle->value);
  EXPECT_DOUBLE_EQ(find(*o, "median_joules", "large")->value, 0.4);
  EXPECT_EQ(find(*o, "median_joules", "large")->no_interval, kFewerThanSix);
  EXPECT_DOUBLE_EQ(find(*o, "least_joules", "small")->value, 0.01);
  EXPECT_DOUBLE_EQ(find(*o, "most_joules", "large")->value, 0.6);
  EXPECT_GT(find(*o, "most_joules", "large")->ci95->high, 0.6);
  EXPECT_EQ(find(*o, "median_joules", "alone"), nullptr);
  EXPECT_THAT(find_left_out(*o, "few_models")->which, ElementsAre("m0"));
  EXPECT_THAT(o->sentences,
              ElementsAre(HasSubstr("On small, 12 models take from 10.0 mJ per image (m0) to 120 "
                                    "mJ (m11); the median is 65.0 mJ (95 %:"),
                          HasSubstr("the median is 400 mJ (fewer than six values)")));
  EXPECT_THAT(all_text(o->caveats), HasSubstr("not measured the same models"));
}

TEST(Energies, AreARowForEachAndAMarkForEachAndTheMedians) {
  const auto o = energies(three_setups());
  ASSERT_TRUE(o);
  ASSERT_EQ(o->rows.size(), 15U);
  EXPECT_EQ(column(*o, "setup").front(), Cell("small"));
  EXPECT_EQ(column(*o, "setup").back(), Cell("large"));
  ASSERT_EQ(o->figures.size(), 1U);
  const figure::Figure& f = o->figures.front();
  EXPECT_TRUE(figure::check(f));
  EXPECT_THAT(f.y.categories, ElementsAre("small (n = 12)", "large (n = 3)"));
  EXPECT_EQ(f.marks.size(), 15U + 2U);
  EXPECT_EQ(f.marks[12].name, "median");
  EXPECT_EQ(f.marks[12].x, find(*o, "median_joules", "small")->value);
}

TEST(Energies, OfOneSetupHaveNoCaveatAboutOthers) {
  Input input = three_setups();
  std::erase_if(input.rows, [](const Row& r) { return r.setup != "small"; });
  const auto o = energies(input);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->n, 12U);
  EXPECT_THAT(o->left_out, IsEmpty());
  EXPECT_THAT(all_text(o->caveats), ::testing::Not(HasSubstr("same models")));
}

}  // namespace
}  // namespace joulemark::analysis
