#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace joulemark::store {

/// One measuring window: `seconds` of wall time whose edges lie on meter updates.
struct Window {
  double start_s = 0.0;  ///< since the start of the first window
  double seconds = 0.0;
  double joules = 0.0;                    ///< counter difference (gross)
  double images = 0.0;                    ///< interpolated between completions, so fractional
  std::optional<double> joules_integral;  ///< second estimator: integral of power samples
};

/// One row per configuration and batch policy: what left the measurement, or how it failed.
/// Field names are the exported column names of docs/columns.md. Absent means unknown.
struct Record {
  std::string run;       ///< unique, sortable by time: "20261124T101512Z-7f3a9c"
  std::string campaign;  ///< groups the rows of one `measure` call: its first run's id
  std::string model, architecture, input_size, setup, runtime, runtime_version, device, meter,
      scope;
  std::string board;  ///< which one of its name the device is; empty where its driver does not say
  std::string precision, layout, format;
  std::optional<std::int64_t> batch;
  std::string policy;  ///< batch_1 | throughput | min_energy | fixed

  std::optional<double> energy_j_per_image;
  std::optional<double> energy_net_j_per_image;
  std::optional<double> ci95_rel;
  std::optional<double> systematic_rel;
  std::optional<double> images_per_s;
  std::optional<double> latency_ms_p50, latency_ms_p99;
  std::optional<double> power_w, power_max_w;
  std::optional<double> energy_delay_js;  ///< J/image x s/image
  std::optional<double> idle_w;           ///< subtracted for the net figure
  std::optional<double> temperature_c;    ///< of the device: mean of start and end
  std::optional<std::int64_t> windows_count;
  std::optional<double> seconds;
  std::optional<double> estimator_gap_rel;
  std::vector<std::string> flags;
  std::string weights;      ///< pretrained | live:SEED | default:SEED
  std::string status;       ///< ok | a failure's name
  std::string message;      ///< the failure in words; empty when ok
  std::string measured_at;  ///< RFC 3339, UTC
  std::string method;       ///< method version
  std::string artefact_sha256;

  std::vector<Window> windows;
  /// Reasons behind systematic_rel, one term each: {"sensor": 0.01, "weights_random": 0.035}.
  std::map<std::string, double> systematic_terms;
  std::string conditions_json;  ///< {"start": {...}, "end": {...}}
  std::string provenance_json;  ///< versions, driver, descriptor, batch search, timing, idle states
};

/// What `joulemark calibrate` found out about a meter, as the calibration's own JSON.
struct StoredCalibration {
  std::string id;  ///< unique, sortable by time
  std::string meter, device, device_id;
  std::string made_at;  ///< RFC 3339, UTC
  std::string json;
};

}  // namespace joulemark::store
