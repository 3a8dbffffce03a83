#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "measure/model.hpp"
#include "store/record.hpp"

namespace joulemark::measure {

/// The version of the method, raised whenever a change could move a number.
inline constexpr const char* kMethodVersion = "12";

/// Relative systematic uncertainty of J/image that live random weights bring: they came within
/// -3.4 .. +1.1 % of briefly trained ones on five architectures (docs/method.md).
inline constexpr double kLiveWeightsTerm = 0.035;
/// The same of weights as timm initialises them: up to 5 % too low on an H200.
inline constexpr double kDefaultWeightsTerm = 0.05;

/// What is the same for every row of one `measure` call.
struct RecordContext {
  std::string campaign;
  std::optional<std::size_t> job;  ///< of the campaign, which has it by this number
  std::size_t devices = 1;         ///< of this host that are measured at the same time
  std::string cpus;                ///< then: those that this one has for itself, "0-7"
  std::string sitting;  ///< unlike that of every other call: rows of one followed each other
  std::string setup;
  std::string joulemark_version;
  std::optional<Idle> idle;
  meter::MeterInfo meter;
  Settings settings;
};

/// Relative systematic terms of the `energy` that a meter gave over `measured`: the meter's own,
/// what is not known about the time of the two outer edges, and what aliasing may have done to a
/// load that worked in `steps` (seconds of each; none: not known).
std::map<std::string, double> meter_terms(const meter::MeterInfo& meter,
                                          Nanoseconds edge_uncertainty, Joules energy,
                                          Nanoseconds measured, std::span<const double> steps);

/// The root of the sum of the squares.
double combined(const std::map<std::string, double>& terms);

/// Turns one outcome into the row that is stored. Pure: `run` and `measured_at` come in.
store::Record make_record(const RecordContext& context, const Subject& subject,
                          const Outcome& outcome, std::string run, std::string measured_at);

}  // namespace joulemark::measure
