#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/calibration.hpp"
#include "cli/commands.hpp"
#include "cli/device.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/trace.hpp"
#include "measure/model.hpp"
#include "measure/record.hpp"
#include "meter/registry.hpp"
#include "report/table.hpp"
#include "runtime/folder.hpp"
#include "runtime/process_worker.hpp"
#include "store/columns.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// `joulemark measure MODEL...`: from names to stored rows.
namespace joulemark::cli {
namespace {

Result<std::vector<measure::Policy>> parse_policies(const std::vector<std::string>& texts) {
  std::vector<measure::Policy> policies;
  for (const std::string& text : texts) {
    const auto policy = measure::parse_policy(text);
    if (!policy) return tl::unexpected(policy.error());
    policies.push_back(*policy);
  }
  return policies;
}

Result<std::vector<zoo::Descriptor>> resolve_models(const MeasureOptions& o,
                                                    const CommonOptions& common,
                                                    const std::string& device) {
  const std::string kind = device.substr(0, device.find(':'));
  std::vector<zoo::Descriptor> models;
  for (const std::string& name : o.models) {
    auto found = zoo::find(common.models, {name, o.format, o.precision, o.layout, kind});
    if (!found) return tl::unexpected(found.error());
    for (zoo::Descriptor& d : *found) {
      const bool there = std::any_of(models.begin(), models.end(), [&](const zoo::Descriptor& m) {
        return m.folder == d.folder;
      });
      if (!there) models.push_back(std::move(d));
    }
  }
  return models;
}

measure::Settings settings_from(const MeasureOptions& o) {
  measure::Settings s;
  s.target_rel = o.target_rel;
  s.longest_run = from_seconds(o.max_seconds);
  // Five windows and a warm-up must fit, also into a short run.
  s.shortest_window = std::min<Nanoseconds>(s.shortest_window, s.longest_run / 12);
  s.largest_batch = o.max_batch;
  s.step_timeout = from_seconds(o.step_timeout);
  return s;
}

/// "nvidia-h200-torch-torchscript-fp16-channels_last": a name that two machines of a kind share.
std::string default_setup(const meter::MeterInfo& meter, const std::string& runtime,
                          const zoo::Descriptor& d) {
  std::string device;
  for (const char c : meter.device) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0) {
      device += static_cast<char>(std::tolower(u));
    } else if (!device.empty() && device.back() != '-') {
      device += '-';
    }
  }
  while (device.ends_with('-')) device.pop_back();
  return fmt::format("{}-{}-{}-{}-{}", device, runtime, d.format, d.precision, d.layout);
}

/// With --strict, a result under conditions that a flag names is a failure.
void apply_strictness(store::Record& r) {
  const std::vector<std::string> bad = measure::refused_by_strict(r.flags);
  if (r.status != "ok" || bad.empty()) return;
  store::Record refused = r;
  refused.status = name(ErrorKind::unstable);
  refused.message = fmt::format("--strict refuses flagged results: {}", join_words(bad));
  refused.energy_j_per_image.reset();
  refused.energy_net_j_per_image.reset();
  r = std::move(refused);
}

/// Everything that one call of `measure` holds open.
struct Campaign {
  std::unique_ptr<meter::Meter> device_meter;
  std::unique_ptr<meter::Meter> meter;  ///< the same, with what its calibration knows
  std::unique_ptr<measure::MeterObserver> observer;
  std::unique_ptr<store::Store> store;
  runtime::WorkerProgram program;
  runtime::WorkerDevice device;
  std::vector<zoo::Descriptor> models;
  std::vector<measure::Policy> policies;
  measure::Settings settings;
  measure::RecordContext context;
  std::vector<store::Record> rows;
};

/// Checks everything that can be checked before the first joule, cheapest first.
Result<Campaign> prepare(const MeasureOptions& o, const CommonOptions& common, Clock& clock) {
  Campaign c;
  auto policies = parse_policies(o.batch);
  if (!policies) return tl::unexpected(policies.error());
  c.policies = std::move(*policies);
  meter::MeterOptions meter_options;
  meter_options.clock = &clock;
  for (const std::string& setting : o.meter_options) {
    if (auto ok = meter::apply_setting(setting, meter_options); !ok)
      return tl::unexpected(ok.error());
  }
  if (!o.trace.empty()) {
    if (auto ok = make_trace_folder(o.trace); !ok) return tl::unexpected(ok.error());
  }
  auto program = runtime::find_worker(o.runtime, o.worker);
  if (!program) return tl::unexpected(program.error());
  c.program = std::move(*program);
  runtime::sweep_stale_folders(runtime::temporary_root());

  auto device = choose_device(c.program, o.device, clock, &interrupted());
  if (!device) return tl::unexpected(device.error());
  c.device = std::move(*device);
  auto models = resolve_models(o, common, c.device.name);
  if (!models) return tl::unexpected(models.error());
  c.models = std::move(*models);

  meter_options.pci_bus_id = c.device.pci_bus_id;
  auto meter = meter::open_meter(o.meter, c.device.name, meter_options);
  if (!meter) return tl::unexpected(meter.error());
  c.device_meter = std::move(*meter);
  auto store = store::open_sqlite(common.db, store::Mode::write);
  if (!store) return tl::unexpected(store.error());
  c.store = std::move(*store);
  const auto calibration = find_calibration(*c.store, c.device_meter->info());
  if (!calibration) return tl::unexpected(calibration.error());
  c.meter = meter::calibrated(*c.device_meter, calibration->value_or(meter::Calibration{}));

  c.observer = std::make_unique<measure::MeterObserver>(*c.meter, clock);
  c.settings = settings_from(o);
  c.context.campaign = make_run_id();
  c.context.joulemark_version = JOULEMARK_VERSION;
  c.context.meter = c.meter->info();
  c.context.settings = c.settings;
  return c;
}

Result<void> measure_idle(const MeasureOptions& o, Campaign& c, const measure::Bench& bench,
                          Progress& progress) {
  if (o.no_idle) return {};
  progress.stage(c.meter->info().device, "idle power");
  const auto idle = measure::measure_idle(bench, from_seconds(o.idle_seconds));
  if (!idle) return tl::unexpected(idle.error());
  c.context.idle = *idle;
  return {};
}

/// Measures one model under all policies; each row is stored before the next is begun.
Result<void> measure_one(const MeasureOptions& o, Campaign& c, const zoo::Descriptor& descriptor,
                         measure::Bench bench, Progress& progress) {
  measure::Subject subject{descriptor, o.runtime,    c.device.name,
                           o.threads,  o.cuda_graph, o.worker_options};
  c.context.setup =
      o.setup.empty() ? default_setup(c.context.meter, o.runtime, descriptor) : o.setup;
  bench.progress = [&](const std::string& what) { progress.stage(descriptor.name, what); };
  runtime::StartOptions start;
  start.threads = o.threads;
  start.interrupted = &interrupted();
  return measure::measure_model(
      subject, c.policies, bench, c.settings,
      [&] { return runtime::start_worker(c.program, start, bench.clock); },
      [&](const measure::Outcome& outcome) -> Result<void> {
        store::Record r =
            measure::make_record(c.context, subject, outcome, make_run_id(), rfc3339_now());
        if (o.strict) apply_strictness(r);
        if (auto stored = c.store->append(r); !stored) return stored;
        if (!o.trace.empty() && outcome.run) {
          if (auto traced = write_trace(o.trace, r.run, *outcome.run); !traced) return traced;
        }
        progress.finished(report::one_line(r));
        c.rows.push_back(std::move(r));
        return {};
      });
}

Result<void> measure_all(const MeasureOptions& o, Campaign& c, Clock& clock) {
  Progress progress = Progress::on_stderr(clock, c.models.size() * c.policies.size());
  const measure::Bench bench{clock, *c.observer, interrupted(), {}};
  auto done = measure_idle(o, c, bench, progress);
  for (std::size_t i = 0; done && i < c.models.size(); ++i) {
    done = measure_one(o, c, c.models[i], bench, progress);
  }
  progress.clear();
  return done;
}

/// A sensor with an update period of its own is one that a calibration can tell something about.
void say_when_not_calibrated(const Campaign& c, const MeasureOptions& o) {
  const meter::MeterInfo& info = c.meter->info();
  const bool is_sensor = info.scope != meter::Scope::simulated && !info.estimated;
  if (!is_sensor || !info.calibration.empty()) return;
  fmt::print(stderr,
             "{} is not calibrated: lag and aliasing of its sensor are not known here. "
             "`joulemark calibrate --device {}` finds them in 80 s.\n",
             info.device, o.device == "auto" ? c.device.name : o.device);
}

int summarise(const Campaign& c, const Result<void>& ended, const CommonOptions& common) {
  if (common.json) {
    auto j = nlohmann::ordered_json::object();
    j["campaign"] = c.context.campaign;
    j["rows"] = nlohmann::ordered_json::parse(store::to_json(c.rows));
    if (!ended) {
      const Error& e = ended.error();
      j["error"] = {{"kind", name(e.kind)}, {"what", e.what}, {"next", e.next}};
    }
    fmt::print("{}\n", j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (!c.rows.empty()) {
    fmt::print("{}", report::ranked_table(c.rows));
    fmt::print("\nStored in {}. Next: joulemark report, or joulemark show {}\n", common.db.string(),
               c.rows.back().run);
  }
  if (!ended) {
    Error e = ended.error();
    if (e.kind == ErrorKind::interrupted) {
      e.next = fmt::format("{} complete rows are kept in {}", c.rows.size(), common.db.string());
    }
    return report_error(e, false);
  }
  const auto failed = std::count_if(c.rows.begin(), c.rows.end(),
                                    [](const store::Record& r) { return r.status != "ok"; });
  if (failed == 0) return kOk;
  return static_cast<std::size_t>(failed) == c.rows.size() ? kNothingMeasured : kSomeFailed;
}

}  // namespace

int run_measure(const MeasureOptions& options, const CommonOptions& common) {
  catch_signals();
  SteadyClock clock;
  auto campaign = prepare(options, common, clock);
  if (!campaign) return report_error(campaign.error(), common.json);
  say_when_not_calibrated(*campaign, options);
  const Result<void> ended = measure_all(options, *campaign, clock);
  return summarise(*campaign, ended, common);
}

}  // namespace joulemark::cli
