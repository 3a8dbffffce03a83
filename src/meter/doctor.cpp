#include "meter/doctor.hpp"

#include <fmt/format.h>

#include "meter/nvml.hpp"

namespace joulemark::meter {
namespace {

std::string offer(const MeterInfo& info) {
  std::string channels;
  const auto add = [&](bool has, const char* channel) {
    if (has) channels += (channels.empty() ? "" : ", ") + std::string(channel);
  };
  add(info.has_energy, "energy counter");
  add(info.has_power, "instant power");
  add(info.has_ring, "ring of power samples");
  std::string text = fmt::format("{}: {}; scope {}", info.device, channels, name(info.scope));
  if (info.update_period)
    text += fmt::format(", updated every {:.4g} ms", 1e3 * seconds(*info.update_period));
  return text + fmt::format(", query {:.3g} ms, systematic ±{:.3g} %",
                            1e3 * seconds(info.query_cost), 100 * info.systematic_rel);
}

/// Adds what came of one device: one that fails does not hide another that works.
void take(MeterFinding& finding, const Result<std::unique_ptr<Meter>>& opened, unsigned index = 0) {
  finding.detail += finding.detail.empty() ? "" : "; ";
  if (!opened) {
    finding.detail += opened.error().what;
    finding.fix = opened.error().next;
    return;
  }
  finding.available = true;
  finding.devices.push_back({(*opened)->info(), index});
  finding.detail += offer((*opened)->info());
}

MeterFinding examine_nvml(MeterOptions options) {
  MeterFinding finding{"nvml", false, true, "", "", {}};
  const auto count = nvml_device_count(nvml_library(options));
  if (!count) {
    finding.detail = count.error().what;
    finding.fix = count.error().next;
    return finding;
  }
  if (*count == 0) {
    finding.detail = "the driver shows no GPU";
    finding.fix = "Check the device with lspci, or the container's --gpus option";
  }
  for (unsigned i = 0; i < *count; ++i) {
    options.gpu_index = i;
    options.pci_bus_id.clear();
    take(finding, open_meter("nvml", "cuda:0", options), i);
  }
  return finding;
}

}  // namespace

std::vector<MeterFinding> examine_meters(const MeterOptions& options) {
  MeterFinding rapl{"rapl", false, true, "", "", {}};
  take(rapl, open_meter("rapl", "cpu", options));
  MeterFinding estimate{"estimate", false, false, "", "", {}};
  take(estimate, open_meter("estimate", "cpu", options));
  return {examine_nvml(options), std::move(rapl), std::move(estimate)};
}

}  // namespace joulemark::meter
