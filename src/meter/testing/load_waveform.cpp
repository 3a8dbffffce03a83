#include "meter/testing/load_waveform.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace joulemark::meter::fake {
namespace {

/// Seconds of something between two times of CLOCK_MONOTONIC.
using Seconds = double (*)(double from, double to);

class LoadWaveform final : public Waveform {
 public:
  /// `zero`: of the waveform, as the sensor sees it.
  LoadWaveform(double closed, double open, double busy, double zero, Seconds context_seconds,
               Seconds busy_seconds)
      : closed_(closed),
        open_(open),
        busy_(busy),
        zero_(zero),
        context_seconds_(context_seconds),
        busy_seconds_(busy_seconds) {}

  double watts(double t) const override {
    constexpr double kMoment = 1e-6;
    return (joules(t + kMoment) - joules(t)) / kMoment;
  }
  double joules(double t) const override {
    return closed_ * t + (open_ - closed_) * context_seconds_(zero_, zero_ + t) +
           (busy_ - open_) * busy_seconds_(zero_, zero_ + t);
  }

 private:
  double closed_, open_, busy_, zero_;
  Seconds context_seconds_, busy_seconds_;
};

}  // namespace

std::unique_ptr<Waveform> make_load_waveform(const std::string& description, double zero) {
  double closed = 0.0;
  double open = 0.0;
  double busy = 0.0;
  double lag = 0.0;
  const int read =
      std::sscanf(description.c_str(), "load:%lf,%lf,%lf,%lf", &closed, &open, &busy, &lag);
  if (read < 3) return nullptr;
  const char* path = std::getenv("JOULEMARK_CUDA_LIBRARY");
  void* library = path != nullptr ? dlopen(path, RTLD_NOW) : nullptr;
  if (library == nullptr) return nullptr;
  const auto find = [&](const char* name) {
    return reinterpret_cast<Seconds>(dlsym(library, name));
  };
  const Seconds context_seconds = find("fake_cuda_context_seconds");
  const Seconds busy_seconds = find("fake_cuda_busy_seconds");
  if (context_seconds == nullptr || busy_seconds == nullptr) return nullptr;
  return std::make_unique<LoadWaveform>(closed, open, busy, zero - lag, context_seconds,
                                        busy_seconds);
}

}  // namespace joulemark::meter::fake
