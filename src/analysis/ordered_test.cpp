#include "analysis/ordered.hpp"

#include <gmock/gmock.h>

#include "analysis/correlation.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

using Drawn = std::vector<std::size_t>;

const std::vector<double> kValues = {3.0, -1.0, 3.0, 7.5, 0.0, -1.0, 2.0};
const std::vector<Drawn> kDraws = {
    {0, 1, 2, 3, 4, 5, 6}, {6, 6, 6, 0, 2, 4, 3}, {1, 5, 1, 0}, {3, 3, 3}, {4}};

std::vector<double> taken(const std::vector<double>& values, const Drawn& drawn) {
  std::vector<double> out;
  for (const std::size_t i : drawn) out.push_back(values[i]);
  return out;
}

TEST(Ordered, RanksDrawnValuesAsIfTheyWereSorted) {
  const Ordered ordered(kValues);
  for (const Drawn& drawn : kDraws) {
    EXPECT_EQ(ordered.ranks_of(drawn), ranks(taken(kValues, drawn)));
  }
}

TEST(Ordered, HasTheQuantilesOfDrawnValues) {
  const Ordered ordered(kValues);
  for (const Drawn& drawn : kDraws) {
    for (const double q : {0.0, 0.1, 0.5, 0.77, 1.0}) {
      EXPECT_EQ(ordered.quantile_of(drawn, q), quantile(taken(kValues, drawn), q)) << q;
    }
  }
}

}  // namespace
}  // namespace joulemark::analysis
