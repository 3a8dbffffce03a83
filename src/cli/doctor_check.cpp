#include "cli/doctor_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

namespace joulemark::cli {
namespace {

using measure::Comparison;
using measure::Verdict;
using nlohmann::ordered_json;

CheckedMeter check(const std::string& name, const meter::MeterInfo& info,
                   const meter::MeterOptions& options, Clock& clock) {
  CheckedMeter checked{name, info.device, 0.0, std::vector<Comparison>{}};
  if (!info.device_id.empty()) checked.device += fmt::format(" ({})", info.device_id);
  auto meter = meter::open_meter(name, name == "nvml" ? "cuda:0" : "cpu", options);
  if (!meter) {
    checked.comparisons = tl::unexpected(meter.error());
    return checked;
  }
  measure::CrossCheckOptions how;
  if (const char* path = std::getenv("PATH")) how.path = path;
  const auto watched = measure::watch(**meter, clock, how);
  if (!watched) {
    checked.comparisons = tl::unexpected(watched.error());
    return checked;
  }
  checked.seconds = seconds(watched->points.back().at - watched->points.front().at);
  checked.comparisons = measure::compare(*watched);
  return checked;
}

/// Each estimator has the reference of its own time: a running mean reaches further back.
std::string verdict_text(const Comparison& c) {
  if (c.verdict == Verdict::not_checked)
    return fmt::format("       - W  not checked: {}", c.reason);
  if (c.verdict == Verdict::reference) {
    return fmt::format("{:8.2f} W  the reference{}{}", c.power->value, c.reason.empty() ? "" : ": ",
                       c.reason);
  }
  return fmt::format("{:8.2f} W  {:+.2f} % against {:.2f} W: {}", c.power->value,
                     100 * *c.difference_rel, c.reference->value, measure::name(c.verdict));
}

ordered_json to_json(const Comparison& c) {
  const auto watts = [](const std::optional<Watts>& w) {
    return w ? ordered_json(w->value) : ordered_json(nullptr);
  };
  ordered_json j = {{"name", c.estimator},
                    {"verdict", measure::name(c.verdict)},
                    {"power_w", watts(c.power)},
                    {"reference_w", watts(c.reference)}};
  j["difference_rel"] = c.difference_rel ? ordered_json(*c.difference_rel) : ordered_json(nullptr);
  j["reason"] = c.reason.empty() ? ordered_json(nullptr) : ordered_json(c.reason);
  return j;
}

}  // namespace

std::vector<CheckedMeter> check_meters(const std::vector<meter::MeterFinding>& found,
                                       Clock& clock) {
  std::vector<CheckedMeter> checked;
  for (const meter::MeterFinding& f : found) {
    for (const meter::FoundDevice& d : f.devices) {
      meter::MeterOptions options;
      options.clock = &clock;
      options.gpu_index = d.index;
      checked.push_back(check(f.meter, d.info, options, clock));
    }
  }
  return checked;
}

std::string check_json(const std::vector<CheckedMeter>& checked) {
  ordered_json all = ordered_json::array();
  for (const CheckedMeter& m : checked) {
    ordered_json j = {{"meter", m.meter}, {"device", m.device}};
    if (m.comparisons) {
      j["seconds"] = m.seconds;
      j["estimators"] = ordered_json::array();
      for (const Comparison& c : *m.comparisons) j["estimators"].push_back(to_json(c));
    } else {
      const Error& e = m.comparisons.error();
      j["error"] = {{"kind", name(e.kind)}, {"what", e.what}, {"next", e.next}};
    }
    all.push_back(std::move(j));
  }
  return all.dump(1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string check_text(const std::vector<CheckedMeter>& checked) {
  std::string text = "\nCross-checks: mean power over the same time, at whatever load there was\n";
  bool differs = false;
  for (const CheckedMeter& m : checked) {
    text += fmt::format("  {:<14} {}", m.meter, m.device);
    if (!m.comparisons) {
      text += fmt::format("\n{:17}{}\n", "", m.comparisons.error().message());
      continue;
    }
    text += fmt::format(", {:.1f} s\n", m.seconds);
    for (const Comparison& c : *m.comparisons) {
      text += fmt::format("{:17}{:<22} {}\n", "", c.estimator, verdict_text(c));
      differs = differs || c.verdict == Verdict::differs;
    }
  }
  if (checked.empty()) text += "  no meter opens here\n";
  if (differs) {
    text +=
        "\nEstimators that differ by more than 1 %: usually a load that varies faster than the "
        "sensor\n"
        "updates (docs/meters.md). Check again with the device idle; what differs then too is "
        "wrong.\n";
  }
  return text;
}

}  // namespace joulemark::cli
