#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "meter/meter.hpp"

namespace joulemark::meter {

/// Power of one logical CPU, idle and fully busy. The defaults are the averages over its AWS fleet
/// that the Cloud Carbon Footprint project derives from SPECpower results (its methodology page,
/// "minimum watts" 0.74 and "maximum watts" 3.5 per vCPU). They are a model of a fleet, not of this
/// machine: hence the wide systematic term.
struct PowerModel {
  Watts idle_per_cpu{0.74};
  Watts busy_per_cpu{3.5};
  double systematic_rel = 0.5;
};

/// Energy of a host without a meter: idle power of all logical CPUs x time, plus
/// (busy - idle) x the CPU time of the observed process with all its threads. Children of that
/// process are not counted. Every number is flagged `estimated`.
std::unique_ptr<Meter> open_estimate(const PowerModel& model, const std::filesystem::path& root,
                                     Clock& clock);

}  // namespace joulemark::meter
