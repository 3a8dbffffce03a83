#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "calibrate/analyse.hpp"
#include "calibrate/observe.hpp"
#include "calibrate/text.hpp"
#include "campaign/device.hpp"
#include "cli/calibration.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/open_store.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/trace.hpp"
#include "load/load.hpp"
#include "meter/registry.hpp"
#include "store/store.hpp"

/// `joulemark calibrate`: what a meter does with loads whose times are known.
namespace joulemark::cli {
namespace {

/// What one call holds open.
struct Bench {
  std::unique_ptr<load::Load> load;
  std::unique_ptr<meter::Meter> meter;
  std::unique_ptr<store::Store> store;
};

/// Checks everything that can be checked before the first load.
Result<Bench> prepare(const CalibrateOptions& o, const CommonOptions& common, Clock& clock) {
  Bench b;
  if (!o.trace.empty()) {
    if (auto ok = make_trace_folder(o.trace); !ok) return tl::unexpected(ok.error());
  }
  auto load = load::open_load(o.device, clock);
  if (!load) return tl::unexpected(load.error());
  b.load = std::move(*load);
  meter::MeterOptions options;
  options.clock = &clock;
  options.pci_bus_id = b.load->pci_bus_id();
  if (auto ok = meter::apply_settings(o.meter_options, options); !ok)
    return tl::unexpected(ok.error());
  auto meter = meter::open_meter(o.meter, o.device, options);
  if (!meter) return tl::unexpected(meter.error());
  b.meter = std::move(*meter);
  auto store = open_store(common, store::Mode::write);
  if (!store) return tl::unexpected(store.error());
  b.store = std::move(*store);
  if (const auto device = campaign::device_of(b.meter->info())) {
    if (auto claimed = b.store->claim(*device); !claimed) return tl::unexpected(claimed.error());
  }
  return b;
}

Result<meter::Calibration> calibrate(const CalibrateOptions& o, Bench& b, Clock& clock) {
  Progress progress = Progress::on_stderr(clock, 1);
  const std::string device = b.meter->info().device;
  const calibrate::Bench bench{clock, *b.meter, *b.load, interrupted(),
                               [&](const std::string& what) { progress.stage(device, what); }};
  const auto seen =
      calibrate::observe(bench, o.quick ? calibrate::Settings::quick() : calibrate::Settings{});
  progress.clear();
  if (!seen) return tl::unexpected(seen.error());
  meter::Calibration c = calibrate::analyse(*seen, b.meter->info(), b.load->description());
  c.id = make_run_id();
  c.made_at = rfc3339_now();
  c.joulemark_version = JOULEMARK_VERSION;
  if (!o.trace.empty()) {
    if (auto written = write_observations(o.trace, *seen); !written) {
      return tl::unexpected(written.error());
    }
  }
  return c;
}

}  // namespace

int run_calibrate(const CalibrateOptions& options, const CommonOptions& common) {
  catch_signals();
  SteadyClock clock;
  auto bench = prepare(options, common, clock);
  if (!bench) return report_error(bench.error(), common.json);
  const auto calibration = calibrate(options, *bench, clock);
  if (!calibration) return report_error(calibration.error(), common.json);
  if (auto stored = bench->store->append(to_stored(*calibration)); !stored) {
    return report_error(stored.error(), common.json);
  }
  if (common.json) {
    fmt::print("{}\n", calibrate::to_json(*calibration));
  } else {
    fmt::print("{}\nStored in {}; `joulemark measure --db {}` uses it for this device.\n",
               calibrate::to_words(*calibration), common.db.text(), common.db.argument());
  }
  return kOk;
}

}  // namespace joulemark::cli
