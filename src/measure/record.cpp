#include "measure/record.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <nlohmann/json.hpp>

namespace joulemark::measure {
namespace {

using nlohmann::json;

template <class T>
void put(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

json to_json(const meter::Conditions& c) {
  json j = json::object();
  put(j, "clock_mhz", c.clock_mhz);
  put(j, "clock_max_mhz", c.clock_max_mhz);
  put(j, "memory_clock_mhz", c.memory_clock_mhz);
  put(j, "temperature_c", c.temperature_c);
  if (c.power_limit) j["power_limit_w"] = c.power_limit->value;
  j["throttle_reasons"] = c.throttle_reasons;
  put(j, "mig", c.mig);
  put(j, "ecc", c.ecc);
  put(j, "persistence", c.persistence);
  j["other_processes"] = c.other_processes.size();
  put(j, "host_busy", c.host_busy);
  if (!c.driver.empty()) j["driver"] = c.driver;
  return j;
}

std::string conditions_json(const RunReport& run) {
  const RunConditions& seen = run.conditions;
  json j = json::object();
  if (seen.all.empty()) return j.dump();
  j["start"] = to_json(seen.all.front());
  j["end"] = to_json(seen.all.back());
  j["range"] = {{"looks", seen.all.size()},
                {"looks_s", seconds(seen.asking)},
                {"throttle_reasons", seen.throttle_reasons()}};
  const auto put_range = [&](const char* key, const std::optional<Range>& r) {
    if (r) j["range"][key] = {r->least, r->greatest};
  };
  put_range("clock_mhz", seen.range(&meter::Conditions::clock_mhz));
  put_range("temperature_c", seen.range(&meter::Conditions::temperature_c));
  put_range("power_limit_w", seen.power_limit());
  return j.dump();
}

json search_json(const BatchSearch& search) {
  json bursts = json::array();
  for (const Burst& b : search.bursts()) {
    json burst = {{"batch", b.batch},
                  {"images_per_s", b.throughput.value},
                  {"preparing_s", seconds(b.took.preparing)},
                  {"running_s", seconds(b.took.running)}};
    if (b.energy) burst["rough_j_per_image"] = b.energy->value;
    bursts.push_back(std::move(burst));
  }
  json j = {{"first", search.first()}, {"bursts", std::move(bursts)}};
  put(j, "out_of_memory_at", search.memory_limit());
  if (search.cut_short()) j["cut_short"] = true;
  return j;
}

std::string provenance_json(const RecordContext& context, const Subject& subject,
                            const Outcome& outcome) {
  const zoo::Descriptor& d = subject.descriptor;
  json j = {
      {"joulemark", context.joulemark_version},
      {"sitting", context.sitting},
      {"exporter", d.exporter},
      {"meter",
       {{"name", context.meter.name},
        {"device_id", context.meter.device_id},
        {"resolution_j", context.meter.resolution.value},
        {"query_cost_s", seconds(context.meter.query_cost)},
        {"systematic", context.meter.systematic_reason},
        {"calibration",
         context.meter.calibration.empty() ? json(nullptr) : json(context.meter.calibration)},
        {"energy_lag_s", seconds(context.meter.energy_lag)},
        {"ring_lag_s", seconds(context.meter.ring_lag)}}},
      {"settings",
       {{"target_rel", context.settings.target_rel},
        {"longest_run_s", seconds(context.settings.longest_run)},
        {"shortest_window_s", seconds(context.settings.shortest_window)},
        {"queue_depth", context.settings.queue_depth},
        {"threads", subject.threads},
        {"cuda_graph", subject.cuda_graph}}},
  };
  put(j, "job", context.job);
  if (context.devices > 1) j["beside"] = {{"devices", context.devices}, {"cpus", context.cpus}};
  if (context.idle) {
    j["idle"] = {{"power_w", context.idle->power.value},
                 {"seconds", seconds(context.idle->length)},
                 {"waited_s", seconds(context.idle->waited)},
                 {"settled", context.idle->settled},
                 {"state", "no worker on the device"},
                 {"other_processes", context.idle->other_processes}};
    put(j["idle"], "ci95_rel", context.idle->ci95_rel);
  }
  if (outcome.load) {
    j["load"] = {{"seconds", seconds(outcome.load->loaded.load_time)},
                 {"ready_after_s", seconds(outcome.load->ready_after)}};
    put(j["load"], "device_memory_bytes", outcome.load->loaded.device_memory_bytes);
    put(j["load"], "host_memory_bytes", outcome.load->loaded.host_memory_bytes);
    if (!outcome.load->loaded.settings_json.empty()) {
      j["load"]["settings"] = json::parse(outcome.load->loaded.settings_json, nullptr, false);
    }
    j["gate"] = {{"images", outcome.load->gate.images},
                 {"batch", outcome.load->gate.batch},
                 {"top1_agree", outcome.load->gate.top1_agree},
                 {"worst_relative_error", outcome.load->gate.worst_relative_error},
                 {"tolerance", gate_tolerance(d.precision, d.eager_error)}};
    put(j["gate"], "eager_error", d.eager_error);
  }
  j["time_s"] = {{"row", seconds(outcome.took)},
                 {"search", seconds(outcome.searched)},
                 {"check", seconds(outcome.checked)}};
  if (outcome.run) j["time_s"]["run"] = seconds(outcome.run->ran);
  if (outcome.search) j["batch_search"] = search_json(*outcome.search);
  if (outcome.run) {
    const RunReport& run = *outcome.run;
    j["run"] = {{"preparing_s", seconds(run.preparing)},
                {"warm_up_s", seconds(run.warm_up)},
                {"to_first_window_s", seconds(run.to_first_window)},
                {"reached_target", run.reached_target},
                {"edge_uncertainty_s", seconds(run.edge_uncertainty)},
                {"controller_cpu_share", run.controller_cpu_share},
                {"energy_queries", run.queries.count},
                {"energy_query_s", seconds(run.queries.time)}};
    if (run.host) {
      j["run"]["host"] = {{"others_cpus", run.host->others_cpus},
                          {"stolen_cpus", run.host->stolen_cpus}};
    }
    put(j["run"], "waited_share", run.waited_share);
    put(j["run"], "host_spare", run.host_spare);
    put(j["run"], "pace_spread", run.pace_spread);
    if (run.shortest_step) j["run"]["shortest_step_s"] = seconds(*run.shortest_step);
    if (run.tick_period) j["run"]["tick_period_s"] = seconds(*run.tick_period);
    if (run.clocks.asleep.count() != 0) j["run"]["asleep_s"] = seconds(run.clocks.asleep);
    if (run.clocks.wall.count() != 0) j["run"]["wall_clock_set_s"] = seconds(run.clocks.wall);
  }
  return j.dump();
}

/// True when the batch was to be the best one and the search for it ran out of time.
bool batch_was_cut_short(const Outcome& outcome) {
  const bool searched = outcome.policy.kind == PolicyKind::throughput ||
                        outcome.policy.kind == PolicyKind::min_energy;
  return searched && outcome.search && outcome.search->cut_short();
}

/// Integral of power over counter, less one, over the windows that have both. The newest sample can
/// be older than the last window's end, so that one may have none. Absent when fewer than half have
/// both: then the two did not see the same run.
std::optional<double> estimator_gap(const RunReport& run) {
  Joules counter;
  Joules integral;
  std::size_t both = 0;
  for (std::size_t i = 0; i < run.windows.size(); ++i) {
    if (!run.window_integrals[i]) continue;
    ++both;
    counter += run.windows[i].energy;
    integral += *run.window_integrals[i];
  }
  if (2 * both < run.windows.size() || counter.value <= 0.0) return std::nullopt;
  return integral / counter - 1.0;
}

std::vector<store::Window> windows_of(const RunReport& run) {
  std::vector<store::Window> windows;
  for (std::size_t i = 0; i < run.windows.size(); ++i) {
    const MeasuredWindow& w = run.windows[i];
    store::Window out;
    out.start_s = seconds(w.from - run.windows.front().from);
    out.seconds = seconds(w.to - w.from);
    out.joules = w.energy.value;
    out.images = w.images.value;
    if (run.window_integrals[i]) out.joules_integral = run.window_integrals[i]->value;
    windows.push_back(out);
  }
  return windows;
}

std::optional<double> weights_term(const zoo::Weights& weights) {
  if (weights.origin == "pretrained") return std::nullopt;
  return weights.origin == "default" ? kDefaultWeightsTerm : kLiveWeightsTerm;
}

void add_systematic(const RecordContext& context, const Subject& subject, const RunReport& run,
                    const Totals& t, store::Record& r) {
  r.systematic_terms =
      meter_terms(context.meter, run.edge_uncertainty, t.energy, t.time, run.step_seconds);
  const meter::MeterInfo& meter = context.meter;
  if (run.host_spare && meter.launch_spread_rel && meter.waiting_power) {
    r.systematic_terms["host"] = host_term(*meter.launch_spread_rel, *run.host_spare,
                                           *meter.waiting_power, t.energy / t.time);
  }
  if (const auto term = weights_term(subject.descriptor.weights))
    r.systematic_terms["weights_random"] = *term;
  r.systematic_rel = combined(r.systematic_terms);
}

/// What was seen, whether or not it gives a number.
void add_windows(const RunReport& run, store::Record& r) {
  r.windows = windows_of(run);
  r.windows_count = static_cast<std::int64_t>(run.windows.size());
  r.seconds = seconds(totals(run).time);
}

void add_numbers(const RecordContext& context, const Subject& subject, const RunReport& run,
                 store::Record& r) {
  const Totals t = totals(run);
  const JoulesPerImage gross = t.energy / t.images;
  const ImagesPerSecond rate = t.images / t.time;
  r.energy_j_per_image = gross.value;
  if (context.idle) {
    const Joules idle = context.idle->power * t.time;
    r.energy_net_j_per_image = ((t.energy - idle) / t.images).value;
    r.idle_w = context.idle->power.value;
  }
  if (const auto interval = mean_interval(per_image(run.windows))) {
    r.ci95_rel = interval->relative();
  }
  r.images_per_s = rate.value;
  const auto in_ms = [](std::optional<double> s) {
    return s ? std::optional(*s * 1e3) : std::nullopt;
  };
  r.latency_ms_p50 = in_ms(quantile(run.step_seconds, 0.50));
  r.latency_ms_p99 = in_ms(quantile(run.step_seconds, 0.99));
  r.power_w = (t.energy / t.time).value;
  if (run.power_max) r.power_max_w = run.power_max->value;
  r.energy_delay_js = gross.value / rate.value;
  r.estimator_gap_rel = estimator_gap(run);
  add_systematic(context, subject, run, t, r);
}

}  // namespace

std::map<std::string, double> meter_terms(const meter::MeterInfo& meter,
                                          Nanoseconds edge_uncertainty, Joules energy,
                                          Nanoseconds measured, std::span<const double> steps) {
  std::map<std::string, double> terms = {{"sensor", meter.systematic_rel}};
  // Both outer edges may be off by the uncertainty; inner edges cancel between neighbours.
  if (edge_uncertainty.count() > 0) {
    terms["edges"] = std::numbers::sqrt2 * seconds(edge_uncertainty) / seconds(measured);
  }
  if (const auto sensor = sampled_sensor(meter, energy / measured)) {
    terms["aliasing"] = aliasing_term(*sensor, steps, seconds(measured));
  }
  return terms;
}

double combined(const std::map<std::string, double>& terms) {
  double sum = 0.0;
  for (const auto& [term, value] : terms) sum += value * value;
  return std::sqrt(sum);
}

store::Record make_record(const RecordContext& context, const Subject& subject,
                          const Outcome& outcome, std::string run_id, std::string measured_at) {
  const zoo::Descriptor& d = subject.descriptor;
  store::Record r;
  r.run = std::move(run_id);
  r.campaign = context.campaign;
  r.model = d.tag ? d.architecture + "." + *d.tag : d.architecture;
  r.architecture = d.architecture;
  r.input_size = d.input_size_text();  // a model that could not be exported has none
  r.setup = context.setup;
  r.runtime = subject.runtime;
  if (outcome.load) r.runtime_version = outcome.load->hello.runtime_version;
  r.device = context.meter.device;
  r.board = context.meter.device_id;
  r.meter = context.meter.name;
  r.scope = std::string(meter::name(context.meter.scope));
  r.precision = d.precision;
  r.layout = d.layout;
  r.format = d.format;
  r.batch = outcome.batch;
  r.policy = std::string(name(outcome.policy.kind));
  r.weights = d.weights.label();
  r.measured_at = std::move(measured_at);
  r.method = kMethodVersion;
  if (outcome.load) r.artefact_sha256 = outcome.load->artefact.sha256;
  r.provenance_json = provenance_json(context, subject, outcome);
  if (!outcome.run) {
    r.status = std::string(name(outcome.run.error().kind));
    r.message = outcome.run.error().message();
    return r;
  }
  const RunReport& run = *outcome.run;
  r.conditions_json = conditions_json(run);
  r.temperature_c = run.conditions.temperature_c();
  add_windows(run, r);
  if (run.unstable) {
    r.status = std::string(name(run.unstable->kind));
    r.message = run.unstable->message();
  } else {
    r.status = "ok";
    add_numbers(context, subject, run, r);
  }
  FlagInput seen;
  seen.meter = &context.meter;
  seen.conditions = run.conditions.all;
  seen.windows = run.windows;
  seen.estimator_gap_rel = r.estimator_gap_rel;
  seen.steady = run.steady;
  seen.weights_random = d.weights.origin != "pretrained";
  seen.search_cut = batch_was_cut_short(outcome);
  seen.idle_subtracted = r.energy_net_j_per_image.has_value();
  if (context.idle) seen.others_while_idle = context.idle->other_processes;
  seen.host = run.host;
  seen.host_spare = run.host_spare;
  seen.samples_missing = run.samples_missing;
  seen.wall_clock_set = run.clocks.wall;
  r.flags = flags(seen);
  return r;
}

}  // namespace joulemark::measure
