#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "score/edition.hpp"

/// Whether an edition is what its rows say.
namespace joulemark::score {
namespace {

using analysis::Row;

/// What fitting the same rows again, on another machine, may come out differently by.
constexpr double kSame = 1e-6;

/// Collects what differs between an edition and itself, fitted again.
class Differences {
 public:
  void text(const std::string& what, const std::string& stated, const std::string& now) {
    if (stated != now) add(what, stated, now);
  }
  void count(const std::string& what, std::size_t stated, std::size_t now) {
    if (stated != now) add(what, fmt::format("{}", stated), fmt::format("{}", now));
  }
  void number(const std::string& what, double stated, double now) {
    const bool is_same = std::abs(stated - now) <= kSame * std::max(1.0, std::abs(stated));
    if (!is_same) add(what, fmt::format("{}", stated), fmt::format("{}", now));
  }
  std::vector<std::string> found;

 private:
  void add(const std::string& what, const std::string& stated, const std::string& now) {
    found.push_back(fmt::format("{}: the edition says {}, these rows say {}", what, stated, now));
  }
};

void compare_curves(Differences& d, const Curve& stated, const Curve& now) {
  const std::string on(catalogue::test_set(stated.set).title);
  d.count(on + ", members of the frontier", stated.members, now.members);
  d.number(on + ", c", stated.c, now.c);
  d.number(on + ", gamma", stated.gamma, now.gamma);
  d.number(on + ", floor", stated.floor, now.floor);
  d.number(on + ", least error", stated.least_error, now.least_error);
  d.number(on + ", most error", stated.most_error, now.most_error);
  d.count(on + ", nodes of the band", stated.band.size(), now.band.size());
  for (std::size_t i = 0; i < std::min(stated.band.size(), now.band.size()); ++i) {
    d.number(fmt::format("{}, band at node {}", on, i + 1), stated.band[i].log2_ci95,
             now.band[i].log2_ci95);
  }
}

}  // namespace

Result<std::vector<std::string>> verify(const Edition& stated, std::span<const Row> rows) {
  const auto now = fit(rows, {stated.name, stated.made_on, stated.setup, stated.policy,
                              stated.is_draft, stated.newest_row});
  if (!now) return tl::unexpected(now.error());
  Differences d;
  d.text("setup", stated.setup, now->setup);
  d.count("models", stated.models, now->models);
  d.text("digest of the rows", stated.rows_sha256, now->rows_sha256);
  d.count("curves", stated.curves.size(), now->curves.size());
  for (const Curve& curve : stated.curves) {
    const Curve* again = now->curve(curve.set);
    if (again != nullptr) compare_curves(d, curve, *again);
  }
  d.count("anchors", stated.anchors.size(), now->anchors.size());
  for (std::size_t i = 0; i < std::min(stated.anchors.size(), now->anchors.size()); ++i) {
    d.text(fmt::format("anchor {}", i + 1), stated.anchors[i].architecture,
           now->anchors[i].architecture);
    d.number(fmt::format("joules of {}", stated.anchors[i].architecture), stated.anchors[i].joules,
             now->anchors[i].joules);
  }
  d.count("offsets", stated.offsets.size(), now->offsets.size());
  for (std::size_t i = 0; i < std::min(stated.offsets.size(), now->offsets.size()); ++i) {
    d.text(fmt::format("setup of offset {}", i + 1), stated.offsets[i].setup,
           now->offsets[i].setup);
    d.number("kappa of " + stated.offsets[i].setup, stated.offsets[i].kappa, now->offsets[i].kappa);
  }
  return d.found;
}

}  // namespace joulemark::score
