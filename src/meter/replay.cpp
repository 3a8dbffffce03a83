#include "meter/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>

namespace joulemark::meter {
namespace {

constexpr std::string_view kHeader = "seconds,joules,watts";

auto bad_line(std::size_t number, std::string_view what) {
  return fail(ErrorKind::invalid_input, fmt::format("line {} of the trace {}", number, what),
              "A trace is 'seconds,joules,watts' and one point a line, times increasing");
}

bool parse_numbers(std::string_view line, std::array<double, 3>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == out.size())) return false;
    const std::string_view part = line.substr(0, comma);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out[i]);
    if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(out[i])) {
      return false;
    }
    if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
  }
  return true;
}

class ReplayMeter final : public Meter {
 public:
  ReplayMeter(std::vector<TracePoint> points, std::string name, Clock& clock)
      : points_(std::move(points)), clock_(clock), began_(clock.now()) {
    info_.name = "replay";
    info_.device = std::move(name);
    info_.has_energy = info_.has_power = true;
    // The shortest time between two changes of energy is how often the recorded meter updated.
    double shortest = points_.back().seconds;
    double last_change = points_.front().seconds;
    for (std::size_t i = 1; i < points_.size(); ++i) {
      if (points_[i].joules == points_[i - 1].joules) continue;
      shortest = std::min(shortest, points_[i].seconds - last_change);
      last_change = points_[i].seconds;
    }
    if (shortest > 0.0) info_.update_period = from_seconds(shortest);
    info_.systematic_reason = "that of the recorded meter, which the trace does not state";
  }

  const MeterInfo& info() const override { return info_; }
  Result<Joules> energy() override {
    const auto p = now();
    if (!p) return tl::unexpected(p.error());
    return Joules(p->joules - points_.front().joules);
  }
  Result<Watts> power() override {
    const auto p = now();
    if (!p) return tl::unexpected(p.error());
    return Watts(p->watts);
  }
  Result<std::vector<PowerSample>> ring_since(Instant) override {
    return fail(ErrorKind::unsupported, "a trace has no ring of samples");
  }
  Result<Conditions> conditions() override { return Conditions{}; }

 private:
  Result<TracePoint> now() const {
    const double t = seconds(clock_.now() - began_) + points_.front().seconds;
    const auto after =
        std::upper_bound(points_.begin(), points_.end(), t,
                         [](double v, const TracePoint& p) { return v < p.seconds; });
    if (after == points_.end()) {
      return fail(ErrorKind::meter_lost, fmt::format("the trace {} ends here", info_.device),
                  "Record a longer trace, or measure for a shorter time");
    }
    return after == points_.begin() ? points_.front() : *(after - 1);
  }

  std::vector<TracePoint> points_;
  Clock& clock_;
  Instant began_;
  MeterInfo info_;
};

}  // namespace

Result<std::vector<TracePoint>> parse_trace(std::string_view text) {
  std::vector<TracePoint> points;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (number == 1) {
      if (line != kHeader) return bad_line(1, "is not the header");
      continue;
    }
    if (line.empty()) continue;
    std::array<double, 3> n{};
    if (!parse_numbers(line, n)) return bad_line(number, "is not three numbers");
    const TracePoint point{n[0], n[1], n[2]};
    if (!points.empty() && point.seconds <= points.back().seconds) {
      return bad_line(number, "does not come after the one before it");
    }
    if (!points.empty() && point.joules < points.back().joules) {
      return bad_line(number, "has less energy than the one before it");
    }
    if (point.watts < 0.0) return bad_line(number, "has a negative power");
    points.push_back(point);
  }
  if (points.size() < 2) return bad_line(number, "is the last, with fewer than two points read");
  return points;
}

std::string format_trace(std::span<const TracePoint> points) {
  std::string text(kHeader);
  text += '\n';
  for (const TracePoint& p : points)
    text += fmt::format("{},{},{}\n", p.seconds, p.joules, p.watts);
  return text;
}

Result<std::unique_ptr<Meter>> open_replay(const std::filesystem::path& trace, Clock& clock) {
  std::ifstream in(trace, std::ios::binary);
  if (!in) {
    return fail(ErrorKind::not_found, fmt::format("cannot open the trace '{}'", trace.string()),
                "Name one with --meter-option trace=FILE");
  }
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  auto points = parse_trace(text);
  if (!points) return tl::unexpected(points.error());
  return std::make_unique<ReplayMeter>(std::move(*points), trace.filename().string(), clock);
}

}  // namespace joulemark::meter
