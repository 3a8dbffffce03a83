#include "campaign/earlier_batches.hpp"

#include "measure/model.hpp"

namespace joulemark::campaign {

void EarlierBatches::add(const store::Record& row) {
  const bool searched = row.policy == measure::name(measure::PolicyKind::throughput);
  if (row.status != "ok" || !searched || row.batch.value_or(0) < 1) return;
  for (Found* found : {&of_device_[{row.device, row.architecture, row.input_size}],
                       &of_meter_[{row.meter, row.architecture, row.input_size}]}) {
    found->by_precision[row.precision] = found->newest = *row.batch;
  }
}

Result<void> EarlierBatches::read(store::Store& store) {
  const store::Filter searched{
      .status = "ok",
      .windows = false,
      .documents = false,
      .columns = {"architecture", "input_size", "device", "meter", "precision", "policy", "batch"}};
  return store.visit(searched, [&](const store::Record& row) { add(row); });
}

std::optional<std::int64_t> EarlierBatches::newest_in(const All& all, const Place& place,
                                                      const std::string& precision) {
  const auto found = all.find(place);
  if (found == all.end()) return std::nullopt;
  const auto& by_precision = found->second.by_precision;
  const auto same = by_precision.find(precision);
  return same != by_precision.end() ? same->second : found->second.newest;
}

std::optional<std::int64_t> EarlierBatches::likely(const zoo::Descriptor& model,
                                                   const meter::MeterInfo& meter) const {
  const std::string size = model.input_size_text();
  const auto here =
      newest_in(of_device_, {meter.device, model.architecture, size}, model.precision);
  if (here) return here;
  return newest_in(of_meter_, {meter.name, model.architecture, size}, model.precision);
}

}  // namespace joulemark::campaign
