#include "measure/cross_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "measure/observer.hpp"
#include "measure/perf.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;

constexpr double kAgreement = 0.01;
/// Powers change every 100 ms; asked as often, none is missed.
constexpr Nanoseconds kPowerSpacing = 100ms;
constexpr Nanoseconds kLongestPowerGap = 5 * kPowerSpacing;
/// The lock on the steps of a counter takes well under a second, confirming it two steps.
constexpr Nanoseconds kPatience = 3s;
/// Fewer points than this say nothing of a mean.
constexpr std::size_t kFewest = 3;

struct Interval {
  Instant from;
  Instant to;
};

/// The points of the reference that lie within [from, to]: a counter that steps is right at its
/// steps only.
std::optional<Interval> within(std::span<const EnergyPoint> points, Instant from, Instant to) {
  std::optional<Interval> interval;
  for (const EnergyPoint& p : points) {
    if (p.at < from || p.at > to) continue;
    if (!interval) interval = Interval{p.at, p.at};
    interval->to = p.at;
  }
  return interval && interval->to > interval->from ? interval : std::nullopt;
}

std::optional<Watts> mean_power(std::span<const EnergyPoint> points, Interval over) {
  const auto first = energy_at(points, over.from);
  const auto last = energy_at(points, over.to);
  if (!first || !last || over.to <= over.from) return std::nullopt;
  return (*last - *first) / (over.to - over.from);
}

Comparison not_checked(std::string estimator, std::string reason) {
  return {std::move(estimator), Verdict::not_checked, {}, {}, {}, std::move(reason)};
}

Comparison judged(std::string estimator, std::optional<Watts> power,
                  std::optional<Watts> reference) {
  if (!power || !reference || reference->value <= 0.0)
    return not_checked(std::move(estimator), "it gave too little at the time of the others");
  const double difference = *power / *reference - 1.0;
  const Verdict verdict = std::abs(difference) <= kAgreement ? Verdict::agrees : Verdict::differs;
  return {std::move(estimator), verdict, power, reference, difference, ""};
}

/// Power samples, integrated over the time that they share with the reference.
Comparison of_samples(std::string estimator, std::span<const EnergyPoint> points,
                      std::span<const meter::PowerSample> samples, Nanoseconds longest_gap) {
  if (samples.size() < kFewest) return judged(std::move(estimator), {}, {});
  const auto shared = within(points, samples.front().at, samples.back().at);
  if (!shared) return judged(std::move(estimator), {}, {});
  const auto energy = integrate(samples, shared->from, shared->to, longest_gap);
  return judged(std::move(estimator),
                energy ? std::optional(*energy / (shared->to - shared->from)) : std::nullopt,
                mean_power(points, *shared));
}

/// A running mean, each reading against the reference over the time that it is the mean of.
Comparison of_averages(std::string estimator, std::span<const EnergyPoint> points,
                       std::span<const meter::PowerSample> averages, Nanoseconds window) {
  Watts own;
  Watts reference;
  double count = 0.0;
  for (const meter::PowerSample& s : averages) {
    const auto counted = mean_power(points, {s.at - window, s.at});
    if (!counted) continue;
    own += s.power;
    reference += *counted;
    count += 1.0;
  }
  if (count < static_cast<double>(kFewest)) return judged(std::move(estimator), {}, {});
  return judged(std::move(estimator), own / count, reference / count);
}

Comparison of_perf(const Watched& w) {
  if (!w.perf) return not_checked("perf stat", w.perf_missing);
  const auto shared = within(w.points, w.perf->from, w.perf->to);
  return judged("perf stat", w.perf->power, shared ? mean_power(w.points, *shared) : std::nullopt);
}

bool counts_cpus(const meter::MeterInfo& info) {
  return info.scope == meter::Scope::cpu_package || info.scope == meter::Scope::cpu_package_dram;
}

/// Asks a meter for everything that it offers, each as often as it changes.
class Watch {
 public:
  Watch(meter::Meter& meter, Clock& clock, const CrossCheckOptions& options)
      : meter_(meter), clock_(clock), options_(options), observer_(meter, clock) {}

  Result<Watched> run() {
    observer_.set_spacing(0ns);
    if (auto r = settle(); !r) return tl::unexpected(r.error());
    observer_.forget();
    start_perf();
    if (auto r = look(); !r) return tl::unexpected(r.error());
    if (auto r = finish_perf(); !r) return tl::unexpected(r.error());
    if (auto r = confirm(); !r) return tl::unexpected(r.error());
    return collected();
  }

 private:
  Result<void> pump(Instant until) {
    clock_.sleep_until(std::min(observer_.next_due(), until));
    return observer_.poll();
  }

  Result<void> settle() {
    const Instant give_up = clock_.now() + kPatience;
    while (!observer_.ready() && clock_.now() < give_up) {
      if (auto r = pump(give_up); !r) return r;
    }
    return {};
  }

  Result<void> look() {
    const Instant until = clock_.now() + options_.length;
    Instant due = clock_.now();
    while (clock_.now() < until) {
      if (auto r = pump(std::min(due, until)); !r) return r;
      if (clock_.now() < due) continue;
      due = std::max(due + kPowerSpacing, clock_.now());
      if (meter_.info().has_power) ask(&meter::Meter::power, seen_.instants);
      if (meter_.info().average_window) ask(&meter::Meter::average_power, seen_.averages);
    }
    return {};
  }

  /// A reading that fails is one less; a channel that fails always is not checked for want of them.
  void ask(Result<Watts> (meter::Meter::*channel)(), std::vector<meter::PowerSample>& into) {
    const Instant asked = clock_.now();
    const auto power = (meter_.*channel)();
    if (power) into.push_back({asked + (clock_.now() - asked) / 2, *power});
  }

  Result<void> confirm() {
    const Instant give_up = clock_.now() + kPatience;
    observer_.confirm();
    while (!observer_.confirmed() && clock_.now() < give_up) {
      if (auto r = pump(give_up); !r) return r;
    }
    observer_.drop_unconfirmed();
    return observer_.flush();
  }

  void start_perf() {
    if (!counts_cpus(meter_.info())) return;
    const bool dram = meter_.info().scope == meter::Scope::cpu_package_dram;
    perf_from_ = clock_.now();
    auto started = PerfStat::start(options_.root, options_.path, dram, options_.length);
    if (started) {
      perf_.emplace(std::move(*started));
    } else {
      seen_.perf_missing = started.error().message();
    }
  }

  /// It begins a little later than we do, so it ends later too.
  Result<void> finish_perf() {
    if (!perf_) return {};
    const Instant give_up = clock_.now() + kPatience;
    while (!perf_->ended() && clock_.now() < give_up) {
      if (auto r = pump(give_up); !r) return r;
    }
    const auto joules = perf_->finish(1s);
    if (joules) {
      seen_.perf = OtherCount{perf_from_, clock_.now(), *joules / perf_->length()};
    } else {
      seen_.perf_missing = joules.error().message();
    }
    return {};
  }

  Result<Watched> collected() {
    seen_.meter = meter_.info();
    seen_.points.assign(observer_.points().begin(), observer_.points().end());
    if (seen_.meter.has_ring) seen_.ring.assign(observer_.power().begin(), observer_.power().end());
    seen_.longest_ring_gap = observer_.longest_power_gap();
    if (seen_.points.size() >= kFewest) return std::move(seen_);
    return fail(ErrorKind::unstable,
                fmt::format("{} gave only {} energy readings in {:.0f} s", seen_.meter.device,
                            seen_.points.size(), seconds(options_.length)),
                "Check again when the machine is less busy");
  }

  meter::Meter& meter_;
  Clock& clock_;
  const CrossCheckOptions& options_;
  MeterObserver observer_;
  Watched seen_;
  std::optional<PerfStat> perf_;
  Instant perf_from_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"reference", "agrees", "differs",
                                                      "not_checked"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::vector<Comparison> compare(const Watched& w) {
  const meter::MeterInfo& info = w.meter;
  std::vector<Comparison> all;
  const std::string reference = info.has_energy
                                    ? (info.estimated ? "power model" : "energy counter")
                                : info.has_ring ? "ring of power samples"
                                                : "instant power";
  if (w.points.size() < kFewest) return {not_checked(reference, "it gave too few readings")};
  const Interval all_of_it{w.points.front().at, w.points.back().at};
  const auto power = mean_power(w.points, all_of_it);
  all.push_back({reference, Verdict::reference, power, power, {}, ""});

  const auto add = [&](bool has, Comparison comparison) {
    if (comparison.estimator == reference) return;
    const std::string& what = comparison.estimator;
    all.push_back(has ? std::move(comparison)
                      : not_checked(what, fmt::format("{} does not offer it", info.device)));
  };
  if (!info.estimated && !counts_cpus(info)) {
    add(info.has_ring, of_samples("ring of power samples", w.points, w.ring, w.longest_ring_gap));
    add(info.has_power, of_samples("instant power", w.points, w.instants, kLongestPowerGap));
    add(info.average_window.has_value(),
        of_averages("driver's average", w.points, w.averages, info.average_window.value_or(1s)));
  }
  if (counts_cpus(info)) all.push_back(of_perf(w));
  if (all.size() == 1) all[0].reason = "there is nothing to compare it with";
  return all;
}

Result<Watched> watch(meter::Meter& meter, Clock& clock, const CrossCheckOptions& options) {
  return Watch(meter, clock, options).run();
}

}  // namespace joulemark::measure
