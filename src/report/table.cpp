#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/select.hpp"
#include "report/flags.hpp"

namespace joulemark::report {
namespace {

struct Prefix {
  double factor;
  std::string_view name;
};
constexpr std::array kPrefixes = {Prefix{1e9, "G"}, Prefix{1e6, "M"},  Prefix{1e3, "k"},
                                  Prefix{1.0, ""},  Prefix{1e-3, "m"}, Prefix{1e-6, "µ"},
                                  Prefix{1e-9, "n"}};

/// Three significant digits without an exponent: "1.23", "12.3", "123".
std::string three_digits(double value) {
  const double size = std::abs(value);
  const int decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string optional_si(const std::optional<double>& value, std::string_view unit) {
  return value ? si(*value, unit) : "";
}

/// "± 1.3 %"; empty where the share is unknown.
std::string plus_minus(const std::optional<double>& share) {
  return share ? "± " + percent(*share) : "";
}

std::vector<std::string> measured_cells(std::size_t rank, const store::Record& r,
                                        std::span<const std::string> said_below) {
  return {std::to_string(rank),
          r.model,
          r.format,
          batch_in_words(r),
          r.energy_j_per_image ? si(*r.energy_j_per_image, "J") : "",
          plus_minus(r.ci95_rel),
          plus_minus(r.systematic_rel),
          optional_si(r.energy_net_j_per_image, "J"),
          r.images_per_s ? three_digits(*r.images_per_s) : "",
          optional_si(r.power_w, "W"),
          flags_in_words(own_flags(r, said_below))};
}

}  // namespace

std::string si(double value, std::string_view unit) {
  if (!std::isfinite(value)) return fmt::format("{} {}", value, unit);
  if (value == 0.0) return fmt::format("0 {}", unit);
  // 999.6 rounds to 1000: choose the prefix by what will be printed.
  const double size = std::abs(value) * 1.0005;
  const Prefix* chosen = &kPrefixes.back();
  for (const Prefix& p : kPrefixes) {
    if (size >= p.factor) {
      chosen = &p;
      break;
    }
  }
  return fmt::format("{} {}{}", three_digits(value / chosen->factor), chosen->name, unit);
}

std::string percent(double share) {
  const double value = share * 100.0;
  if (std::abs(value) < 0.05) return "< 0.1 %";
  return fmt::format("{:.1f} %", value);
}

std::string with_interval(double joules, std::optional<double> ci95_rel) {
  const std::string value = si(joules, "J");
  return ci95_rel ? fmt::format("{} ± {}", value, percent(*ci95_rel)) : value;
}

std::string_view origin(const store::Record& r) {
  if (r.status == kPredicted) return kPredicted;
  if (r.scope == "cpu_estimate") return "estimated";
  return r.scope == "simulated" ? "simulated" : kMeasured;
}

std::string batch_in_words(const store::Record& r) {
  const std::string size = r.batch ? std::to_string(*r.batch) : "";
  if (r.policy == "throughput") return size + (size.empty() ? "throughput" : " (throughput)");
  if (r.policy == "min_energy") return size + (size.empty() ? "least energy" : " (least energy)");
  return size.empty() ? "1" : size;
}

std::vector<store::Record> ranked(std::span<const store::Record> records) {
  std::vector<store::Record> sorted(records.begin(), records.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    if (!a.energy_j_per_image || !b.energy_j_per_image) {
      return a.energy_j_per_image.has_value() && !b.energy_j_per_image.has_value();
    }
    return *a.energy_j_per_image < *b.energy_j_per_image;
  });
  return sorted;
}

std::string TextTable::render() const {
  std::vector<std::size_t> widths;
  for (const std::string& h : header) widths.push_back(code_points(h));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], code_points(row[i]));
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string pad(widths[i] - code_points(cells[i]), ' ');
      const bool right = i < right_aligned.size() && right_aligned[i];
      if (i > 0) text += "  ";
      text += right ? pad + cells[i] : cells[i] + pad;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(header);
  for (const auto& row : rows) line(row);
  return out;
}

std::string ranked_table(std::span<const store::Record> records) {
  TextTable table{{"#", "model", "format", "batch", "J/image", "95 %", "systematic", "net of idle",
                   "images/s", "power", "remarks"},
                  {},
                  {true, false, false, true, true, true, true, true, true, true, false}};
  const std::vector<std::string> common = common_flags(records);
  std::string failures;
  for (const store::Record& r : ranked(records)) {
    if (r.status == "ok") {
      table.rows.push_back(measured_cells(table.rows.size() + 1, r, common));
    } else {
      failures +=
          fmt::format("  {}, batch {}: {}: {}\n", r.model, batch_in_words(r), r.status, r.message);
    }
  }
  std::string out = table.rows.empty() ? "" : table.render();
  if (!common.empty()) out += fmt::format("All rows: {}\n", flags_in_words(common));
  if (!failures.empty())
    out += (out.empty() ? "" : "\n") + std::string("Not measured:\n") + failures;
  return out;
}

std::string one_line(const store::Record& r) {
  const std::string what = fmt::format("{}, {}, batch {}", r.model, r.format, batch_in_words(r));
  if (!r.energy_j_per_image) return fmt::format("{}: {}: {}", what, r.status, r.message);
  // An interval says how well the number repeats: beside an estimate, that must not pass for truth.
  std::string line =
      fmt::format("{}: {} per image", what, with_interval(*r.energy_j_per_image, r.ci95_rel));
  if (origin(r) != kMeasured) line += fmt::format(" ({})", origin(r));
  if (r.images_per_s) line += fmt::format(", {} images/s", three_digits(*r.images_per_s));
  if (const auto disturbed = analysis::disturbances_among(r.flags); !disturbed.empty())
    line += fmt::format("; disturbed: {}", flags_in_words(disturbed));
  return line;
}

}  // namespace joulemark::report
