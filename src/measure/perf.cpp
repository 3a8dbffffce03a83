#include "measure/perf.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "runtime/child.hpp"
#include "runtime/folder.hpp"

namespace joulemark::measure {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPackages = "energy-pkg";
constexpr const char* kMemory = "energy-ram";
constexpr std::string_view kEvents = "power/energy-";

std::optional<fs::path> find_program(std::string_view name, std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    fs::path program = fs::path(path.substr(0, end)) / name;
    if (end > 0 && access(program.c_str(), X_OK) == 0 && !fs::is_directory(program)) return program;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t end = text.find(at);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool sound = error == std::errc() && end == text.data() + text.size();
  return sound && std::isfinite(value) && value >= 0.0 ? std::optional(value) : std::nullopt;
}

/// The first line of what a program said that says anything; at most 200 bytes of printable ASCII.
std::string first_words(std::string_view text) {
  for (std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#') || line == "Error:") continue;
    std::string words;
    for (const char c : line.substr(0, 200)) words += c >= ' ' && c <= '~' ? c : '?';
    return words;
  }
  return "nothing";
}

auto unsupported(const std::string& what, const std::string& next) {
  return fail(ErrorKind::unsupported, what, next);
}

}  // namespace

Result<Joules> parse_perf(std::string_view text) {
  Joules sum;
  bool any = false;
  for (const std::string_view line : split(text, '\n')) {
    // "181.35,Joules,power/energy-pkg/,4001234567,100.00,,"
    const auto fields = split(line, ',');
    if (fields.size() < 3 || !fields[2].starts_with(kEvents)) continue;
    const auto joules = fields[1] == "Joules" ? number(fields[0]) : std::nullopt;
    if (!joules) return unsupported("perf says: " + first_words(line), "See perf list power");
    any = true;
    sum += Joules(*joules);
  }
  if (any && std::isfinite(sum.value)) return sum;
  return unsupported("perf says: " + first_words(text),
                     "Run as root, or allow it: sudo sysctl kernel.perf_event_paranoid=0");
}

struct PerfStat::State {
  runtime::WorkerFolder folder;
  runtime::Child child;
  fs::path log;
  Nanoseconds length;
};

PerfStat::PerfStat(std::unique_ptr<State> state) : state_(std::move(state)) {}
PerfStat::PerfStat(PerfStat&&) noexcept = default;
PerfStat::~PerfStat() = default;

Result<PerfStat> PerfStat::start(const fs::path& root, std::string_view path, bool dram,
                                 Nanoseconds length) {
  const fs::path events = root / "sys/bus/event_source/devices/power/events";
  std::string wanted;
  for (const char* event : {kPackages, kMemory}) {
    if (event == kMemory && !dram) continue;
    if (!fs::exists(events / event)) {
      return unsupported(fmt::format("the kernel has no event power/{}/", event),
                         "Load it where the processor has it: sudo modprobe rapl");
    }
    wanted += fmt::format("{}power/{}/", wanted.empty() ? "" : ",", event);
  }
  const auto program = find_program("perf", path);
  if (!program) {
    return unsupported("perf is not installed",
                       "On Debian: apt install linux-perf; on Ubuntu: apt "
                       "install linux-tools-generic");
  }
  auto folder = runtime::WorkerFolder::create(runtime::temporary_root());
  if (!folder) return tl::unexpected(folder.error());
  runtime::Command command;
  command.program = *program;
  command.arguments = {
      "stat", "-x", ",", "-a", "-e", wanted, "--", "sleep", fmt::format("{:.3f}", seconds(length))};
  command.environment = {{"LC_ALL", "C"}};  // a comma shall not be a decimal point
  command.log = folder->path() / "perf.csv";
  auto child = runtime::Child::start(command);
  if (!child) return tl::unexpected(child.error());
  return PerfStat(
      std::make_unique<State>(State{std::move(*folder), std::move(*child), command.log, length}));
}

bool PerfStat::ended() { return state_->child.ended().has_value(); }

Nanoseconds PerfStat::length() const { return state_->length; }

Result<Joules> PerfStat::finish(Nanoseconds patience) {
  if (!state_->child.wait(patience)) return unsupported("perf did not end", "");
  return parse_perf(read_file(state_->log).value_or(""));
}

}  // namespace joulemark::measure
