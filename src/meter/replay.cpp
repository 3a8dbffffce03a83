#include "meter/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

namespace joulemark::meter {
namespace {

constexpr std::string_view kHeader = "seconds,joules,watts";
/// Thirty years: a longer time is a time stamp by mistake.
constexpr double kLongest = 1e9;

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

/// How often the recorded meter updated: the median time between two changes of its energy. The
/// recording may have begun anywhere between two updates, so the time to the first change counts
/// only where there is no other. 0: the energy never changes.
Nanoseconds update_period(std::span<const TracePoint> points) {
  std::vector<double> between;
  double last_change = points.front().seconds;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].joules == points[i - 1].joules) continue;
    between.push_back(points[i].seconds - last_change);
    last_change = points[i].seconds;
  }
  if (between.empty()) return Nanoseconds(0);
  if (between.size() > 1) between.erase(between.begin());
  const auto middle = between.begin() + static_cast<std::ptrdiff_t>((between.size() - 1) / 2);
  std::nth_element(between.begin(), middle, between.end());
  // To the nearest nanosecond: 0.3 - 0.2 is a hair less than 100 ms.
  return Nanoseconds(std::llround(*middle * 1e9));
}

/// What a file holds; absent when it cannot be read: a folder opens, but does not read.
std::optional<std::string> whole_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (!in.is_open() || in.bad() || !text) return std::nullopt;
  return text.str();
}

class ReplayMeter final : public Meter {
 public:
  ReplayMeter(std::vector<TracePoint> points, std::string name, Clock& clock)
      : points_(std::move(points)), clock_(clock), began_(clock.now()) {
    info_.name = "replay";
    info_.device = std::move(name);
    info_.has_energy = info_.has_power = true;
    if (const Nanoseconds period = update_period(points_); period.count() > 0) {
      info_.update_period = period;
    }
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
  if (text.empty()) return bad_line(1, "is not the header");
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
    if (point.seconds < 0.0 || point.seconds > kLongest) {
      return bad_line(number, "has a time that is not from 0 to 1e9 s");
    }
    if (!points.empty() && point.seconds <= points.back().seconds) {
      return bad_line(number, "does not come after the one before it");
    }
    if (!points.empty() && point.joules < points.back().joules) {
      return bad_line(number, "has less energy than the one before it");
    }
    if (point.joules < 0.0 || point.watts < 0.0) {
      return bad_line(number, "has a negative energy or power");
    }
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

std::unique_ptr<Meter> make_replay(std::vector<TracePoint> points, std::string name, Clock& clock) {
  return std::make_unique<ReplayMeter>(std::move(points), std::move(name), clock);
}

Result<std::unique_ptr<Meter>> open_replay(const std::filesystem::path& trace, Clock& clock) {
  const auto text = whole_text(trace);
  if (!text) {
    return fail(ErrorKind::not_found, fmt::format("cannot read the trace '{}'", trace.string()),
                "Name one with --meter-option trace=FILE");
  }
  auto points = parse_trace(*text);
  if (!points) return tl::unexpected(points.error());
  return make_replay(std::move(*points), trace.filename().string(), clock);
}

}  // namespace joulemark::meter
