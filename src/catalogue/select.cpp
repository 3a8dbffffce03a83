#include "catalogue/select.hpp"

#include "base/text.hpp"

namespace joulemark::catalogue {
namespace {

bool in_family(const Catalogue& catalogue, const Architecture& a, const Query& q) {
  const Family* family = catalogue.family(a.family);
  if (!q.family.empty() && (family == nullptr || !matches(q.family, family->name))) return false;
  if (q.kind && (family == nullptr || family->kind != *q.kind)) return false;
  if (!q.from_year && !q.to_year) return true;
  if (family == nullptr || !family->date) return false;
  const int year = family->date->year;
  return (!q.from_year || year >= *q.from_year) && (!q.to_year || year <= *q.to_year);
}

/// Null when nothing was tested at a size that counts.
const Evaluation* best_of(const Catalogue& catalogue, const Architecture& a, const Query& q) {
  const Evaluation* best = nullptr;
  for (const Evaluation& e : catalogue.evaluations_of(a.name)) {
    if (q.max_input_size && e.size > *q.max_input_size) continue;
    if (best == nullptr || e.imagenet().top1 > best->imagenet().top1) best = &e;
  }
  return best;
}

}  // namespace

std::vector<Selected> select(const Catalogue& catalogue, const Query& q) {
  std::vector<Selected> selected;
  for (const Architecture& a : catalogue.architectures) {
    if (!q.architecture.empty() && !matches(q.architecture, a.name)) continue;
    if (q.max_parameters_m && a.parameters_m > *q.max_parameters_m) continue;
    if (!in_family(catalogue, a, q)) continue;
    const Evaluation* best = best_of(catalogue, a, q);
    if (best == nullptr) continue;
    const double top1 = best->imagenet().top1;
    if ((q.min_top1 && top1 < *q.min_top1) || (q.max_top1 && top1 > *q.max_top1)) continue;
    selected.push_back({&a, best});
  }
  return selected;
}

}  // namespace joulemark::catalogue
