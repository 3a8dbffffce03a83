#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyses.hpp"
#include "analysis/intervals.hpp"
#include "analysis/select.hpp"
#include "base/text.hpp"

/// What analyses have in common.
namespace joulemark::analysis {

/// Rows of the setup that an analysis is about, and its outcome so far.
struct Begun {
  Chosen chosen;
  Outcome outcome;
};

/// Of the setup with the most models under the input's policy. Errors: those of choose_setup.
Result<Begun> begin(const Input& input);

/// How much the fit rows of one setup say.
using Worth = std::function<std::size_t(const std::vector<const Row*>& rows)>;
/// Of the setup whose rows are worth most, under this policy; under all where it is empty. Errors:
/// those of choose_setup.
Result<Begun> begin(const Input& input, const std::string& policy, const Worth& worth);

/// Of every fit run under any policy, not only the newest of each configuration; of the setup that
/// is worth most by its name. Errors: those of choose_setup.
using WorthOfSetup = std::function<std::size_t(const std::string& setup)>;
Result<Begun> begin_with_every_run(const Input& input, const WorthOfSetup& worth);

/// The same as the first, of rows that have a published accuracy. Errors: also those of
/// check_accuracies.
Result<Begun> begin_with_accuracy(const Input& input);

/// What `take` (choose, fit_rows) takes of every setup under the input's policy; none for no rows.
using Take = Chosen(std::span<const Row> rows, std::string_view setup, std::string_view policy);
std::map<std::string, Chosen> by_setup(const Input& input, Take take);

/// Puts into the outcome what is known of the chosen rows: their number, those left out, remarks.
void settle(Begun& begun);

/// An outcome that says nothing but that; takes what is in `begun`.
Outcome too_few(Begun& begun, const std::string& sentence);
/// The same of an outcome that is settled.
Outcome too_few(Outcome& outcome, const std::string& sentence);

/// One that the outcome has; null for none.
const Value* find_value(const Outcome& outcome, std::string_view name, std::string_view about = "");

/// Makes one entry of those for the same reason.
void merge(std::vector<LeftOut>& left_out);

/// "Left out: 6 (not measured); 4 (disturbed)."; not for none.
std::string left_out_in_words(const std::vector<LeftOut>& left_out);

/// The caveat that names setups that were not used, the first three of many; empty for none.
std::string others_in_words(const std::vector<std::string>& others);

/// How well the energy of a chosen row is known beside that of another.
double rel_of(const Row& row, Shared shared);

/// Rows with the same key, in the order given.
std::map<std::string, std::vector<const Row*>> grouped(
    const std::vector<const Row*>& rows, const std::function<std::string(const Row&)>& key);

/// A median as a value of an outcome.
Value value_of(const std::string& name, const std::string& about, const std::string& unit,
               const Median& median, std::size_t n);

// --- words

/// "1.2 (95 %: 1.1 to 1.3)"; without an interval, the reason for none.
std::string with_interval(double value, const std::optional<Interval>& ci95,
                          std::string_view no_interval = "no interval");
std::string percent(double share);
/// "4.1 % (95 %: 3.2 % to 5.6 %)".
std::string percent(double share, const Interval& ci95);
/// "0.0834 times (95 %: 0.0756 to 0.0921)"
std::string times(double ratio, const Interval& ci95);
/// "36 models", "1 model".
std::string count(std::size_t n, std::string_view one, std::string_view many);

/// "a, b, c, 12 others between, x, y and z": of more than six, those at either end.
std::string ends_in_words(std::vector<std::string> sorted);

Cell cell(const std::optional<double>& value);
Cell cell(const std::optional<std::int64_t>& value);

}  // namespace joulemark::analysis
