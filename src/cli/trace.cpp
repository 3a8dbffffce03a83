#include "cli/trace.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/file.hpp"
#include "meter/replay.hpp"

namespace joulemark::cli {
namespace {

std::vector<meter::TracePoint> energy_points(const measure::RunReport& report) {
  std::vector<meter::TracePoint> points;
  const auto& trace = report.energy_trace;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const auto& [from, to] =
        i == 0 ? std::pair(trace[0], trace[1]) : std::pair(trace[i - 1], trace[i]);
    points.push_back({seconds(trace[i].at - trace[0].at), (trace[i].energy - trace[0].energy).value,
                      ((to.energy - from.energy) / (to.at - from.at)).value});
  }
  return points;
}

std::string power_samples(const measure::RunReport& report, Instant zero) {
  std::string text = "seconds,watts\n";
  for (const meter::PowerSample& s : report.power_trace) {
    text += fmt::format("{},{}\n", seconds(s.at - zero), s.power.value);
  }
  return text;
}

}  // namespace

Result<void> make_trace_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  const bool refused = error == std::errc::permission_denied ||
                       error == std::errc::read_only_file_system ||
                       error == std::errc::operation_not_permitted;
  return fail(refused ? ErrorKind::permission_denied : ErrorKind::io,
              fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
              "Choose another place with --trace");
}

Result<void> write_trace(const std::filesystem::path& folder, const std::string& run,
                         const measure::RunReport& report) {
  if (report.energy_trace.size() < 2) return {};  // an interval is the least that can be played
  const auto points = energy_points(report);
  if (auto ok = write_file(folder / (run + ".energy.csv"), meter::format_trace(points)); !ok) {
    return ok;
  }
  if (report.power_trace.empty()) return {};
  return write_file(folder / (run + ".power.csv"),
                    power_samples(report, report.energy_trace.front().at));
}

}  // namespace joulemark::cli
