#include "cli/calibration.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "calibrate/text.hpp"

namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;

/// All times are seconds since the first reading of all.
std::string readings_csv(const std::vector<calibrate::Reading>& polled, Instant zero) {
  std::string text = "asked_s,answered_s,joules\n";
  for (const auto& r : polled) {
    text += fmt::format("{},{},{}\n", seconds(r.asked - zero), seconds(r.answered - zero),
                        r.energy.value);
  }
  return text;
}

std::string points_csv(const std::vector<measure::EnergyPoint>& points, Instant zero) {
  std::string text = "seconds,joules\n";
  for (const auto& p : points) text += fmt::format("{},{}\n", seconds(p.at - zero), p.energy.value);
  return text;
}

std::string samples_csv(const std::vector<meter::PowerSample>& samples, Instant zero) {
  std::string text = "seconds,watts\n";
  for (const auto& s : samples) text += fmt::format("{},{}\n", seconds(s.at - zero), s.power.value);
  return text;
}

/// What the other files are of, and when each square began.
std::string index_csv(const std::vector<std::pair<std::string, const calibrate::Watch*>>& files,
                      Instant zero) {
  std::string text = "file,what,period_s,high_s,began_s,phase\n";
  for (const auto& [file, w] : files) {
    text += fmt::format("{},\"{}\"", file, w->name);
    text += w->square ? fmt::format(",{},{},{},{}\n", seconds(w->square->period),
                                    seconds(w->square->high), seconds(w->began - zero), w->phase)
                      : ",,,,\n";
  }
  return text;
}

}  // namespace

store::StoredCalibration to_stored(const meter::Calibration& c) {
  return {c.id, c.meter, c.device, c.device_id, c.made_at, calibrate::to_json(c)};
}

Result<void> write_observations(const fs::path& folder, const calibrate::Observations& seen) {
  Instant zero;
  if (!seen.polled.empty()) {
    zero = seen.polled.front().asked;
  } else if (!seen.states.empty() && !seen.states.front().samples.empty()) {
    zero = seen.states.front().samples.front().at;
  }
  std::vector<std::pair<std::string, const calibrate::Watch*>> files;
  for (const auto* list : {&seen.states, &seen.slow, &seen.locked, &seen.unlocked}) {
    for (const auto& w : *list) files.emplace_back(fmt::format("{:02}", files.size()), &w);
  }
  auto done = write_file(folder / "readings.csv", readings_csv(seen.polled, zero));
  if (done) done = write_file(folder / "index.csv", index_csv(files, zero));
  for (const auto& [file, w] : files) {
    if (done) done = write_file(folder / (file + ".points.csv"), points_csv(w->points, zero));
    if (done) done = write_file(folder / (file + ".samples.csv"), samples_csv(w->samples, zero));
    if (done && !w->instant.empty()) {
      done = write_file(folder / (file + ".instant.csv"), samples_csv(w->instant, zero));
    }
  }
  return done;
}

}  // namespace joulemark::cli
