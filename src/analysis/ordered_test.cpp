#include "analysis/ordered.hpp"

#include <gmock/gmock.h>

#include "analysis/correlation.hpp"

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
    std::vector<double> times(kValues.size(), 0.0), of_each(kValues.size());
    for (const std::size_t i : drawn) times[i] += 1.0;
    ordered.ranks_of(times, of_each);
    EXPECT_EQ(taken(of_each, drawn), ranks(taken(kValues, drawn)));
  }
}

}  // namespace
}  // namespace joulemark::analysis
