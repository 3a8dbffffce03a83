#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <vector>

#include "load/load.hpp"

namespace joulemark::load {
namespace {

/// The orbit of a logistic map: its bits never settle, and it can be stored without a store.
double work(double x) {
  for (int i = 0; i < 2000; ++i) x = 3.9 * x * (1.0 - x);
  return x;
}

class CpuLoad final : public Load {
 public:
  CpuLoad(int threads, Clock& clock) : threads_(threads), clock_(clock) {}
  ~CpuLoad() override { static_cast<void>(wait()); }

  std::string description() const override {
    return fmt::format("{} spinning {}", threads_, threads_ == 1 ? "thread" : "threads");
  }
  std::string closed_state() const override { return "nothing runs"; }
  std::string open_state() const override { return "nothing runs"; }

  Result<void> open() override { return {}; }

  Result<Instant> start(const Square& square, Nanoseconds length) override {
    const Instant began = clock_.now();
    for (int i = 0; i < threads_; ++i) {
      running_.emplace_back([this, square, began, length] { run(square, began, length); });
    }
    return began;
  }

  Result<void> wait() override {
    running_.clear();  // joins
    return {};
  }

 private:
  /// Works while the square is high and sleeps while it is low.
  void run(const Square& square, Instant began, Nanoseconds length) {
    double x = 0.3;
    for (Nanoseconds t{0}; t < length; t = clock_.now() - began) {
      const Nanoseconds since = t % square.period;
      if (since < square.high) {
        x = work(x);
      } else {
        clock_.sleep_until(began + std::min(t - since + square.period, length));
      }
    }
    sink_ = x;
  }

  int threads_;
  Clock& clock_;
  std::atomic<double> sink_{0.0};
  std::vector<std::jthread> running_;
};

}  // namespace

std::unique_ptr<Load> make_cpu(int threads, Clock& clock) {
  return std::make_unique<CpuLoad>(threads, clock);
}

}  // namespace joulemark::load
