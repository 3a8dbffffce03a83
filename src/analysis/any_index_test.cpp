#include "analysis/any_index.hpp"

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

namespace joulemark::analysis {
namespace {

/// The last is so large that numbers are often next to the end of a share, or within what is left.
TEST(AnyIndex, IsThatOfBoost) {
  constexpr std::size_t kMany = (std::size_t{1} << 48) + 12'345;
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{10},
                              std::size_t{1023}, std::size_t{1024}, std::size_t{1600}, kMany}) {
    boost::random::mt19937_64 ours(n), theirs(n);
    const AnyIndex any(n);
    boost::random::uniform_int_distribution<std::size_t> expected(0, n - 1);
    for (int i = 0; i < 100'000; ++i) ASSERT_EQ(any(ours), expected(theirs)) << n << ", " << i;
  }
}

}  // namespace
}  // namespace joulemark::analysis
