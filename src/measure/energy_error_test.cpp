// The whole path from power to a record against energies known in closed form: ten loads, four
// sensors, several step times. bench/energy prints the same numbers as a table.

#include "measure/testing/energy_error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace joulemark::measure::energy_error {
namespace {

using namespace std::chrono_literals;

constexpr double kAllowed = 0.005;
constexpr int kPhases = 16;
/// Windows of many steps, of some steps, and of few.
constexpr Nanoseconds kSteps[] = {2ms, 20ms, 150ms};

Result<std::vector<Cell>> measure_all() {
  std::vector<Cell> cells;
  for (const Nanoseconds step : kSteps) {
    for (const Sensor& sensor : sensors()) {
      for (const Load& load : loads()) {
        auto cell = measure_cell(load, sensor, step, kPhases);
        if (!cell) return tl::unexpected(cell.error());
        cells.push_back(std::move(*cell));
      }
    }
  }
  return cells;
}

void for_every_cell(const std::function<void(const Cell&)>& check) {
  static const auto cells = measure_all();
  ASSERT_TRUE(cells) << cells.error().message();
  ASSERT_EQ(cells->size(), 3u * 4u * 10u);
  for (const Cell& cell : *cells) {
    SCOPED_TRACE(testing::Message() << cell.load->name << " seen by " << cell.sensor->name
                                    << ", steps of " << seconds(cell.step) << " s");
    check(cell);
  }
}

const Load& flat_load() {
  return *std::find_if(loads().begin(), loads().end(),
                       [](const Load& l) { return l.name == "flat"; });
}

TEST(EnergyError, WhatASensorResolvesIsMeasuredWithinHalfAPercent) {
  for_every_cell([](const Cell& cell) {
    if (cell.resolved(kAllowed)) {
      EXPECT_LE(std::abs(cell.worst().error()), kAllowed);
    }
  });
}

TEST(EnergyError, LittleIsAddedToTheErrorOfASensorThatMissesTheLoad) {
  for_every_cell([](const Cell& cell) { EXPECT_LE(cell.worst_method_error(), kAllowed); });
}

TEST(EnergyError, TheStatedUncertaintyHoldsTheTruthAsOftenAsItSays) {
  for_every_cell([](const Cell& cell) {
    if (cell.resolved(kAllowed)) {
      EXPECT_GE(cell.covered_share(), 0.95);
    }
  });
}

// So that the tests above are about something: which cells they leave out is known.
TEST(EnergyError, OnlySensorsThatSampleMissALoadAndOnlyAFastOne) {
  for_every_cell([](const Cell& cell) {
    const bool samples = cell.sensor->sampling() > 0ns;
    const bool fast = cell.load->period > 0ns && cell.load->period <= 500ms;
    if (!samples || !fast) {
      EXPECT_TRUE(cell.resolved(kAllowed));
    } else if (cell.load->period <= 100ms) {
      EXPECT_FALSE(cell.resolved(kAllowed));
      EXPECT_GT(std::abs(cell.worst().error()), 0.05);
    }
  });
}

TEST(EnergyError, TheTruthIsPowerTimesTimePerImage) {
  for (const Sensor& sensor : sensors()) {
    const auto flat = measure_once(flat_load(), sensor, 2ms, 0);
    ASSERT_TRUE(flat) << flat.error().message();
    EXPECT_NEAR(flat->truth, 300.0 * 0.002, 1e-9) << sensor.name;
    EXPECT_NEAR(flat->measured, 300.0 * 0.002, 300.0 * 0.002 * 0.002) << sensor.name;
  }
}

TEST(EnergyError, IsRelativeToTheTruthAndSplitIntoSensorAndMethod) {
  const Trial trial{1.02 * 0.5 * 1.01, 0.5, 0.02, 0.01, 0.0202};
  EXPECT_NEAR(trial.error(), 0.0302, 1e-12);
  EXPECT_NEAR(trial.method_error(), 0.01, 1e-12);
  EXPECT_FALSE((Trial{1.031, 1.0, 0.0, 0.01, 0.02}).covered());
  EXPECT_TRUE((Trial{0.971, 1.0, 0.0, 0.01, 0.02}).covered());
}

}  // namespace
}  // namespace joulemark::measure::energy_error
