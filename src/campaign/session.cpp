#include "campaign/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"
#include "calibrate/text.hpp"
#include "campaign/device.hpp"
#include "meter/host.hpp"
#include "meter/sysfs.hpp"
#include "runtime/folder.hpp"

namespace joulemark::campaign {
namespace {

using namespace std::chrono_literals;

/// With `strict`, a result under conditions that a flag names is a failure.
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

}  // namespace

Result<Station> find_station(const SessionOptions& options, Clock& clock,
                             const std::atomic<bool>& interrupted) {
  auto program = runtime::find_worker(options.runtime, options.worker);
  if (!program) return tl::unexpected(program.error());
  runtime::sweep_stale_folders(runtime::temporary_root());
  auto device = choose_device(*program, options.device, clock, &interrupted);
  if (!device) return tl::unexpected(device.error());
  return Station{std::move(*program), std::move(*device)};
}

Result<std::optional<meter::Calibration>> find_calibration(store::Store& store,
                                                           const meter::MeterInfo& meter) {
  const auto stored = store.newest_calibration(meter.name, meter.device, meter.device_id);
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  auto calibration = calibrate::from_json((*stored)->json);
  if (!calibration) return tl::unexpected(calibration.error());
  return std::optional(std::move(*calibration));
}

std::string default_setup(const meter::MeterInfo& meter, const std::string& runtime,
                          const zoo::Descriptor& d, const Turn& turn) {
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
  return fmt::format("{}-{}-{}-{}-{}{}{}", device, runtime, d.format, d.precision, d.layout,
                     d.weights.origin == "default" ? "-default_weights" : "",
                     turn.cuda_graph ? "-cuda_graph" : "");
}

Session::Session(SessionOptions options, Station station, Clock& clock,
                 const std::atomic<bool>& interrupted)
    : options_(std::move(options)),
      station_(std::move(station)),
      clock_(clock),
      interrupted_(interrupted) {}

Result<std::unique_ptr<Session>> Session::open(SessionOptions options, Station station,
                                               const store::Location& db, Clock& clock,
                                               const std::atomic<bool>& interrupted) {
  std::unique_ptr<Session> s(
      new Session(std::move(options), std::move(station), clock, interrupted));
  meter::MeterOptions meter_options = s->options_.meter_options;
  meter_options.clock = &clock;
  meter_options.pci_bus_id = s->station_.device.pci_bus_id;
  auto meter = meter::open_meter(s->options_.meter, s->station_.device.name, meter_options);
  if (!meter) return tl::unexpected(meter.error());
  s->device_meter_ = std::move(*meter);
  auto store = store::open_store(db, store::Mode::write, s->options_.store);
  if (!store) return tl::unexpected(store.error());
  s->store_ = std::move(*store);
  if (const auto claimed = device_of(s->device_meter_->info())) {
    if (auto ok = s->store_->claim(*claimed); !ok) return tl::unexpected(ok.error());
  }
  const auto calibration = s->calibration_of(s->device_meter_->info());
  if (!calibration) return tl::unexpected(calibration.error());
  s->meter_ = meter::calibrated(*s->device_meter_, calibration->value_or(meter::Calibration{}));
  s->observer_ = std::make_unique<measure::MeterObserver>(*s->meter_, clock);
  s->context_.campaign = s->options_.campaign;
  s->context_.sitting = make_run_id();
  s->context_.devices = s->options_.devices;
  s->context_.cpus = meter::cpu_list_text(meter::allowed_cpus());
  s->context_.joulemark_version = s->options_.joulemark_version;
  s->context_.meter = s->meter_->info();
  s->context_.settings = s->options_.settings;
  return s;
}

Result<std::optional<meter::Calibration>> Session::calibration_of(const meter::MeterInfo& meter) {
  auto own = find_calibration(*store_, meter);
  if (!own || *own) return own;
  const auto other = other_store();
  if (!other) return tl::unexpected(other.error());
  return *other ? find_calibration(**other, meter) : own;
}

/// Null where there is none.
Result<std::unique_ptr<store::Store>> Session::other_store() const {
  if (options_.other_database.empty()) return nullptr;
  auto other = store::open_sqlite(options_.other_database, store::Mode::read);
  if (!other && other.error().kind == ErrorKind::not_found) return nullptr;
  return other;
}

/// Where the search for a batch is likely to end, by earlier rows of either database. Of the least
/// energy that is not known: it may lie at a size far below that of the best throughput.
Result<std::optional<std::int64_t>> Session::likely_batch(
    const zoo::Descriptor& descriptor, const std::vector<measure::Policy>& policies) {
  const auto has = [&](measure::PolicyKind kind) {
    return std::any_of(policies.begin(), policies.end(),
                       [&](const measure::Policy& policy) { return policy.kind == kind; });
  };
  if (!has(measure::PolicyKind::throughput) || has(measure::PolicyKind::min_energy))
    return std::nullopt;
  if (!earlier_) {
    EarlierBatches earlier;
    const auto other = other_store();
    if (!other) return tl::unexpected(other.error());
    if (*other) {
      if (auto ok = earlier.read(**other); !ok) return tl::unexpected(ok.error());
    }
    if (auto ok = earlier.read(*store_); !ok) return tl::unexpected(ok.error());
    earlier_ = std::move(earlier);
  }
  return earlier_->likely(descriptor, context_.meter);
}

/// A scheduler ends all processes of a job at once. That a worker died is then seen before the
/// signal that is meant for this process too, and is no property of the model.
bool Session::ends_too() {
  constexpr Nanoseconds kPatience = 500ms;
  const Instant until = clock_.now() + kPatience;
  while (!interrupted_ && clock_.now() < until) clock_.sleep_until(until);
  return interrupted_;
}

Result<void> Session::measure_idle(Nanoseconds length, const Say& say) {
  next_.reset();  // "no worker on the device" is what the row will say
  const auto idle = measure::measure_idle({clock_, *observer_, interrupted_, say}, length);
  if (!idle) return tl::unexpected(idle.error());
  context_.idle = *idle;
  return {};
}

measure::Subject Session::subject_of(const zoo::Descriptor& descriptor, const Turn& turn) {
  context_.setup = options_.setup.empty()
                       ? default_setup(context_.meter, options_.runtime, descriptor, turn)
                       : options_.setup;
  context_.job = turn.job;
  return {descriptor,       options_.runtime, station_.device.name,
          options_.threads, turn.cuda_graph,  options_.worker_options};
}

Result<store::Record> Session::append_failure(const zoo::Descriptor& descriptor, const Turn& turn,
                                              const measure::Policy& policy, const Error& error) {
  measure::Outcome outcome;
  outcome.policy = policy;
  if (policy.has_batch()) outcome.batch = policy.batch;
  outcome.run = tl::unexpected(error);
  store::Record r = measure::make_record(context_, subject_of(descriptor, turn), outcome,
                                         make_run_id(), rfc3339_now());
  if (auto stored = store_->append(r); !stored) return tl::unexpected(stored.error());
  return r;
}

Result<runtime::StartingWorker> Session::launch_worker() {
  runtime::StartOptions start;
  start.threads = options_.threads;
  start.interrupted = &interrupted_;
  return runtime::launch_worker(station_.program, start, clock_);
}

/// The worker of the next model is launched here, so that it loads its libraries while this one
/// loads a model and is checked. When this one is measured it waits, and takes nothing from
/// what is measured. On a CPU it would: there it is not launched before its time.
Result<std::unique_ptr<runtime::Worker>> Session::take_worker() {
  Result<std::unique_ptr<runtime::Worker>> worker = fail(ErrorKind::not_found, "none was launched");
  if (auto launched = std::exchange(next_, std::nullopt)) worker = std::move(*launched).greet();
  if (!worker) {  // also where something has ended it while it waited
    auto launched = launch_worker();
    if (!launched) return tl::unexpected(launched.error());
    worker = std::move(*launched).greet();
  }
  if (worker && options_.several && station_.device.kind() != "cpu") {
    // One that cannot be launched now is told of when it is needed.
    if (auto next = launch_worker()) next_ = std::move(*next);
  }
  return worker;
}

Result<void> Session::measure(const zoo::Descriptor& descriptor, const Turn& turn,
                              const std::vector<measure::Policy>& policies, const Say& say,
                              const Sink& sink) {
  const auto likely = likely_batch(descriptor, policies);
  if (!likely) return tl::unexpected(likely.error());
  measure::Subject subject = subject_of(descriptor, turn);
  subject.likely_batch = *likely;
  const measure::Bench bench{clock_, *observer_, interrupted_, say};
  return measure::measure_model(
      subject, policies, bench, options_.settings, [&] { return take_worker(); },
      [&](const measure::Outcome& outcome) -> Result<void> {
        if (!outcome.run && outcome.run.error().kind == ErrorKind::crashed && ends_too())
          return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
        store::Record r =
            measure::make_record(context_, subject, outcome, make_run_id(), rfc3339_now());
        if (options_.strict) apply_strictness(r);
        if (auto stored = store_->append(r); !stored) return stored;
        if (earlier_) earlier_->add(r);
        return sink(r, outcome);
      });
}

}  // namespace joulemark::campaign
