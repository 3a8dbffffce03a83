#include "meter/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "meter/nvml.hpp"
#include "meter/rapl.hpp"
#include "meter/replay.hpp"
#include "meter/synthetic.hpp"

namespace joulemark::meter {
namespace {

using Opened = Result<std::unique_ptr<Meter>>;

/// CUDA's cuda:0 need not be NVML's GPU 0: CUDA orders by speed and leaves out what
/// CUDA_VISIBLE_DEVICES hides. So of several GPUs none is guessed.
Opened nvml_meter(const MeterOptions& o) {
  if (o.pci_bus_id.empty() && !o.gpu_index) {
    const auto count = nvml_device_count(nvml_library(o));
    if (count && *count > 1) {
      return fail(
          ErrorKind::invalid_input,
          fmt::format("which of the {} GPUs to measure is not known: the worker's device has "
                      "no PCI bus id",
                      *count),
          "Name it by the index that `nvidia-smi -L` shows: --meter-option gpu=INDEX");
    }
  }
  return open_nvml({nvml_library(o), o.pci_bus_id, o.gpu_index.value_or(0)}, *o.clock);
}
Opened rapl_meter(const MeterOptions& o) { return open_rapl(o.root, *o.clock); }
Opened estimate_meter(const MeterOptions& o) {
  if (o.power_model.busy_per_cpu < o.power_model.idle_per_cpu) {
    return fail(ErrorKind::invalid_input,
                fmt::format("a CPU cannot draw less when busy ({} W) than when idle ({} W)",
                            o.power_model.busy_per_cpu.value, o.power_model.idle_per_cpu.value),
                "Set both --meter-option idle-watts-per-cpu=W and busy-watts-per-cpu=W");
  }
  return open_estimate(o.power_model, o.root, *o.clock);
}
Opened replay_meter(const MeterOptions& o) { return open_replay(o.trace, *o.clock); }
Opened synthetic_meter(const MeterOptions& o) { return open_synthetic(o.waveform, *o.clock); }

constexpr std::array kMeters = {
    MeterEntry{"nvml", "board energy of an NVIDIA GPU", true, false, nvml_meter},
    MeterEntry{"rapl", "package and DRAM energy of the CPUs", false, true, rapl_meter},
    MeterEntry{"estimate", "CPU time x a power model; not a measurement", false, true,
               estimate_meter},
    MeterEntry{"replay", "a recorded trace", false, false, replay_meter},
    MeterEntry{"synthetic", "a waveform with a known energy", false, false, synthetic_meter},
};

const MeterEntry* find_entry(std::string_view name) {
  const auto* const entry = std::find_if(kMeters.begin(), kMeters.end(),
                                         [&](const MeterEntry& e) { return e.name == name; });
  return entry != kMeters.end() ? entry : nullptr;
}

bool read_watts(std::string_view text, Watts& watts) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool sound = value >= 0.0 && value < 1e5;
  if (error != std::errc() || end != text.data() + text.size() || !sound) return false;
  watts = Watts(value);
  return true;
}

}  // namespace

std::span<const MeterEntry> meters() { return kMeters; }

bool is_of_host(std::string_view name) {
  const MeterEntry* entry = find_entry(name);
  return entry != nullptr && entry->of_host;
}

bool is_simulated(std::string_view name) {
  const MeterEntry* entry = find_entry(name);
  return entry != nullptr && !entry->for_gpu && !entry->of_host;
}

std::string nvml_library(const MeterOptions& options) {
  if (!options.nvml_library.empty()) return options.nvml_library;
  const char* from_environment = std::getenv("JOULEMARK_NVML_LIBRARY");
  return from_environment != nullptr ? from_environment : "libnvidia-ml.so.1";
}

Result<std::unique_ptr<Meter>> open_meter(std::string_view name, std::string_view device,
                                          const MeterOptions& options) {
  if (name == "auto" && device.starts_with("cuda")) return nvml_meter(options);
  if (name == "auto") {
    auto rapl = rapl_meter(options);
    return rapl ? std::move(rapl) : estimate_meter(options);
  }
  if (const MeterEntry* entry = find_entry(name)) return entry->open(options);
  std::string names = "auto";
  for (const MeterEntry& e : kMeters) names += fmt::format(", {}", e.name);
  return fail(ErrorKind::invalid_input, fmt::format("there is no meter '{}'", name),
              "Known meters: " + names);
}

Result<void> apply_setting(std::string_view setting, MeterOptions& o) {
  const std::size_t equals = setting.find('=');
  const std::string_view key = setting.substr(0, equals);
  const std::string value(equals == std::string_view::npos ? "" : setting.substr(equals + 1));
  bool understood = equals != std::string_view::npos;
  if (key == "waveform") {
    o.waveform = value;
  } else if (key == "trace") {
    o.trace = value;
  } else if (key == "nvml-library") {
    o.nvml_library = value;
  } else if (key == "idle-watts-per-cpu") {
    understood = understood && read_watts(value, o.power_model.idle_per_cpu);
  } else if (key == "busy-watts-per-cpu") {
    understood = understood && read_watts(value, o.power_model.busy_per_cpu);
  } else if (key == "gpu") {
    unsigned index = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), index);
    understood = error == std::errc() && end == value.data() + value.size();
    if (understood) o.gpu_index = index;
  } else {
    understood = false;
  }
  if (understood) return {};
  return fail(ErrorKind::invalid_input, fmt::format("'{}' is not a setting of a meter", setting),
              "Settings are waveform=..., trace=FILE, idle-watts-per-cpu=W, busy-watts-per-cpu=W, "
              "gpu=INDEX and nvml-library=PATH");
}

Result<void> apply_settings(const std::vector<std::string>& settings, MeterOptions& options) {
  for (const std::string& setting : settings) {
    if (auto ok = apply_setting(setting, options); !ok) return ok;
  }
  return {};
}

}  // namespace joulemark::meter
