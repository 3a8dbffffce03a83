#include "analysis/pareto.hpp"

#include <fmt/format.h>

#include <cmath>

namespace joulemark::analysis {
namespace {

bool dominates(const Candidate& a, const Candidate& b) {
  return a.accuracy >= b.accuracy && a.joules <= b.joules &&
         (a.accuracy > b.accuracy || a.joules < b.joules);
}

/// Whether the order of their prices is within the intervals of both.
bool undecided(const Candidate& a, const Candidate& b) {
  return std::abs(std::log(a.joules / b.joules)) <
         std::hypot(a.rel, b.rel, rel_between(a.site, b.site));
}

Standing standing_of(std::size_t i, std::span<const Candidate> all) {
  bool is_dominated = false;
  bool has_rival = false;  // as accurate, and perhaps cheaper
  for (std::size_t j = 0; j < all.size(); ++j) {
    if (j == i || all[j].accuracy < all[i].accuracy) continue;
    const bool is_open = undecided(all[i], all[j]);
    has_rival = has_rival || is_open;
    if (!dominates(all[j], all[i])) continue;
    if (!is_open) return Standing::dominated;
    is_dominated = true;
  }
  if (is_dominated) return Standing::possible;
  return has_rival ? Standing::uncertain : Standing::member;
}

}  // namespace

const char* name(Standing standing) {
  switch (standing) {
    case Standing::member:
      return "member";
    case Standing::uncertain:
      return "uncertain member";
    case Standing::possible:
      return "possible member";
    case Standing::dominated:
      break;
  }
  return "dominated";
}

Result<std::vector<Standing>> standings(std::span<const Candidate> candidates) {
  for (const Candidate& c : candidates) {
    const bool is_sound = std::isfinite(c.accuracy) && std::isfinite(c.joules) && c.joules > 0.0 &&
                          std::isfinite(c.rel) && c.rel >= 0.0;
    if (is_sound) continue;
    return fail(
        ErrorKind::invalid_input,
        fmt::format("a model of {} J per image (± {}) and an accuracy of {} cannot stand on "
                    "a frontier",
                    c.joules, c.rel, c.accuracy),
        "Energies are finite and above 0, accuracies finite");
  }
  std::vector<Standing> out;
  for (std::size_t i = 0; i < candidates.size(); ++i) out.push_back(standing_of(i, candidates));
  return out;
}

}  // namespace joulemark::analysis
