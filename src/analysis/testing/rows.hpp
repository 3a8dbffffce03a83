#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analyses.hpp"
#include "analysis/common.hpp"

/// Rows for the tests of analyses.
namespace joulemark::analysis::testing {

inline Row row(const std::string& architecture, double joules, std::optional<double> top1 = {},
               const std::string& setup = "gpu") {
  Row r;
  r.run = setup + "/" + architecture;
  r.model = architecture + ".a";
  r.architecture = architecture;
  r.input_size = "224x224";
  r.setup = setup;
  r.policy = "throughput";
  r.batch = 64;
  r.weights = "live:1";
  r.status = "ok";
  r.measured_at = "2026-11-01T00:00:00Z";
  r.method = "5";
  r.origin = "measured";
  r.energy_j_per_image = joules;
  r.ci95_rel = 0.01;
  r.systematic_rel = 0.01;
  r.systematic_terms = {{"sensor", 0.01}};
  r.top1 = top1;
  r.best_model = architecture + ".best";
  return r;
}

/// One that was measured on a board, without an interval of its own.
inline Row on(const std::string& board, const std::string& architecture, double joules) {
  Row r = row(architecture, joules);
  r.board = board;
  r.ci95_rel = 0.0;
  r.run += "/" + board;
  return r;
}

inline const Value* find(const Outcome& o, const std::string& name, const std::string& about = "") {
  return find_value(o, name, about);
}

inline const LeftOut* find_left_out(const Outcome& o, const std::string& reason) {
  for (const LeftOut& l : o.left_out) {
    if (l.reason == reason) return &l;
  }
  return nullptr;
}

/// The cells of one column.
inline std::vector<Cell> column(const Outcome& o, const std::string& name) {
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < o.columns.size(); ++i) {
    if (o.columns[i].name != name) continue;
    for (const auto& r : o.rows) cells.push_back(r.at(i));
  }
  return cells;
}

inline std::string all_text(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& s : sentences) text += s + "\n";
  return text;
}

/// What an analysis came to; an empty outcome where it is an error.
inline Outcome ran(Run run, std::vector<Row> rows) {
  const auto outcome = run({std::move(rows), "throughput"});
  return outcome ? *outcome : Outcome{};
}

/// Weights that were tested on ImageNet.
inline Published weights_of(const std::string& model, double top1,
                            std::optional<catalogue::Month> date = {}) {
  Published p;
  p.model = model;
  p.date = date;
  p.tested.on[static_cast<std::size_t>(catalogue::TestSet::imagenet)] = {{top1, top1}};
  return p;
}

/// The same weights, tested also on a set of images.
inline void test_on(Published& weights, catalogue::TestSet set, double top1) {
  weights.tested.on[static_cast<std::size_t>(set)] = {{top1, top1}};
}

/// A model of a paper of this year, in a family of its own, and its weights, by year and top-1.
inline Row dated(const std::string& architecture, double joules, int year,
                 const std::vector<std::pair<int, double>>& weights) {
  Row r = row(architecture, joules);
  r.family = architecture;
  r.architecture_date = {{year, 6}};
  for (const auto& [of, top1] : weights) {
    const std::string model = architecture + ".of_" + std::to_string(of);
    r.weights_tested.push_back(weights_of(model, top1, {{of, 6}}));
    if (r.top1 && *r.top1 >= top1) continue;
    r.top1 = top1;
    r.best_model = model;
  }
  return r;
}

/// Energy that is GMACs to the power 0.8, exactly.
inline std::vector<Row> counted(int n) {
  std::vector<Row> rows;
  for (int i = 1; i <= n; ++i) {
    rows.push_back(row("m" + std::to_string(i), 0.01 * std::pow(i, 0.8)));
    rows.back().gmacs = i;
    rows.back().parameters_m = 5.0 + (i * 7) % n;
    rows.back().activations_m = 20.0 - i;
  }
  return rows;
}

/// One model at these sizes and energies.
inline std::vector<Row> sizes_of(const std::string& model,
                                 const std::vector<std::pair<int, double>>& sizes) {
  std::vector<Row> rows;
  for (const auto& [batch, joules] : sizes) {
    rows.push_back(row(model, joules));
    rows.back().batch = batch;
    rows.back().policy = batch == 1 ? "batch_1" : "fixed";
    rows.back().run = model + " at " + std::to_string(batch);
  }
  return rows;
}

/// One model at input sizes of these sides, with these energies.
inline std::vector<Row> inputs_of(const std::string& model,
                                  const std::vector<std::pair<int, double>>& sides) {
  std::vector<Row> rows;
  for (const auto& [side, joules] : sides) {
    rows.push_back(row(model, joules));
    rows.back().input_size = std::to_string(side) + "x" + std::to_string(side);
  }
  return rows;
}

/// One model, measured once an hour; the first of the runs has a large gap between estimators.
inline std::vector<Row> repeated(const std::vector<double>& joules) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < joules.size(); ++i) {
    rows.push_back(row("a", joules[i]));
    rows.back().measured_at = "2026-11-01T0" + std::to_string(i) + ":00:00Z";
    rows.back().estimator_gap_rel = i == 0 ? -0.04 : 0.001;
  }
  return rows;
}

}  // namespace joulemark::analysis::testing
