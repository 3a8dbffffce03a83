#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/named.hpp"
#include "analysis/row.hpp"
#include "base/result.hpp"

/// The question of a budget: which models keep some limits, and which of them comes first:
/// docs/choose.md.
namespace joulemark::analysis {

/// What models can be limited in.
enum class Limit { accuracy, energy, throughput, latency, parameters, kind, licence };
inline constexpr Limit kLimits[] = {Limit::accuracy, Limit::energy,     Limit::throughput,
                                    Limit::latency,  Limit::parameters, Limit::kind,
                                    Limit::licence};
std::string_view name(Limit limit);

/// What is best, once all limits are kept.
enum class By { energy, accuracy, throughput };

/// Absent and empty: no limit. What is not known of a model keeps no limit.
struct Wanted {
  catalogue::TestSet on = catalogue::TestSet::imagenet;
  std::optional<double> min_top1;    ///< percent
  std::optional<double> max_joules;  ///< for one image
  std::optional<double> min_images_per_s;
  std::optional<double> max_latency_ms;    ///< of one batch, 99 % of them
  std::optional<double> max_parameters_m;  ///< millions
  std::optional<catalogue::Kind> kind;
  std::string licence;  ///< of the weights, glob
  By by = By::energy;
};

struct Pick {
  const Row* row = nullptr;
  WeightsOn weights;  ///< the best on these images that have the licence
  /// Limits that are kept by the value, and by one end of its interval not.
  std::vector<Limit> uncertain;
  std::optional<Beside> beside;  ///< the first, with points; absent for the first
};

/// Of the models that only one limit keeps out, the nearest to it.
struct NearMiss {
  Limit limit = Limit::accuracy;
  const Row* row = nullptr;
  WeightsOn weights;
  double value = 0.0;   ///< what it has, in the unit of the limit
  double wanted = 0.0;  ///< the limit
  std::size_t of = 0;   ///< models that this limit alone keeps out
};

struct Answer {
  std::string setup, policy;
  std::size_t models = 0;   ///< with an energy and an accuracy on these images
  std::vector<Pick> picks;  ///< the best first
  std::vector<NearMiss> near;
  std::vector<std::string> other_setups;  ///< not used
};

/// Pure. Of the setup with the most models; the rows are of one policy. Energy is that of an
/// architecture at a size, accuracy that of its best weights. Errors: not_found for no rows,
/// invalid_input for accuracies that are no percentages, and for limits that nothing can keep
/// (percentages above 100, an energy of 0 or less).
Result<Answer> within_budget(std::span<const Row> rows, const std::string& policy,
                             const Wanted& wanted);

/// Why a pick comes after the first, in words.
std::string why_behind(const Pick& pick, By by);

}  // namespace joulemark::analysis
