#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"
#include "catalogue/upstream.hpp"

/// timm's tables and what timm's package states of its models, joined into one catalogue.
namespace joulemark::catalogue {

/// What did not join, disagrees or is not known. The words in kFindingKinds.
enum class FindingKind {
  accuracy_absent,
  accuracy_unjoined,
  test_differs,
  cost_absent,
  cost_of_another_network,
  cost_disagrees,
  benchmark_only,
  not_in_facts,
  facts_only,
  default_not_tested,
  no_family,
  no_date,
  no_recipe_date,
  no_licence,
  pretraining_differs,
  pretraining_unjoined,
  file_unused,
};

struct FindingWords {
  FindingKind kind;
  std::string_view name;
  std::string_view meaning;  ///< of one such finding
};
/// All kinds, in the order of reports.
std::span<const FindingWords> finding_kinds();

struct Finding {
  FindingKind kind;
  std::string subject;    ///< a model, an architecture, a file
  std::int64_t size = 0;  ///< pixels; 0: of no single size
  std::string detail;
};

struct Built {
  Catalogue catalogue;
  std::vector<Finding> findings;  ///< sorted; nothing is left out without one
  std::int64_t accuracies = 0;    ///< pairs of top-1 and top-5, of all sets
};

/// Pure: the same texts give the same catalogue. `facts` is the text of timm-facts.json. Errors:
/// those of read_upstream and of facts_from_text.
Result<Built> build(const std::vector<Input>& tables, const Input& facts);

/// The findings as CSV: kind, subject, input size, detail.
std::string to_csv(std::span<const Finding> findings);
inline constexpr const char* kFindingsFile = "findings.csv";

}  // namespace joulemark::catalogue
