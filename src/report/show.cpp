#include "report/show.hpp"

#include <fmt/format.h>

#include <array>

#include <nlohmann/json.hpp>

#include "report/table.hpp"

namespace joulemark::report {
namespace {

using nlohmann::json;

/// "0.42 %"; what two decimals cannot tell from 0 is "< 0.01 %".
std::string share(double value) {
  return value < 0.00005 ? "< 0.01 %" : fmt::format("{:.2f} %", value * 100.0);
}

class Sheet {
 public:
  void title(const std::string& text) { out_ += (out_.empty() ? "" : "\n") + text + "\n"; }
  void row(const char* name, const std::string& value) {
    if (!value.empty()) out_ += fmt::format("  {:<22}{}\n", name, value);
  }
  void number(const char* name, const std::optional<double>& v, const char* unit,
              const char* format = "{:.4g}") {
    if (v) row(name, fmt::format(fmt::runtime(format), *v) + " " + unit);
  }
  std::string text() && {
    if (out_.ends_with('\n')) out_.pop_back();
    return std::move(out_);
  }

 private:
  std::string out_;
};

std::string value_text(const json& v) {
  if (v.is_string()) return v.get<std::string>();
  if (!v.is_array()) return v.dump();
  std::string text;
  for (const json& item : v) text += (text.empty() ? "" : " ") + value_text(item);
  return text.empty() ? "none" : text;
}

/// Start and end side by side; one value where they agree.
void add_conditions(Sheet& sheet, const std::string& text) {
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object() || !j.contains("start") || !j.contains("end")) return;
  sheet.title("Conditions (start -> end)");
  for (const auto& [key, end] : j["end"].items()) {
    const json start = j["start"].value(key, json());
    const std::string value = start == end
                                  ? value_text(end)
                                  : fmt::format("{} -> {}", value_text(start), value_text(end));
    sheet.row(key.c_str(), value);
  }
}

void add_windows(Sheet& sheet, const store::Record& r) {
  if (r.windows.empty()) return;
  sheet.title("Windows");
  sheet.row("start s", "seconds   joules      images    mJ/image   integral J");
  for (const store::Window& w : r.windows) {
    const std::string integral =
        w.joules_integral ? fmt::format("{:.3f}", *w.joules_integral) : "-";
    sheet.row(fmt::format("{:.3f}", w.start_s).c_str(),
              fmt::format("{:<9.4f} {:<11.4f} {:<9.2f} {:<10.5g} {}", w.seconds, w.joules, w.images,
                          1e3 * w.joules / w.images, integral));
  }
}

}  // namespace

std::string flag_meaning(const std::string& flag) {
  static constexpr std::array<std::pair<const char*, const char*>, 9> kMeanings = {{
      {"throttled", "the driver lowered the clock because of heat or a hardware limit"},
      {"power_capped", "the power limit set the clock"},
      {"meters_disagree", "counter and power samples differ by more than 3 %"},
      {"not_steady", "warm-up ended before power and step time were steady"},
      {"drifted", "energy per image changed by more than 1 % over the windows"},
      {"short_window", "fewer than five windows"},
      {"estimated", "a power model, not a measurement"},
      {"shared_device", "another process was on the device"},
      {"weights_random", "live random weights instead of pretrained ones"},
  }};
  for (const auto& [name, meaning] : kMeanings) {
    if (flag == name) return meaning;
  }
  return {};
}

std::string show(const store::Record& r) {
  Sheet sheet;
  sheet.title(fmt::format("Run {}: {}", r.run, r.status == "ok" ? "ok" : r.status));
  sheet.row("message", r.message);
  sheet.row("model", fmt::format("{}, {} pixels, weights {}", r.model, r.input_size, r.weights));
  sheet.row("runtime", fmt::format("{} {} ({}, {}, {})", r.runtime, r.runtime_version, r.format,
                                   r.precision, r.layout));
  sheet.row("setup", r.setup);
  if (r.batch) sheet.row("batch", fmt::format("{} (policy {})", *r.batch, r.policy));
  sheet.row("measured", fmt::format("{} by method {}", r.measured_at, r.method));
  sheet.row("meter", fmt::format("{} on {}, scope {}", r.meter, r.device, r.scope));

  if (r.energy_j_per_image) {
    const char* origin = r.scope == "cpu_estimate" ? "estimated"
                         : r.scope == "simulated"  ? "simulated"
                                                   : "measured";
    sheet.title(fmt::format("Energy ({})", origin));
    const std::string ci =
        r.ci95_rel ? fmt::format(" ± {} (95 %, repeatability)", share(*r.ci95_rel)) : "";
    sheet.row("gross", si(*r.energy_j_per_image, "J") + "/image" + ci);
    if (r.energy_net_j_per_image && r.idle_w) {
      sheet.row("net", fmt::format("{}/image, idle power of {:.4g} W left out",
                                   si(*r.energy_net_j_per_image, "J"), *r.idle_w));
    }
    if (r.systematic_rel) {
      std::string terms;
      for (const auto& [term, value] : r.systematic_terms) {
        terms += fmt::format("{}{} {}", terms.empty() ? "" : ", ", term, share(value));
      }
      sheet.row("systematic", fmt::format("± {} ({})", share(*r.systematic_rel), terms));
    }
    sheet.number("energy x delay", r.energy_delay_js, "J s/image");
    sheet.number("power, mean", r.power_w, "W");
    sheet.number("power, largest", r.power_max_w, "W");
    sheet.number("throughput", r.images_per_s, "images/s", "{:.5g}");
    sheet.number("latency, median", r.latency_ms_p50, "ms per batch");
    sheet.number("latency, 99 %", r.latency_ms_p99, "ms per batch");
    if (r.windows_count) {
      sheet.row("windows",
                fmt::format("{} over {:.2f} s", *r.windows_count, r.seconds.value_or(0.0)));
    }
    if (r.estimator_gap_rel) {
      sheet.row("estimators", fmt::format("power samples give {:+.2f} % against the counter",
                                          *r.estimator_gap_rel * 100));
    }
  }
  if (!r.flags.empty()) {
    sheet.title("Flags");
    for (const std::string& flag : r.flags) {
      const std::string meaning = flag_meaning(flag);
      sheet.row(flag.c_str(), meaning.empty() ? "(of another version)" : meaning);
    }
  }
  add_conditions(sheet, r.conditions_json);
  add_windows(sheet, r);
  return std::move(sheet).text();
}

}  // namespace joulemark::report
