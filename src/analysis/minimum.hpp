#pragma once

#include <functional>

namespace joulemark::analysis {

/// How finely a minimum is looked for: on a grid of so many steps, then to so many bits by Brent's
/// method (Boost.Math) between the steps beside the best one.
struct Search {
  int grid;
  int bits;
};

using Loss = std::function<double(double)>;

/// Where a loss is least between two limits, and whether that is one of them.
struct Minimum {
  double at = 0.0;
  bool at_limit = false;
};

/// By a grid over all of [low, high].
Minimum minimise(const Loss& loss, double low, double high, const Search& search);

/// The same near `expected`: downhill from there in steps of the grid, until the loss rises on both
/// sides. Far fewer losses than a grid takes, where the place of the minimum is about known;
/// another minimum farther away would be missed (fits_test.cpp looks for some).
Minimum minimise_from(double expected, const Loss& loss, double low, double high,
                      const Search& search);

}  // namespace joulemark::analysis
