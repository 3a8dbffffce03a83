#pragma once

#include "calibrate/observe.hpp"
#include "meter/calibration.hpp"

/// From what was seen to what is known: pure functions of the observations.
namespace joulemark::calibrate {

/// When the counter is updated. Each change lies somewhere between two readings; a line through the
/// middles of those gaps gives the period, what is left beside the gaps' own width the jitter.
meter::Calibration::Updates updates(const std::vector<Reading>& polled);

meter::Calibration::Query query_cost(const Queries& queries);

/// Mean power in a state, by its counter where there is one, and how steady it was.
meter::Calibration::State state(const Watch& watch, Nanoseconds longest_sample_gap);

/// How samples of power answer the edges of a square. The lag is the time to half of the step,
/// which is the mean delay of every symmetric answer and does not mind a power that creeps
/// afterwards; a running mean over `rise` would climb from 10 to 90 % of the step in the time that
/// it took. Absent when the square does not show in the samples.
std::optional<meter::Calibration::Response> sample_response(
    const std::string& channel, const std::vector<meter::PowerSample>& samples,
    const load::Square& square, Instant began);

/// How the counter answers: behind each rising edge it lacks the energy of one lag at the height of
/// the step, which it gets back behind the falling one.
std::optional<meter::Calibration::Response> counter_response(const Watch& slow);

/// Every locked square against the unlocked ones of nearly its period and the same duty.
std::vector<meter::Calibration::Aliasing> aliasing(const std::vector<Watch>& locked,
                                                   const std::vector<Watch>& unlocked);

/// From the rate of each spell of launching. Absent with fewer than five.
std::optional<meter::Calibration::Host> host(const std::vector<double>& launches_per_s);

/// All of them.
meter::Calibration analyse(const Observations& seen, const meter::MeterInfo& info,
                           const std::string& load);

}  // namespace joulemark::calibrate
