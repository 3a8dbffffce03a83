#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "campaign/session.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/open_store.hpp"
#include "cli/progress.hpp"
#include "cli/trace.hpp"
#include "report/table.hpp"
#include "store/columns.hpp"
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
                                                    const runtime::WorkerDevice& device) {
  std::vector<zoo::Descriptor> models;
  for (const std::string& name : o.models) {
    auto found = zoo::find(common.models, {name, o.format, o.precision, o.layout, device.kind()});
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
  s.limit_run(from_seconds(o.max_seconds));
  s.largest_batch = o.max_batch;
  s.step_timeout = from_seconds(o.step_timeout);
  return s;
}

campaign::SessionOptions session_options(const MeasureOptions& o) {
  campaign::SessionOptions s;
  s.runtime = o.runtime;
  s.worker = o.worker;
  s.worker_options = o.worker_options;
  s.device = o.device;
  s.meter = o.meter;
  s.threads = o.threads;
  s.strict = o.strict;
  s.setup = o.setup;
  s.campaign = make_run_id();
  s.joulemark_version = JOULEMARK_VERSION;
  s.settings = settings_from(o);
  return s;
}

/// What one call of `measure` has to do, and what has come of it.
struct Sitting {
  std::unique_ptr<campaign::Session> session;
  std::vector<zoo::Descriptor> models;
  std::vector<measure::Policy> policies;
  std::vector<store::Record> rows;
};

/// Checks everything that can be checked before the first joule, cheapest first.
Result<Sitting> prepare(const MeasureOptions& o, const CommonOptions& common, Clock& clock) {
  Sitting sitting;
  auto policies = parse_policies(o.batch);
  if (!policies) return tl::unexpected(policies.error());
  sitting.policies = std::move(*policies);
  campaign::SessionOptions options = session_options(o);
  options.store = store_options(common);
  if (auto ok = meter::apply_settings(o.meter_options, options.meter_options); !ok)
    return tl::unexpected(ok.error());
  if (!o.trace.empty()) {
    if (auto ok = make_trace_folder(o.trace); !ok) return tl::unexpected(ok.error());
  }
  auto station = campaign::find_station(options, clock, interrupted());
  if (!station) return tl::unexpected(station.error());
  auto models = resolve_models(o, common, station->device);
  if (!models) return tl::unexpected(models.error());
  sitting.models = std::move(*models);
  options.several = sitting.models.size() > 1;
  auto session = campaign::Session::open(std::move(options), std::move(*station), common.db, clock,
                                         interrupted());
  if (!session) return tl::unexpected(session.error());
  sitting.session = std::move(*session);
  return sitting;
}

Result<void> measure_idle(const MeasureOptions& o, campaign::Session& session, Progress& progress) {
  if (o.no_idle) return {};
  return session.measure_idle(from_seconds(o.idle_seconds), [&](const std::string& what) {
    progress.stage(session.meter().device, what);
  });
}

/// Measures one model under all policies; each row is stored before the next is begun.
Result<void> measure_one(const MeasureOptions& o, Sitting& sitting,
                         const zoo::Descriptor& descriptor, Progress& progress) {
  return sitting.session->measure(
      descriptor, {o.cuda_graph}, sitting.policies,
      [&](const std::string& what) { progress.stage(descriptor.name, what); },
      [&](const store::Record& r, const measure::Outcome& outcome) -> Result<void> {
        if (!o.trace.empty() && outcome.run) {
          if (auto traced = write_trace(o.trace, r.run, *outcome.run); !traced) return traced;
        }
        progress.finished(report::one_line(r));
        sitting.rows.push_back(r);
        return {};
      });
}

Result<void> measure_all(const MeasureOptions& o, Sitting& sitting, Clock& clock) {
  Progress progress = Progress::on_stderr(clock, sitting.models.size() * sitting.policies.size());
  auto done = measure_idle(o, *sitting.session, progress);
  for (std::size_t i = 0; done && i < sitting.models.size(); ++i) {
    done = measure_one(o, sitting, sitting.models[i], progress);
  }
  progress.clear();
  return done;
}

/// A sensor with an update period of its own is one that a calibration can tell something about.
void say_when_not_calibrated(const campaign::Session& session, const MeasureOptions& o) {
  const meter::MeterInfo& info = session.meter();
  const bool is_sensor = info.scope != meter::Scope::simulated && !info.estimated;
  if (!is_sensor || !info.calibration.empty()) return;
  fmt::print(stderr,
             "{} is not calibrated: lag and aliasing of its sensor are not known here. "
             "`joulemark calibrate --device {}` finds them in 80 s.\n",
             info.device, o.device == "auto" ? session.device().name : o.device);
}

int summarise(const Sitting& c, const Result<void>& ended, const CommonOptions& common) {
  if (common.json) {
    auto j = nlohmann::ordered_json::object();
    j["campaign"] = c.session->campaign();
    j["rows"] = nlohmann::ordered_json::parse(store::to_json(c.rows));
    if (!ended) {
      const Error& e = ended.error();
      j["error"] = {{"kind", name(e.kind)}, {"what", e.what}, {"next", e.next}};
    }
    fmt::print("{}\n", j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (!c.rows.empty()) {
    fmt::print("{}", report::ranked_table(c.rows));
    fmt::print("\nStored in {}. Next: joulemark report, or joulemark show {}\n", common.db.text(),
               c.rows.back().run);
  }
  if (!ended) {
    Error e = ended.error();
    if (e.kind == ErrorKind::interrupted) {
      e.next = fmt::format("{} complete rows are kept in {}", c.rows.size(), common.db.text());
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
  auto sitting = prepare(options, common, clock);
  if (!sitting) return report_error(sitting.error(), common.json);
  say_when_not_calibrated(*sitting->session, options);
  const Result<void> ended = measure_all(options, *sitting, clock);
  return summarise(*sitting, ended, common);
}

}  // namespace joulemark::cli
