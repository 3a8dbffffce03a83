#include "campaign/verify.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "measure/record.hpp"
#include "measure/statistics.hpp"

namespace joulemark::campaign {
namespace {

constexpr double kTolerance = 1e-6;

bool close(double a, double b) {
  return std::abs(a - b) <= kTolerance * std::max(std::abs(a), std::abs(b));
}

struct Sums {
  double joules = 0.0, images = 0.0, seconds = 0.0;
  std::vector<double> per_image;
};

Sums sums_of(const store::Record& r) {
  Sums s;
  for (const store::Window& w : r.windows) {
    s.joules += w.joules;
    s.images += w.images;
    s.seconds += w.seconds;
    s.per_image.push_back(w.joules / w.images);
  }
  return s;
}

}  // namespace

std::optional<std::string> unsound(const store::Record& r) {
  if (r.status != "ok") {
    if (!r.energy_j_per_image) return std::nullopt;
    return "it failed and has an energy";
  }
  const Sums s = sums_of(r);
  if (!(s.images > 0.0) || !(s.seconds > 0.0)) return "it has no windows";
  std::optional<std::string> problem;
  const auto must = [&](const char* what, std::optional<double> stated, double derived) {
    if (problem || (stated && close(*stated, derived))) return;
    problem = stated ? fmt::format("{} is {}, its windows give {}", what, *stated, derived)
                     : fmt::format("{} is missing", what);
  };
  must("energy_j_per_image", r.energy_j_per_image, s.joules / s.images);
  must("images_per_s", r.images_per_s, s.images / s.seconds);
  must("power_w", r.power_w, s.joules / s.seconds);
  must("seconds", r.seconds, s.seconds);
  if (r.windows_count != static_cast<std::int64_t>(r.windows.size()) && !problem)
    problem = fmt::format("windows is not {}", r.windows.size());
  must("systematic_rel", r.systematic_rel, measure::combined(r.systematic_terms));
  if (r.idle_w) {
    must("energy_net_j_per_image", r.energy_net_j_per_image,
         (s.joules - *r.idle_w * s.seconds) / s.images);
  }
  // Method 1 took its interval otherwise.
  const auto interval = measure::mean_interval(s.per_image);
  if (interval && r.method != "1") must("ci95_rel", r.ci95_rel, interval->relative());
  return problem;
}

}  // namespace joulemark::campaign
