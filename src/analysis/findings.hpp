#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyses.hpp"

/// What the rows at hand say beside what Yang, Adamek and Armour state (arXiv 2412.09731): one
/// page, each sentence made from the values of an analysis. docs/findings.md.
namespace joulemark::analysis {

enum class Verdict {
  agrees,   ///< the interval says what the paper says
  differs,  ///< the interval says otherwise
  open,     ///< the rows do not tell, or are too few
};
/// "agrees", "differs", "open".
std::string_view name(Verdict verdict);

struct Finding {
  std::string name;  ///< a word of docs/findings.md
  std::string title;
  std::string paper;  ///< what it states, in our words
  std::string data;   ///< what these rows say, with numbers and n
  Verdict verdict = Verdict::open;
  std::string because;  ///< why that verdict
  std::vector<std::string> caveats;
  std::string analysis;  ///< where the numbers are from: a name of analyses()
  std::string setup;     ///< empty where it is of several
  std::size_t n = 0;
  std::string of;  ///< what n counts
};

/// Pure: in the order of the paper. Errors: those of the analyses.
Result<std::vector<Finding>> findings(const Input& input);

/// The same as a page of Markdown, and as JSON (docs/findings.md).
std::string to_markdown(const std::vector<Finding>& findings);
std::string to_json(const std::vector<Finding>& findings);

}  // namespace joulemark::analysis
