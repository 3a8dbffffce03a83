#include "measure/testing/energy_error.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "measure/record.hpp"
#include "measure/run.hpp"

namespace joulemark::measure::energy_error {
namespace {

using namespace std::chrono_literals;

constexpr std::array kLoads = {
    Load{"flat", "flat:300"},
    Load{"square 2 s", "square:200,400,2,0.5", 2s},
    Load{"square 0.5 s", "square:200,400,0.5,0.5", 500ms},
    Load{"square 0.1 s", "square:200,400,0.1,0.5", 100ms},
    Load{"square 20 ms", "square:200,400,0.02,0.5", 20ms},
    Load{"sine 0.7 s", "sine:300,100,0.7", 700ms},
    Load{"ramp", "ramp:250,350,30"},
    Load{"sawtooth 0.3 s", "sawtooth:200,400,0.3", 300ms},
    Load{"stairs", "stairs:270,15,1.7,6"},
    Load{"spikes", "spike:280,600,0.25,0.01", 250ms},
};

/// The counter of a data-centre GPU: a new value every 100 ms, 4 ms to read it (docs/meters.md).
meter::SensorModel counter() {
  meter::SensorModel model;
  model.update_period = 100ms;
  model.query_cost = 4ms;
  return model;
}

meter::SensorModel sampled_counter() {
  meter::SensorModel model = counter();
  model.sampling = 20ms;
  return model;
}

meter::SensorModel ring_only() {
  meter::SensorModel model;
  model.ring_period = 20ms;
  return model;
}

/// What is stated of a sensor that samples, as of NVML's.
constexpr double kStatedBySampling = 0.01;

/// Oversleeps by 50 to 150 microseconds, as a kernel does, and by 2 ms now and then.
class LateClock final : public Clock {
 public:
  explicit LateClock(std::uint64_t seed) : state_(seed) {}
  Instant now() override { return time_.now(); }
  void sleep_until(Instant deadline) override {
    if (deadline <= time_.now()) return;
    const std::uint64_t random = next();
    time_.sleep_until(deadline + std::chrono::microseconds(50 + random % 100));
    if (random / 100 % 50 == 0) time_.advance(2ms);
  }

 private:
  /// Knuth's linear congruential generator: the same lateness on every platform.
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }
  ManualClock time_{Instant{100s}};
  std::uint64_t state_;
};

/// A waveform that begins `by` seconds later in its course.
class Shifted final : public meter::Waveform {
 public:
  Shifted(std::unique_ptr<Waveform> waveform, double by)
      : waveform_(std::move(waveform)), by_(by) {}
  double watts(double t) const override { return waveform_->watts(t + by_); }
  double joules(double t) const override {
    return waveform_->joules(t + by_) - waveform_->joules(by_);
  }

 private:
  std::unique_ptr<Waveform> waveform_;
  double by_;
};

/// A synthetic meter that describes itself as `sensor` does.
class Described final : public meter::Meter {
 public:
  Described(std::unique_ptr<Meter> meter, const Sensor& sensor)
      : meter_(std::move(meter)), info_(meter_->info()) {
    info_.has_energy = sensor.has_energy;
    info_.systematic_rel = sensor.systematic_rel;
  }
  const meter::MeterInfo& info() const override { return info_; }
  Result<Joules> energy() override {
    if (!info_.has_energy) return fail(ErrorKind::unsupported, "no energy channel");
    return meter_->energy();
  }
  Result<Watts> power() override { return meter_->power(); }
  Result<std::vector<meter::PowerSample>> ring_since(Instant after) override {
    return meter_->ring_since(after);
  }
  Result<meter::Conditions> conditions() override { return meter_->conditions(); }

 private:
  std::unique_ptr<Meter> meter_;
  meter::MeterInfo info_;
};

/// Completes a step every `step`, for ever.
class SteadyWorker final : public runtime::Worker {
 public:
  SteadyWorker(Clock& clock, Nanoseconds step) : clock_(clock), step_(step) {}
  const runtime::WorkerHello& hello() const override { return hello_; }
  pid_t pid() const override { return 0; }
  Result<runtime::Loaded> load(const runtime::LoadRequest&, Nanoseconds) override {
    return runtime::Loaded{};
  }
  Result<void> set_input(std::span<const float>, std::int64_t, Nanoseconds) override { return {}; }
  Result<std::vector<float>> infer(std::int64_t, Nanoseconds) override {
    return std::vector<float>{};
  }
  Result<void> start(std::int64_t, std::int64_t, int) override {
    next_ = clock_.now() + step_;
    return {};
  }
  Result<runtime::RunState> poll(std::vector<runtime::Completion>& out) override {
    for (; next_ <= clock_.now(); next_ = next_ + step_) out.push_back({next_});
    return runtime::RunState::running;
  }
  Result<void> stop(std::vector<runtime::Completion>& out, Nanoseconds) override {
    if (auto r = poll(out); !r) return tl::unexpected(r.error());
    return {};
  }
  std::string log_tail() const override { return {}; }

 private:
  Clock& clock_;
  Nanoseconds step_;
  runtime::WorkerHello hello_;
  Instant next_;
};

/// Of two independent phases: multiples of an irrational number cover [0, 1) evenly, however many
/// there are.
constexpr double kGolden = 0.618033988749895;
constexpr double kPlastic = 0.754877666246693;
double spread(int index, double irrational) {
  const double x = (index + 1) * irrational;
  return x - std::floor(x);
}

Result<std::unique_ptr<meter::Waveform>> shifted(const Load& load, int phase) {
  auto waveform = meter::parse_waveform(load.waveform);
  if (!waveform) return tl::unexpected(waveform.error());
  return std::make_unique<Shifted>(std::move(*waveform), 2.0 * spread(phase, kGolden));
}

/// The sensor's own energy over the exact one, less 1, between its updates nearest to `from` and
/// `to` (seconds since the meter was opened). From the model alone, not through the meter.
double error_of_sensor(const meter::Waveform& truth, const Sensor& sensor, double from, double to) {
  const double sampling = seconds(sensor.sampling());
  if (sampling == 0.0) return 0.0;
  const double update = sensor.has_energy ? seconds(sensor.model.update_period) : sampling;
  const double phase = sensor.has_energy ? seconds(sensor.model.phase) : 0.0;
  const auto nearest_update = [&](double t) {
    return phase + update * std::round((t - phase) / update);
  };
  const double begin = nearest_update(from);
  const double end = nearest_update(to);
  double sensed = 0.0;
  // A sample stands for the time until the next one; the counter shows whole samples only.
  const auto first = static_cast<std::int64_t>(std::floor(begin / sampling + 1e-9));
  const auto last = static_cast<std::int64_t>(std::floor(end / sampling + 1e-9));
  for (auto i = first; i < last; ++i) {
    sensed += truth.watts(static_cast<double>(i) * sampling) * sampling;
  }
  return sensed / (truth.joules(end) - truth.joules(begin)) - 1.0;
}

store::Record record_of(const meter::MeterInfo& info, const Settings& settings, RunReport report) {
  RecordContext context;
  context.meter = info;
  context.settings = settings;
  Subject subject;
  subject.descriptor.input_size = {3, 224, 224};
  subject.descriptor.weights.origin = "pretrained";  // no term for random weights
  subject.descriptor.precision = "fp32";
  Outcome outcome;
  outcome.policy = Policy{PolicyKind::batch_1, 1};
  outcome.batch = 1;
  outcome.run = std::move(report);
  return make_record(context, subject, outcome, "run", "2026-01-01T00:00:00Z");
}

}  // namespace

std::span<const Load> loads() { return kLoads; }

std::span<const Sensor> sensors() {
  static const std::array kSensors = {
      Sensor{"continuous", {}},
      Sensor{"counter 100 ms", counter()},
      Sensor{"counter 100 ms, sampling 20 ms", sampled_counter(), true, kStatedBySampling},
      Sensor{"power ring 20 ms", ring_only(), false, kStatedBySampling},
  };
  return kSensors;
}

bool Trial::covered() const { return std::abs(error()) <= ci95_rel + systematic_rel; }

const Trial& Cell::worst() const {
  return *std::max_element(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) {
    return std::abs(a.error()) < std::abs(b.error());
  });
}

double Cell::worst_sensor_error() const {
  double worst = 0.0;
  for (const Trial& t : trials) worst = std::max(worst, std::abs(t.sensor_error));
  return worst;
}

double Cell::worst_method_error() const {
  double worst = 0.0;
  for (const Trial& t : trials) worst = std::max(worst, std::abs(t.method_error()));
  return worst;
}

double Cell::covered_share() const {
  const auto covered =
      std::count_if(trials.begin(), trials.end(), [](const Trial& t) { return t.covered(); });
  return static_cast<double>(covered) / static_cast<double>(trials.size());
}

Result<Trial> measure_once(const Load& load, const Sensor& sensor, Nanoseconds step, int phase) {
  auto waveform = shifted(load, phase);
  if (!waveform) return tl::unexpected(waveform.error());
  const auto known = shifted(load, phase);
  Sensor placed = sensor;
  placed.model.phase = from_seconds(seconds(sensor.model.update_period) * spread(phase, kPlastic));

  LateClock clock(static_cast<std::uint64_t>(phase));
  const Instant zero = clock.now();
  Described device(meter::make_synthetic(std::move(*waveform), placed.model, clock), placed);
  MeterObserver observer(device, clock);
  SteadyWorker worker(clock, step);
  const std::atomic<bool> interrupted{false};
  const Settings settings;
  auto report = measure_batch(worker, 1, {clock, observer, interrupted, {}}, settings);
  if (!report) return tl::unexpected(report.error());
  if (report->unstable) return tl::unexpected(*report->unstable);

  const Nanoseconds begin = report->windows.front().from - zero;
  const Nanoseconds end = report->windows.back().to - zero;
  const double joules = (*known)->joules(seconds(end)) - (*known)->joules(seconds(begin));
  const double images = seconds(end - begin) / seconds(step);
  const store::Record r = record_of(device.info(), settings, std::move(*report));
  return Trial{*r.energy_j_per_image, joules / images,
               error_of_sensor(**known, placed, seconds(begin), seconds(end)),
               r.ci95_rel.value_or(0.0), r.systematic_rel.value_or(0.0)};
}

Result<Cell> measure_cell(const Load& load, const Sensor& sensor, Nanoseconds step, int phases) {
  Cell cell{&load, &sensor, step, {}};
  for (int phase = 0; phase < phases; ++phase) {
    auto trial = measure_once(load, sensor, step, phase);
    if (!trial) return tl::unexpected(trial.error());
    cell.trials.push_back(*trial);
  }
  return cell;
}

}  // namespace joulemark::measure::energy_error
