#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.hpp"

/// Records as text for people.
namespace joulemark::report {

/// A number with three significant digits, an SI prefix and its unit: "12.3 mJ".
std::string si(double value, std::string_view unit);

/// A share as a percentage; what is too small to print is "< 0.1 %", never zero.
std::string percent(double share);

/// "12.3 mJ ± 0.4 %"; without the interval where it is unknown.
std::string with_interval(double joules, std::optional<double> ci95_rel);

/// The origin of joules that a sensor has seen.
inline constexpr std::string_view kMeasured = "measured";

/// The origin, and the status, of those that no measurement stands behind.
inline constexpr std::string_view kPredicted = "predicted";

/// Where a record's joules come from: kMeasured, "estimated", "simulated" or "predicted".
std::string_view origin(const store::Record& record);

/// "64 (throughput)", "1".
std::string batch_in_words(const store::Record& record);

/// Least energy per image first, failures last, otherwise in the given order.
std::vector<store::Record> ranked(std::span<const store::Record> records);

/// Columns padded to their widest cell, counted in code points.
struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> right_aligned;
  std::string render() const;
};

/// Rows ranked by energy per image with units, interval and systematic term; below, the remarks
/// that all rows share, and the failures with their reason.
std::string ranked_table(std::span<const store::Record> records);

/// One row as a sentence: "resnet18, batch 1: 12.3 mJ ± 0.6 % per image, 412 images/s"; an energy
/// that was not measured says so, and so does one that analyses leave out for what disturbed it.
std::string one_line(const store::Record& record);

}  // namespace joulemark::report
