#include "report/analysed.hpp"

#include <cmath>
#include <utility>

#include "report/joined.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

/// Published numbers of parameters have two decimals.
constexpr double kSameNetwork = 0.005;

analysis::Row measured(store::Record r) {
  analysis::Row row;
  row.origin = std::string(origin(r));
  row.run = std::move(r.run);
  row.campaign = std::move(r.campaign);
  row.model = std::move(r.model);
  row.architecture = std::move(r.architecture);
  row.input_size = std::move(r.input_size);
  row.setup = std::move(r.setup);
  row.policy = std::move(r.policy);
  row.batch = r.batch;
  row.device = std::move(r.device);
  row.board = std::move(r.board);
  row.meter = std::move(r.meter);
  row.runtime = std::move(r.runtime);
  row.runtime_version = std::move(r.runtime_version);
  row.format = std::move(r.format);
  row.precision = std::move(r.precision);
  row.layout = std::move(r.layout);
  row.weights = std::move(r.weights);
  row.status = std::move(r.status);
  row.measured_at = std::move(r.measured_at);
  row.method = std::move(r.method);
  row.energy_j_per_image = r.energy_j_per_image;
  row.ci95_rel = r.ci95_rel;
  row.systematic_rel = r.systematic_rel;
  row.systematic_terms = std::move(r.systematic_terms);
  row.images_per_s = r.images_per_s;
  row.latency_ms_p50 = r.latency_ms_p50;
  row.latency_ms_p99 = r.latency_ms_p99;
  row.power_w = r.power_w;
  row.estimator_gap_rel = r.estimator_gap_rel;
  row.flags = std::move(r.flags);
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
  return analysis_rows(std::vector(records.begin(), records.end()), catalogue);
}

std::vector<analysis::Row> analysis_rows(std::vector<store::Record> records,
                                         const catalogue::Catalogue& catalogue) {
  std::vector<analysis::Row> rows;
  rows.reserve(records.size());
  for (store::Record& record : records) {
    const auto weights = join({&record, 1}, catalogue);
    rows.push_back(measured(std::move(record)));
    add_published(rows.back(), weights, catalogue);
  }
  return rows;
}

}  // namespace joulemark::report
