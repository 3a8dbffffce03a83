#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/row.hpp"
#include "report/joined.hpp"
#include "score/score.hpp"

/// api/v1/models.json, and what the edition says of its rows.
namespace joulemark::site {

/// The model index of rows, by run and weights (architecture.tag).
struct Letters {
  std::map<std::pair<std::string, std::string>, score::Index> of;
  bool is_any = false;  ///< a setup has rows that the edition may speak of
};

/// On ImageNet, for every set of weights of each setup that has an index there.
Letters letters_of(std::span<const report::Joined> rows, std::span<const analysis::Row> analysed,
                   const score::Edition& edition);

/// What is known of the board of a run, by run.
using Offsets = std::map<std::string, analysis::BoardOffset>;
Offsets offsets_of(std::span<const analysis::Row> analysed);

/// The columns of joined rows, those of the index and of the board, then all rows.
std::string models_json(std::span<const report::Joined> rows, const Letters& letters,
                        const Offsets& offsets);

}  // namespace joulemark::site
