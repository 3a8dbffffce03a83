#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analysis/findings.hpp"

/// Findings as a page and as JSON.
namespace joulemark::analysis {
namespace {

using nlohmann::ordered_json;

constexpr const char* kHead =
    "# Findings\n\n"
    "What was measured here beside what Yang, Adamek and Armour state in \"Double-Exponential "
    "Increases "
    "in Inference Energy: The Cost of the Race for Accuracy\" (arXiv 2412.09731). Intervals are of "
    "95 %.\n";

std::string verdict_in_words(const Finding& f) {
  switch (f.verdict) {
    case Verdict::agrees:
      return "These measurements agree: " + f.because;
    case Verdict::differs:
      return "These measurements differ: " + f.because;
    case Verdict::open:
      break;
  }
  return "These measurements do not tell: " + f.because;
}

std::string section(const Finding& f) {
  std::string out = fmt::format("\n## {}\n\n- The paper: {}\n- Here: {}\n- **{}.**\n", f.title,
                                f.paper, f.data, verdict_in_words(f));
  for (const std::string& caveat : f.caveats) out += fmt::format("- Note: {}\n", caveat);
  out += f.setup.empty()
             ? fmt::format("\n`joulemark analyse {}`\n", f.analysis)
             : fmt::format("\n`joulemark analyse {} --setup {}`\n", f.analysis, f.setup);
  return out;
}

}  // namespace

std::string to_markdown(const std::vector<Finding>& findings) {
  std::string out = kHead;
  for (const Finding& f : findings) out += section(f);
  return out;
}

std::string to_json(const std::vector<Finding>& findings) {
  ordered_json list = ordered_json::array();
  for (const Finding& f : findings) {
    list.push_back({{"name", f.name},
                    {"title", f.title},
                    {"paper", f.paper},
                    {"data", f.data},
                    {"verdict", name(f.verdict)},
                    {"because", f.because},
                    {"caveats", f.caveats},
                    {"analysis", f.analysis},
                    {"setup", f.setup.empty() ? ordered_json(nullptr) : ordered_json(f.setup)},
                    {"n", f.n},
                    {"of", f.of}});
  }
  const ordered_json j = {{"schema", "joulemark.findings/1"}, {"findings", std::move(list)}};
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace joulemark::analysis
