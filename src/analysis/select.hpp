#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
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

/// What a flag does to a row here.
struct FlagUse {
  std::string_view flag;
  bool is_disturbed;         ///< the energy is not that of the configuration alone: left out
  std::string_view meaning;  ///< of rows that are kept: what a reader must know of them
};
/// Every flag of docs/method.md.
std::span<const FlagUse> flag_uses();

struct Chosen {
  std::vector<const Row*> rows;
  std::vector<LeftOut> left_out;
};

/// All rows of one setup that are fit, in the order given; of one policy, or of all where it is
/// empty.
Chosen fit_rows(std::span<const Row> rows, std::string_view setup, std::string_view policy);

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

/// How many models of each setup are fit under a policy, of rows that are shown one by one.
class MeasuredModels {
 public:
  explicit MeasuredModels(std::string policy) : policy_(std::move(policy)) {}
  void add(const Row& row);
  /// The setup with the most, whatever their accuracy. Error: not_found when there were no rows.
  Result<SetupChoice> most() const;
  std::size_t models_of(const std::string& setup) const;
  /// All that were shown, fit or not.
  std::size_t rows_of(const std::string& setup) const;
  /// What is looked at in a row: of one of which nothing else is known, the same comes out.
  static std::span<const std::string_view> columns();

 private:
  struct OfSetup {
    std::size_t rows = 0;
    std::unordered_set<std::string> models;
  };
  std::string policy_;
  std::map<std::string, OfSetup> setups_;
};
/// MeasuredModels::most of all these.
Result<SetupChoice> most_measured(std::span<const Row> rows, const std::string& policy);

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
