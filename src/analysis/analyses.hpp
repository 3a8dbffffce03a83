#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/outcome.hpp"
#include "analysis/row.hpp"
#include "base/result.hpp"

namespace joulemark::analysis {

/// What every analysis starts from.
struct Input {
  std::vector<Row> rows;              ///< of one setup or of several, which are never mixed
  std::string policy = "throughput";  ///< batch_1, throughput or min_energy
};

/// Pure: the same rows give the same outcome. Error: invalid_input for rows that contradict
/// themselves; not_found for none.
using Run = Result<Outcome> (*)(const Input&);

struct Analysis {
  const char* name = "";   ///< of its files and on the command line
  const char* label = "";  ///< for who sees names beside each other: what they are about
  const char* what = "";   ///< in a few words
  Run run = nullptr;
  bool of_all_setups = false;  ///< rows of all setups belong into its input, not of one
};

/// All of them, in the order of reports. docs/analysis.md says how each is made.
std::span<const Analysis> analyses();

Result<Outcome> energies(const Input& input);
Result<Outcome> frontier(const Input& input);
Result<Outcome> returns(const Input& input);
Result<Outcome> drivers(const Input& input);
Result<Outcome> years(const Input& input);
Result<Outcome> sizes(const Input& input);
Result<Outcome> runtimes(const Input& input);
/// What values of `runtimes` are about where they are of two setups: `to` in units of `from`.
std::string compared(const std::string& from, const std::string& to);
Result<Outcome> batch(const Input& input);
Result<Outcome> families(const Input& input);
Result<Outcome> robustness(const Input& input);
Result<Outcome> prediction(const Input& input);
Result<Outcome> quality(const Input& input);
Result<Outcome> boards(const Input& input);

}  // namespace joulemark::analysis
