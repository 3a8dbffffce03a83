#include "meter/nvml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "meter/nvml_api.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using nvml::kNotSupported;
using nvml::kSuccess;
using nvml::Return;

/// What every data-centre GPU since Volta does, measured on an H200 (docs/meters.md): the energy
/// counter and instant power change every 100 ms; the ring holds samples 20 ms apart; reading the
/// counter takes 4 ms.
constexpr Nanoseconds kUpdatePeriod = 100ms;
constexpr Nanoseconds kRingPeriod = 20ms;
/// The ring is stamped on the wall clock, whose distance to ours is never quite the same twice: the
/// sample that the caller has already may come out a little later now.
constexpr Nanoseconds kSameSample = kRingPeriod / 10;
/// A smaller step of the wall clock moves a sample by less than half of the distance to its
/// neighbour; the noise of reading the distance of two clocks is below it.
constexpr Nanoseconds kWallClockSet = kRingPeriod / 2;
constexpr Nanoseconds kQueryCost = 4ms;
/// What field 185 is the mean over, says NVML's reference.
constexpr Nanoseconds kAverageWindow = 1s;
constexpr Joules kResolution{1e-3};
constexpr double kSystematic = 0.01;
/// Squares of 20 ms and of 100 ms between a sleeping and a full load: the worst of two H200s
/// was 9.6 % and 3.8 % (docs/calibration.md). A calibration of the device at hand knows better.
constexpr double kAliasing = 0.10;
constexpr double kAliasingUpdates = 0.04;

class NvmlMeter final : public Meter {
 public:
  NvmlMeter(const nvml::Api& api, nvml::Device device, Clock& clock)
      : api_(api), device_(device), clock_(clock) {}

  const MeterInfo& info() const override { return info_; }
  void observe(pid_t worker) override { worker_ = worker; }

  /// Finds out which channels this GPU really has, by asking each once.
  Result<void> probe() {
    info_.name = "nvml";
    info_.device = text(api_.name, "NVIDIA GPU");
    info_.device_id = text(api_.uuid, "");
    driver_ = driver_version();
    const auto counter = read_counter();
    const auto power = this->power();
    const auto ring = ring_since(clock_.now() - 1s);
    info_.has_energy = counter.has_value();
    info_.has_power = power.has_value();
    info_.has_ring = ring.has_value();
    if (average_power()) info_.average_window = kAverageWindow;
    info_.update_period = kUpdatePeriod;
    info_.ring_period = kRingPeriod;
    info_.query_cost = kQueryCost;
    info_.resolution = kResolution;
    info_.aliasing_rel = kAliasing;
    info_.aliasing_updates_rel = kAliasingUpdates;
    info_.systematic_rel = kSystematic;
    info_.systematic_reason =
        "NVML energy counter, loads that do not keep step with the sensor; what others add is the "
        "term aliasing (measured on an H200 against square waves)";
    unsigned mig = 0;
    unsigned pending = 0;
    const bool sliced =
        api_.mig_mode != nullptr && api_.mig_mode(device_, &mig, &pending) == kSuccess && mig != 0;
    info_.scope = sliced ? Scope::gpu_mig_slice : Scope::gpu_board;
    if (!info_.has_energy && !info_.has_power && !info_.has_ring) {
      // A GPU that is gone, or that this user may not ask, is another matter than one without.
      if (counter.error().kind != ErrorKind::unsupported) return tl::unexpected(counter.error());
      return fail(ErrorKind::unsupported,
                  fmt::format("{} reports neither energy nor power", info_.device),
                  "This GPU cannot be measured from software; use a meter on its supply");
    }
    return {};
  }

  Result<Joules> energy() override {
    const auto counter = read_counter();
    if (!counter) return tl::unexpected(counter.error());
    if (!last_) last_ = *counter;
    // The counter starts again from zero when the driver is reloaded or the GPU reset. What it had
    // counted is kept; what was used in between is unknown, so the reading is an error, once.
    if (*counter < *last_) {
      last_ = *counter;
      return fail(ErrorKind::meter_lost,
                  fmt::format("the energy counter of {} went backwards", info_.device),
                  "The driver or the GPU was reset: measure again");
    }
    total_ += *counter - *last_;
    last_ = *counter;
    return Joules(static_cast<double>(total_) * 1e-3);
  }

  Result<Watts> power() override { return read_power(nvml::kFieldPowerInstant, "instant power"); }

  Result<Watts> average_power() override {
    return read_power(nvml::kFieldPowerAverage, "average power");
  }

  Result<std::vector<PowerSample>> ring_since(Instant after) override {
    if (auto r = mind_wall_clock(); !r) return tl::unexpected(r.error());
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(after.since_boot + *wall_);
    auto ring =
        read_ring(static_cast<unsigned long long>(std::max<std::int64_t>(0, since.count())));
    if (!ring) return tl::unexpected(ring.error());
    std::sort(ring->samples.begin(), ring->samples.end(),
              [](const nvml::Sample& a, const nvml::Sample& b) {
                return a.timestamp_us < b.timestamp_us;
              });
    std::vector<PowerSample> samples;
    for (const nvml::Sample& s : ring->samples) {
      const auto milliwatts = nvml::to_double(s.value, ring->type);
      if (!milliwatts) return unsupported("samples of power");
      const Instant at{std::chrono::microseconds(static_cast<std::int64_t>(s.timestamp_us)) -
                       *wall_};
      if (s.timestamp_us == 0 || at <= after + kSameSample || misplaced_.contains(s.timestamp_us))
        continue;
      samples.push_back({at, Watts(*milliwatts * 1e-3)});
    }
    return samples;
  }

  Result<Conditions> conditions() override {
    Conditions c = changing();
    c.driver = driver_;
    unsigned on = 0;
    unsigned pending = 0;
    if (api_.mig_mode != nullptr && api_.mig_mode(device_, &on, &pending) == kSuccess)
      c.mig = on != 0;
    if (api_.ecc_mode != nullptr && api_.ecc_mode(device_, &on, &pending) == kSuccess)
      c.ecc = on != 0;
    if (api_.persistence_mode != nullptr && api_.persistence_mode(device_, &on) == kSuccess) {
      c.persistence = on != 0;
    }
    c.other_processes = other_processes();
    return c;
  }
  Result<Conditions> changing_conditions() override { return changing(); }

 private:
  Conditions changing() const {
    Conditions c;
    c.clock_mhz = number(api_.clock, nvml::kClockSm);
    c.clock_max_mhz = number(api_.max_clock, nvml::kClockSm);
    c.memory_clock_mhz = number(api_.clock, nvml::kClockMemory);
    c.temperature_c = number(api_.temperature, nvml::kTemperatureGpu);
    unsigned limit_mw = 0;
    if (api_.power_limit != nullptr && api_.power_limit(device_, &limit_mw) == kSuccess) {
      c.power_limit = Watts(limit_mw * 1e-3);
    }
    c.throttle_reasons = reasons();
    return c;
  }

  struct Ring {
    int type = nvml::kUnsignedInt;
    std::vector<nvml::Sample> samples;
  };
  Result<Ring> read_ring(unsigned long long newer_than_us) const {
    if (api_.samples == nullptr) return unsupported("samples of power");
    Ring ring;
    unsigned count = 0;
    Return r =
        api_.samples(device_, nvml::kSamplesTotalPower, newer_than_us, &ring.type, &count, nullptr);
    if (r == nvml::kNotFound || (r == kSuccess && count == 0)) return ring;
    if (r != kSuccess) return tl::unexpected(nvml::to_error(api_, "power samples", r));
    ring.samples.resize(count + 8);
    count = static_cast<unsigned>(ring.samples.size());
    r = api_.samples(device_, nvml::kSamplesTotalPower, newer_than_us, &ring.type, &count,
                     ring.samples.data());
    if (r == nvml::kNotFound) return Ring{};
    if (r != kSuccess) return tl::unexpected(nvml::to_error(api_, "power samples", r));
    ring.samples.resize(std::min<std::size_t>(count, ring.samples.size()));
    return ring;
  }

  /// Samples are stamped on the wall clock. When that has been set, or the machine has slept, those
  /// that the ring still holds would come out at a wrong time: set back by a second, the old ones
  /// seem to be of the second to come. Their stamps do not tell old from new, so all that are there
  /// when it is noticed are left out; the gap that they leave is seen by whoever integrates.
  Result<void> mind_wall_clock() {
    const Nanoseconds wall = clock_.offsets().wall;
    if (wall_ && std::chrono::abs(wall - *wall_) > kWallClockSet) {
      const auto ring = read_ring(0);
      if (!ring) return tl::unexpected(ring.error());
      misplaced_.clear();
      for (const nvml::Sample& s : ring->samples) misplaced_.insert(s.timestamp_us);
    }
    wall_ = wall;
    return {};
  }

  tl::unexpected<Error> unsupported(std::string_view what) const {
    return tl::unexpected(nvml::to_error(api_, what, kNotSupported));
  }

  std::string text(Return (*function)(nvml::Device, char*, unsigned), const char* otherwise) const {
    char buffer[96] = {};
    const bool known = function != nullptr && function(device_, buffer, sizeof buffer) == kSuccess;
    return known ? buffer : otherwise;
  }

  std::string driver_version() const {
    char buffer[96] = {};
    const bool known =
        api_.driver_version != nullptr && api_.driver_version(buffer, sizeof buffer) == kSuccess;
    return known ? buffer : "";
  }

  std::optional<double> number(Return (*function)(nvml::Device, unsigned, unsigned*),
                               unsigned which) const {
    unsigned value = 0;
    if (function == nullptr || function(device_, which, &value) != kSuccess) return std::nullopt;
    return value;
  }

  Result<unsigned long long> read_counter() const {
    if (api_.energy == nullptr) return unsupported("total energy");
    unsigned long long millijoules = 0;
    const Return r = api_.energy(device_, &millijoules);
    if (r != kSuccess) return tl::unexpected(nvml::to_error(api_, "total energy", r));
    return millijoules;
  }

  Result<Watts> read_power(unsigned id, std::string_view what) const {
    if (api_.field_values == nullptr) return unsupported(what);
    nvml::FieldValue field{};
    field.field_id = id;
    const Return called = api_.field_values(device_, 1, &field);
    const Return r = called != kSuccess ? called : field.result;
    if (r != kSuccess) return tl::unexpected(nvml::to_error(api_, what, r));
    const auto milliwatts = nvml::to_double(field.value, field.value_type);
    if (!milliwatts) return unsupported(what);
    return Watts(*milliwatts * 1e-3);
  }

  std::vector<std::string> reasons() const {
    std::vector<std::string> names;
    unsigned long long bits = 0;
    if (api_.event_reasons == nullptr || api_.event_reasons(device_, &bits) != kSuccess)
      return names;
    for (int bit = 0; bit < 64; ++bit) {
      if ((bits >> bit & 1u) != 0) names.emplace_back(nvml::event_reason_name(bit));
    }
    return names;
  }

  std::vector<pid_t> other_processes() const {
    std::vector<pid_t> pids;
    if (api_.processes == nullptr) return pids;
    std::vector<nvml::Process> found(64);
    auto count = static_cast<unsigned>(found.size());
    Return r = api_.processes(device_, &count, found.data());
    if (r == nvml::kInsufficientSize) {
      // count says how many there are; a few may join them.
      found.resize(count + 64);
      count = static_cast<unsigned>(found.size());
      r = api_.processes(device_, &count, found.data());
    }
    if (r != kSuccess) return pids;
    found.resize(std::min<std::size_t>(count, found.size()));
    for (const nvml::Process& p : found) {
      const auto pid = static_cast<pid_t>(p.pid);
      if (pid != worker_) pids.push_back(pid);
    }
    return pids;
  }

  const nvml::Api& api_;
  nvml::Device device_;
  Clock& clock_;
  MeterInfo info_;
  std::string driver_;
  std::optional<Nanoseconds> wall_;  ///< CLOCK_REALTIME less CLOCK_MONOTONIC at the last ring query
  std::unordered_set<unsigned long long> misplaced_;  ///< stamps of samples of unknown time
  pid_t worker_ = 0;
  std::optional<unsigned long long> last_;  ///< mJ
  unsigned long long total_ = 0;            ///< mJ
};

}  // namespace

Result<std::unique_ptr<Meter>> open_nvml(const NvmlOptions& options, Clock& clock) {
  const auto api = nvml::load(options.library);
  if (!api) return tl::unexpected(api.error());
  nvml::Device device = nullptr;
  const Return r = options.pci_bus_id.empty()
                       ? (*api)->handle_by_index(options.index, &device)
                       : (*api)->handle_by_pci(options.pci_bus_id.c_str(), &device);
  if (r != kSuccess) {
    Error error = nvml::to_error(**api,
                                 options.pci_bus_id.empty() ? fmt::format("GPU {}", options.index)
                                                            : "GPU " + options.pci_bus_id,
                                 r);
    if (error.kind == ErrorKind::meter_lost) error.kind = ErrorKind::not_found;
    return tl::unexpected(error);
  }
  auto meter = std::make_unique<NvmlMeter>(**api, device, clock);
  if (auto ok = meter->probe(); !ok) return tl::unexpected(ok.error());
  return meter;
}

Result<unsigned> nvml_device_count(const std::string& library) {
  const auto api = nvml::load(library);
  if (!api) return tl::unexpected(api.error());
  unsigned count = 0;
  const Return r = (*api)->device_count(&count);
  if (r != kSuccess) return tl::unexpected(nvml::to_error(**api, "number of GPUs", r));
  return count;
}

}  // namespace joulemark::meter
