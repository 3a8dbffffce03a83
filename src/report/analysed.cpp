#include "report/analysed.hpp"

#include <cmath>
#include <utility>

#include "analysis/board_factors.hpp"
#include "report/joined.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

/// Published numbers of parameters have two decimals.
constexpr double kSameNetwork = 0.005;

}  // namespace

analysis::Row measured_row(store::Record r) {
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
  row.temperature_c = r.temperature_c;
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

namespace {

void add_network(analysis::Row& row, const catalogue::Architecture& architecture,
                 const catalogue::Catalogue& catalogue) {
  row.parameters_m = architecture.parameters_m;
  if (const auto* family = catalogue.family(architecture.family)) {
    row.family = family->name;
    row.kind = std::string(catalogue::name(family->kind));
    row.architecture_date = family->date;
  }
}

/// What is published of images of this size.
void add_of_size(analysis::Row& row, std::int64_t size, const catalogue::Catalogue& catalogue) {
  if (const auto* speed = catalogue.speed(row.architecture, size)) {
    row.published_speeds = speed->images_per_s;
  }
  // Counts of a network with other parameters are not of what was measured.
  const auto* cost = catalogue.cost(row.architecture, size);
  if (cost != nullptr && std::abs(cost->counted_parameters_m - *row.parameters_m) < kSameNetwork) {
    row.gmacs = cost->gmacs;
    row.activations_m = cost->activations_m;
  }
  for (const catalogue::Evaluation& tested : catalogue.evaluations_of(row.architecture)) {
    if (tested.size != size) continue;
    analysis::Published p{row.architecture + "." + tested.tag, tested, {}, "", ""};
    if (const auto* weights = catalogue.weights_of(row.architecture, tested.tag)) {
      p.date = weights->date;
      p.pretraining = weights->pretraining;
      p.licence = weights->licence;
    }
    const double top1 = tested.imagenet().top1;
    if (!row.top1 || *row.top1 < top1) {
      row.top1 = top1;
      row.best_model = p.model;
    }
    row.weights_tested.push_back(std::move(p));
  }
}

/// Puts beside such a row what is published.
void join(analysis::Row& row, const catalogue::Catalogue& catalogue) {
  const auto* architecture = catalogue.architecture(row.architecture);
  if (architecture == nullptr) return;
  add_network(row, *architecture, catalogue);
  if (const auto size = side(row.input_size)) add_of_size(row, *size, catalogue);
}

}  // namespace

void complete(std::span<analysis::Row> rows, const catalogue::Catalogue& catalogue,
              std::span<const analysis::Row> beside) {
  for (analysis::Row& row : rows) join(row, catalogue);
  analysis::place_boards(rows, beside);
}

std::vector<analysis::Row> analysis_rows(std::span<const store::Record> records,
                                         const catalogue::Catalogue& catalogue) {
  return analysis_rows(std::vector(records.begin(), records.end()), catalogue);
}

std::vector<analysis::Row> analysis_rows(std::vector<store::Record> records,
                                         const catalogue::Catalogue& catalogue,
                                         std::span<const analysis::Row> beside) {
  std::vector<analysis::Row> rows;
  rows.reserve(records.size());
  for (store::Record& record : records) rows.push_back(measured_row(std::move(record)));
  complete(rows, catalogue, beside);
  return rows;
}

}  // namespace joulemark::report
