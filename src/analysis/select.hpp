#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "analysis/outcome.hpp"
#include "analysis/row.hpp"
#include "base/result.hpp"

/// Which rows an analysis is of. Every row that is not used is counted, with the reason.
namespace joulemark::analysis {

/// Why a row says nothing, or not what it seems to say, about its configuration.
enum class Unfit {
  failed,
  no_energy,
  bad_energy,
  no_interval,
  weights_default,
  disturbed,
  unknown_flag,
};
/// Absent for a row that is fit.
std::optional<Unfit> unfit(const Row& row);
/// "a flag says that the measurement was disturbed", and by which; empty for a row that is fit.
std::string why_unfit(const Row& row);

/// What a flag does to a row here.
struct FlagUse {
  std::string_view flag;
  bool is_disturbed;         ///< the energy is not that of the configuration alone: left out
  std::string_view meaning;  ///< of rows that are kept: what a reader must know of them
};
/// Every flag of docs/method.md.
std::span<const FlagUse> flag_uses();
/// Those that disturb a row: all that there are, or of a row's flags.
std::vector<std::string> disturbances();
std::vector<std::string> disturbances_among(std::span<const std::string> flags);

struct Chosen {
  std::vector<const Row*> rows;
  std::vector<LeftOut> left_out;
};

/// All rows of one setup that are fit, in the order given; of one policy, or of all where it is
/// empty.
Chosen fit_rows(std::span<const Row> rows, std::string_view setup, std::string_view policy);

/// What is newer is greater. Runs are named by their time: of two that were measured within a
/// second, the later one.
inline auto age(const Row& row) { return std::tie(row.measured_at, row.run); }

/// The newest of them of each configuration; an empty policy takes all, and of each batch the
/// newest row, whatever policy chose it. In the order of architectures, sizes, batches.
Chosen choose(std::span<const Row> rows, std::string_view setup, std::string_view policy);

Error no_rows();

/// The setup that `worth` finds most in, the first by name among equals, and the others.
struct SetupChoice {
  std::string setup;
  std::vector<std::string> others;
};
/// Error: not_found when there are no rows.
Result<SetupChoice> choose_setup(std::span<const Row> rows,
                                 const std::function<std::size_t(const std::string& setup)>& worth);

/// How many models of a setup are fit under a policy, whatever their accuracy.
std::size_t models_of(std::span<const Row> rows, std::string_view setup, std::string_view policy);
/// The setup with the most of them.
Result<SetupChoice> most_measured(std::span<const Row> rows, const std::string& policy);

/// Looks for the same where no more is known of setups than how many rows they have, which is as
/// many models as they can have at most: those that cannot have the most are never asked for.
class MostMeasured {
 public:
  explicit MostMeasured(const std::map<std::string, std::size_t>& rows_by_setup);
  /// The setup whose models are to be counted; absent once it is known which has the most.
  std::optional<std::string> next();
  /// How many there are of that one. Returns whether it is the best so far.
  bool counted(std::size_t models);
  /// Once it is known. Error: not_found when there were no setups.
  Result<SetupChoice> most() const;

 private:
  struct OfSetup {
    std::string setup;
    std::size_t at_most = 0;
  };
  /// Whether it is the best so far if it has so many.
  bool can_be_best(const OfSetup& setup, std::size_t models) const;

  std::vector<OfSetup> setups_;      ///< that with the most rows first
  std::size_t at_ = 0;               ///< of these, the one that is looked at
  std::optional<std::size_t> best_;  ///< among these
  std::size_t models_ = 0;           ///< of the best
};

/// Takes out of `chosen` what `lacks` holds for, under that reason.
void leave_out(Chosen& chosen, const std::string& reason, const std::string& meaning,
               const std::function<bool(const Row&)>& lacks);

/// Whether a trained model can have this top-1, in percent: a share between 0 and 1 would be taken
/// for less than a percent.
inline bool is_percentage(double top1) { return top1 > 1.0 && top1 <= 100.0; }

/// Error: invalid_input where a top-1 is not a percentage that a trained model can have: a share
/// between 0 and 1, say, which would be taken for less than a percent.
Result<void> check_accuracies(std::span<const Row> rows);

/// What a reader must know about rows that are kept: their flags, an energy that was estimated,
/// several versions of the method. Sentences.
std::vector<std::string> remarks(std::span<const Row* const> rows);

}  // namespace joulemark::analysis
