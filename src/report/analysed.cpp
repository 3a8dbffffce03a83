#include "report/analysed.hpp"

#include <cmath>

#include "report/joined.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

/// Published numbers of parameters have two decimals.
constexpr double kSameNetwork = 0.005;

analysis::Row measured(const store::Record& r) {
  analysis::Row row;
  row.run = r.run;
  row.campaign = r.campaign;
  row.model = r.model;
  row.architecture = r.architecture;
  row.input_size = r.input_size;
  row.setup = r.setup;
  row.policy = r.policy;
  row.batch = r.batch;
  row.device = r.device;
  row.board = r.board;
  row.meter = r.meter;
  row.runtime = r.runtime;
  row.runtime_version = r.runtime_version;
  row.format = r.format;
  row.precision = r.precision;
  row.layout = r.layout;
  row.weights = r.weights;
  row.status = r.status;
  row.measured_at = r.measured_at;
  row.method = r.method;
  row.origin = std::string(origin(r));
  row.energy_j_per_image = r.energy_j_per_image;
  row.ci95_rel = r.ci95_rel;
  row.systematic_rel = r.systematic_rel;
  row.systematic_terms = r.systematic_terms;
  row.images_per_s = r.images_per_s;
  row.latency_ms_p50 = r.latency_ms_p50;
  row.latency_ms_p99 = r.latency_ms_p99;
  row.power_w = r.power_w;
  row.estimator_gap_rel = r.estimator_gap_rel;
  row.flags = r.flags;
  return row;
}

/// Of weights that were tested.
analysis::Published published(const Joined& j) {
  analysis::Published p{j.model, *j.tested, {}, "", ""};
  if (j.weights != nullptr) {
    p.date = j.weights->date;
    p.pretraining = j.weights->pretraining;
    p.licence = j.weights->licence;
  }
  return p;
}

void add_published(analysis::Row& row, std::span<const Joined> weights,
                   const catalogue::Catalogue& catalogue) {
  const Joined& any = weights.front();
  if (any.architecture != nullptr) row.parameters_m = any.architecture->parameters_m;
  const auto size = side(row.input_size);
  if (const auto* speed = size ? catalogue.speed(row.architecture, *size) : nullptr) {
    row.published_speeds = speed->images_per_s;
  }
  if (any.family != nullptr) {
    row.family = any.family->name;
    row.kind = std::string(catalogue::name(any.family->kind));
    row.architecture_date = any.family->date;
  }
  // Counts of a network with other parameters are not of what was measured.
  if (any.cost != nullptr &&
      std::abs(any.cost->counted_parameters_m - *row.parameters_m) < kSameNetwork) {
    row.gmacs = any.cost->gmacs;
    row.activations_m = any.cost->activations_m;
  }
  for (const Joined& j : weights) {
    if (j.tested == nullptr) continue;
    row.weights_tested.push_back(published(j));
    const double top1 = j.tested->imagenet().top1;
    if (row.top1 && *row.top1 >= top1) continue;
    row.top1 = top1;
    row.best_model = j.model;
  }
}

}  // namespace

std::vector<analysis::Row> analysis_rows(std::span<const store::Record> records,
                                         const catalogue::Catalogue& catalogue) {
  std::vector<analysis::Row> rows;
  rows.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    rows.push_back(measured(records[i]));
    add_published(rows.back(), join(records.subspan(i, 1), catalogue), catalogue);
  }
  return rows;
}

}  // namespace joulemark::report
