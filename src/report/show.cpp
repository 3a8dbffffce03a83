#include "report/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "report/flags.hpp"
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
    if (!value.empty()) out_ += fmt::format("  {:<22} {}\n", name, value);
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

/// How a condition is shown. What is not in this table is shown as it is stored.
struct ConditionWords {
  std::string_view key;
  const char* label;
  std::string_view unit;
  double factor = 1.0;  ///< from what is stored to the unit
};
constexpr std::array kConditions = {
    ConditionWords{"clock_mhz", "clock", "MHz"},
    ConditionWords{"clock_max_mhz", "clock, highest", "MHz"},
    ConditionWords{"memory_clock_mhz", "memory clock", "MHz"},
    ConditionWords{"temperature_c", "temperature", "°C"},
    ConditionWords{"power_limit_w", "power limit", "W"},
    ConditionWords{"host_busy", "host busy", "%", 100.0},
    ConditionWords{"throttle_reasons", "clock limited by", ""},
    ConditionWords{"other_processes", "other processes", ""},
    ConditionWords{"persistence", "persistence mode", ""},
    ConditionWords{"mig", "MIG", ""},
    ConditionWords{"ecc", "ECC", ""},
};

std::string value_text(const json& v, const ConditionWords& words) {
  if (v.is_null()) return "unknown";
  if (v.is_boolean()) return v.get<bool>() ? "on" : "off";
  if (v.is_string()) return v.get<std::string>();
  if (v.is_number()) {
    const std::string number = fmt::format("{:.4g}", v.get<double>() * words.factor);
    return words.unit.empty() ? number : fmt::format("{} {}", number, words.unit);
  }
  if (!v.is_array()) return v.dump();
  std::string text;
  for (const json& item : v) {
    if (!text.empty()) text += ", ";
    text += value_text(item, words);
  }
  return text.empty() ? std::string("none") : text;
}

/// What was seen between start and end, where it left the two: "1500 to 1980 MHz".
void add_range(Sheet& sheet, const json& conditions) {
  const json range = conditions.value("range", json::object());
  if (!range.is_object()) return;
  for (const ConditionWords& words : kConditions) {
    const auto found = range.find(words.key);
    if (found == range.end() || !found->is_array()) continue;
    const json first = conditions["start"].value(words.key, json());
    const json last = conditions["end"].value(words.key, json());
    if (words.key == "throttle_reasons") {
      if (*found != first && *found != last)
        sheet.row("limited also by", value_text(*found, words));
    } else if (found->size() == 2 &&
               ((*found)[0] != std::min(first, last) || (*found)[1] != std::max(first, last))) {
      sheet.row(
          fmt::format("{}, range", words.label).c_str(),
          fmt::format("{} to {}", value_text((*found)[0], words), value_text((*found)[1], words)));
    }
  }
  const json looks = range.value("looks", json());
  const json took = range.value("looks_s", json());
  if (looks.is_number() && took.is_number()) {
    sheet.row("looked at", fmt::format("{} times, {:.3g} ms altogether", looks.get<std::int64_t>(),
                                       1e3 * took.get<double>()));
  }
}

/// Start and end side by side; one value where they agree.
void add_conditions(Sheet& sheet, const std::string& text) {
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object() || !j.contains("start") || !j.contains("end")) return;
  if (!j["start"].is_object() || !j["end"].is_object()) return;
  sheet.title("Conditions (start -> end)");
  for (const auto& [key, end] : j["end"].items()) {
    const auto known = std::find_if(kConditions.begin(), kConditions.end(),
                                    [&](const ConditionWords& c) { return c.key == key; });
    const ConditionWords words =
        known == kConditions.end() ? ConditionWords{key, key.c_str(), ""} : *known;
    const std::string first = value_text(j["start"].value(key, json()), words);
    const std::string last = value_text(end, words);
    sheet.row(words.label, first == last ? last : fmt::format("{} -> {}", first, last));
  }
  add_range(sheet, j);
}

/// Which of the two waited for the other.
void add_waiting(Sheet& sheet, const json& provenance) {
  const auto share = [&](const char* where) -> std::optional<double> {
    const json::json_pointer at(where);
    if (!provenance.contains(at) || !provenance[at].is_number()) return std::nullopt;
    return 100.0 * provenance[at].get<double>();
  };
  const auto waited = share("/run/waited_share");
  if (!waited) return;
  sheet.row("host and device",
            fmt::format("the worker waited for the device {:.0f} % of the time", *waited));
  if (const auto spare = share("/run/host_spare"); spare && *spare > *waited + 1.0) {
    sheet.row("", fmt::format("of a step, the host has {:.0f} % to spare, or more: at a smaller "
                              "batch it launched one in the rest",
                              *spare));
  }
}

/// What the host did, and others on it, while the windows were measured.
void add_host(Sheet& sheet, const std::string& provenance) {
  const json j = json::parse(provenance, nullptr, false);
  if (!j.is_object()) return;
  add_waiting(sheet, j);
  const json::json_pointer host("/run/host");
  if (!j.contains(host) || !j[host].is_object()) return;
  const auto cpus = [&](const char* key) {
    const auto found = j[host].find(key);
    return found == j[host].end() || !found->is_number()
               ? std::string("unknown")
               : fmt::format("{:.2f} CPUs", found->get<double>());
  };
  sheet.row("host meanwhile", fmt::format("others used {}, the hypervisor withheld {}",
                                          cpus("others_cpus"), cpus("stolen_cpus")));
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

/// The calibration that the meter was used with; empty where there is nothing to calibrate.
std::string calibration(const store::Record& r) {
  if (r.scope == "simulated" || r.scope == "cpu_estimate") return "";
  const json p = json::parse(r.provenance_json, nullptr, false);
  if (!p.is_object() || !p.contains("meter") || !p["meter"].is_object()) return "";
  const auto found = p["meter"].find("calibration");
  if (found == p["meter"].end()) return "";
  return found->is_string() ? found->get<std::string>() : "none; `joulemark calibrate` makes one";
}

}  // namespace

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
  sheet.row("calibration", calibration(r));

  if (r.energy_j_per_image) {
    sheet.title(fmt::format("Energy ({})", origin(r)));
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
      const std::string_view meaning = flag_meaning(flag);
      sheet.row(flag.c_str(),
                std::string(meaning.empty() ? "(a flag of another version)" : meaning));
    }
  }
  add_conditions(sheet, r.conditions_json);
  add_host(sheet, r.provenance_json);
  add_windows(sheet, r);
  return std::move(sheet).text();
}

}  // namespace joulemark::report
