#include "campaign/earlier_batches.hpp"

#include "measure/model.hpp"

namespace joulemark::campaign {

void EarlierBatches::add(const store::Record& row) {
  const bool searched = row.policy == measure::name(measure::PolicyKind::throughput);
  if (row.status != "ok" || !searched || row.batch.value_or(0) < 1) return;
  Found& found = found_[{row.device, row.architecture, row.input_size}];
  found.by_precision[row.precision] = found.newest = *row.batch;
}

Result<void> EarlierBatches::read(store::Store& store) {
  const store::Filter searched{
      .status = "ok",
      .windows = false,
      .documents = false,
      .columns = {"architecture", "input_size", "device", "precision", "policy", "batch"}};
  return store.visit(searched, [&](const store::Record& row) { add(row); });
}

std::optional<std::int64_t> EarlierBatches::likely(const zoo::Descriptor& model,
                                                   const std::string& device) const {
  const auto found = found_.find({device, model.architecture, model.input_size_text()});
  if (found == found_.end()) return std::nullopt;
  const auto& by_precision = found->second.by_precision;
  const auto same = by_precision.find(model.precision);
  return same != by_precision.end() ? same->second : found->second.newest;
}

}  // namespace joulemark::campaign
