#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/decide.hpp"

namespace joulemark::measure {
namespace {

double norm(std::span<const float> v) {
  double sum = 0.0;
  for (const float x : v) sum += double(x) * double(x);
  return std::sqrt(sum);
}

double distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = double(a[i]) - double(b[i]);
    sum += d * d;
  }
  return std::sqrt(sum);
}

bool is_constant(std::span<const float> v) {
  return std::all_of(v.begin(), v.end(), [&](float x) { return x == v.front(); });
}

auto wrong(std::string what) {
  return fail(ErrorKind::wrong_output, std::move(what),
              "A wrong model is not measured; export it again, or check the runtime's version and "
              "precision");
}

}  // namespace

double gate_tolerance(std::string_view precision, std::optional<double> eager_error) {
  constexpr double kMost = 0.4;
  const bool eleven_bits = precision == "fp16" || precision == "tf32";
  const double usual = eleven_bits ? 0.03 : precision == "bf16" ? 0.15 : 0.005;
  return std::max(usual, std::min(kMost, 2.0 * eager_error.value_or(0.0)));
}

Result<GateReport> check_output(std::span<const float> output, std::span<const float> reference,
                                std::int64_t classes, double tolerance) {
  const auto width = static_cast<std::size_t>(classes);
  if (output.size() != reference.size() || width == 0 || reference.size() % width != 0) {
    return wrong(fmt::format("the worker returned {} logits where the reference has {}",
                             output.size(), reference.size()));
  }
  GateReport report;
  report.images = static_cast<std::int64_t>(reference.size() / width);
  const auto image = [&](std::span<const float> all, std::int64_t i) {
    return all.subspan(static_cast<std::size_t>(i) * width, width);
  };
  for (std::int64_t i = 0; i < report.images; ++i) {
    const auto out = image(output, i);
    const auto ref = image(reference, i);
    if (!std::all_of(out.begin(), out.end(), [](float x) { return std::isfinite(x); })) {
      return wrong(fmt::format("the output for reference image {} is not finite", i));
    }
    if (is_constant(out)) {
      return wrong(fmt::format("all logits of reference image {} are equal", i));
    }
    const double error = distance(out, ref) / std::max(norm(ref), 1e-30);
    report.worst_relative_error = std::max(report.worst_relative_error, error);
    const auto top = std::max_element(out.begin(), out.end()) - out.begin();
    const auto expected = std::max_element(ref.begin(), ref.end()) - ref.begin();
    if (top == expected) {
      ++report.top1_agree;
      continue;
    }
    // Two logits may change places only if rounding can have moved each of them by half their
    // distance; the error of one logit is bounded by that of the whole vector.
    const double lead = double(ref[expected]) - double(ref[top]);
    if (lead > 2.0 * tolerance * norm(ref)) {
      return wrong(fmt::format("reference image {} is class {} here and class {} in the reference",
                               i, top, expected));
    }
  }
  if (report.images > 1 && distance(image(output, 0), image(output, report.images - 1)) == 0.0) {
    return wrong("different reference images give the same output");
  }
  if (report.worst_relative_error > tolerance) {
    return wrong(
        fmt::format("the output is {:.3g} of its size away from the reference (allowed {:.3g})",
                    report.worst_relative_error, tolerance));
  }
  return report;
}

}  // namespace joulemark::measure
