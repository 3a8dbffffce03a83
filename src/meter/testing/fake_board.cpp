#include "meter/testing/fake_board.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "meter/testing/load_waveform.hpp"

namespace joulemark::meter::fake {
namespace {

constexpr unsigned kMostDevices = 8;
constexpr double kQueryMs = 4.0;  ///< as long as the real one takes (docs/meters.md)

double clock_seconds(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::map<std::string, std::string> parsed(std::string rest) {
  std::map<std::string, std::string> settings;
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const std::string one = rest.substr(0, end);
    if (const auto eq = one.find('='); eq != std::string::npos) {
      settings[one.substr(0, eq)] = one.substr(eq + 1);
    }
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  return settings;
}

/// Ends the process where there is none: a test that goes on with another power proves nothing.
std::unique_ptr<Waveform> waveform_of(const std::string& description, double zero) {
  if (auto load = make_load_waveform(description, zero)) return load;
  auto waveform = parse_waveform(description.empty() ? "flat:100" : description);
  if (waveform) return std::move(*waveform);
  std::fprintf(stderr, "JOULEMARK_FAKE_NVML: %s\n", waveform.error().message().c_str());
  std::abort();
}

}  // namespace

FakeBoard::FakeBoard() {
  const char* given = std::getenv("JOULEMARK_FAKE_NVML");
  settings_ = parsed(given != nullptr ? given : "");
  const double started = clock_seconds(CLOCK_MONOTONIC);
  zero_ = number("zero", started);
  BoardSensorModel model;
  model.sampling = number("sampling", 0.0) * 1e-3;
  model.jitter = std::min(number("jitter", 0.0) * 1e-3, 0.49 * model.update);
  model.wrap = number("wrap", 0.0);
  model.noise = number("noise", 0.0);
  model.seed = static_cast<std::uint64_t>(number("seed", 1.0));
  sensor_ = std::make_unique<BoardSensor>(waveform_of(text("waveform"), zero_), model);
  wall_zero_ = clock_seconds(CLOCK_REALTIME) - (started - zero_);
}

double FakeBoard::number(const char* key, double otherwise) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
}

std::string FakeBoard::text(const char* key) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? "" : found->second;
}

nvml::Return FakeBoard::channel(nvml::Device device, const char* name) const {
  const bool mute = number("mute", -1.0) == static_cast<double>(device->index);
  if (mute || text(name) == "NOT_SUPPORTED") return nvml::kNotSupported;
  return text(name) == "NO_PERMISSION" ? nvml::kNoPermission : nvml::kSuccess;
}

nvml::Return FakeBoard::alive(nvml::Device device) const {
  if (past("denied_after_ms")) return nvml::kNoPermission;
  const auto index = static_cast<double>(device->index);
  const bool may_be_lost = number("lost", index) == index;
  return may_be_lost && past("lost_after_ms") ? nvml::kGpuIsLost : nvml::kSuccess;
}

double FakeBoard::changed(const char* after, const char* key, double before) const {
  return past(after) ? number(key, before) : before;
}

unsigned FakeBoard::devices() const {
  return std::min(kMostDevices, static_cast<unsigned>(number("devices", 1)));
}

double FakeBoard::now() const {
  return manual() ? advanced_ : since_zero(clock_seconds(CLOCK_MONOTONIC));
}

double FakeBoard::wall(double t) const {
  const double set_at = number("wall_set_after_ms", -1.0) * 1e-3;
  const bool set = set_at >= 0.0 && t >= set_at;
  return wall_zero_ + t + (set ? number("wall_set_ms", 0.0) * 1e-3 : 0.0);
}

bool FakeBoard::past(const char* key) const {
  const double at = number(key, -1.0);
  return at >= 0.0 && now() * 1e3 >= at;
}

double FakeBoard::updated() const {
  return sensor_->updated(past("still_after_ms") ? number("still_after_ms", 0.0) * 1e-3 : now());
}

void FakeBoard::take_query_time() const {
  if (manual()) return;
  const double until = clock_seconds(CLOCK_MONOTONIC) + number("cost", kQueryMs) * 1e-3;
  if (number("spin", 0.0) != 0.0) {
    while (clock_seconds(CLOCK_MONOTONIC) < until) {
    }
    return;
  }
  timespec t{};
  t.tv_sec = static_cast<time_t>(until);
  t.tv_nsec = static_cast<long>((until - static_cast<double>(t.tv_sec)) * 1e9);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

FakeBoard& fake_board() {
  static FakeBoard instance;
  return instance;
}

nvml::Device fake_handle(unsigned index) {
  static std::array<nvml::DeviceHandle, kMostDevices> handles{
      {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}}};
  return &handles.at(index);
}

}  // namespace joulemark::meter::fake
