#include <fmt/format.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "analysis/common.hpp"
#include "analysis/compare.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_rows.hpp"
#include "report/table.hpp"

/// `joulemark compare`: models side by side, and in sentences.
namespace joulemark::cli {
namespace {

using analysis::Beside;
using analysis::Comparison;
using analysis::Side;
using nlohmann::ordered_json;

std::string flags_of(const analysis::Row& row) {
  return fmt::format("{}", fmt::join(row.flags, " "));
}

/// As it was named, and what its energy is where that was not measured.
std::string marked(const Side& s) { return analysis::marked(s.asked, *s.row); }

std::string table(const Comparison& c) {
  report::TextTable t{{"model", "J/image", "95 %", "times", "top-1", "images/s", "batch", "flags"},
                      {},
                      {false, true, true, true, true, true, true, false}};
  for (const Side& s : c.sides) {
    const analysis::Row& row = *s.row;
    t.rows.push_back({marked(s), report::si(*row.energy_j_per_image, "J"),
                      row.ci95_rel ? "± " + report::percent(*row.ci95_rel) : "-",
                      s.beside ? digits(s.beside->times) : "1",
                      s.top1 ? fmt::format("{:.2f} %", *s.top1) : "-",
                      row.images_per_s ? fmt::format("{:.0f}", *row.images_per_s) : "-",
                      row.batch ? fmt::format("{}", *row.batch) : "-", flags_of(row)});
  }
  return t.render();
}

/// "; its top-1 is 2.10 ± 0.50 points higher"; empty where an accuracy is not published.
std::string accuracy_words(const Beside& b) {
  if (!b.points) return "";
  if (std::abs(*b.points) < *b.points_ci95) {
    return fmt::format("; its top-1 is not distinguishable ({:+.2f} ± {:.2f} points)", *b.points,
                       *b.points_ci95);
  }
  return fmt::format("; its top-1 is {:.2f} ± {:.2f} points {}", std::abs(*b.points),
                     *b.points_ci95, *b.points > 0.0 ? "higher" : "lower");
}

std::string sentence(const Side& s, const Side& first) {
  const Beside& b = *s.beside;
  const std::string interval = analysis::times(b.times, b.ci95);
  const std::string energy =
      b.is_distinguishable()
          ? fmt::format("{} takes {} the energy of {}", marked(s), interval, marked(first))
          : fmt::format("{} is not distinguishable from {} in energy: {}", marked(s), marked(first),
                        interval);
  const std::string speed = b.times_throughput ? fmt::format("; its throughput is {} times that",
                                                             digits(*b.times_throughput))
                                               : std::string();
  return energy + accuracy_words(b) + speed + ".\n";
}

std::string weights_line(const Comparison& c) {
  std::vector<std::string> known;
  for (const Side& s : c.sides) {
    if (!s.weights.empty()) known.push_back(s.weights);
  }
  return known.empty() ? std::string("No accuracy of these is published.\n")
                       : fmt::format(
                             "Accuracy, published, of {}. The intervals take the test "
                             "images for different ones, so they are wide.\n",
                             join_words(known));
}

std::string text(const Comparison& c) {
  std::string out = fmt::format("{}, policy {}\n\n{}\n", c.setup, c.policy, table(c));
  for (const Side& s : c.sides) {
    if (s.beside) out += sentence(s, c.sides.front());
  }
  std::vector<Beside> beside;
  for (const Side& s : c.sides) {
    if (s.beside) beside.push_back(*s.beside);
  }
  if (const std::string boards = analysis::boards_in_words(beside); !boards.empty())
    out += boards + "\n";
  out += weights_line(c);
  if (const std::string others = analysis::others_in_words(c.other_setups); !others.empty()) {
    out += others + "\n";
  }
  return out;
}

ordered_json json(const Beside& b) {
  return {{"times_energy", b.times},
          {"low", b.ci95.low},
          {"high", b.ci95.high},
          {"distinguishable", b.is_distinguishable()},
          {"top1_points", or_null(b.points)},
          {"top1_points_ci95", or_null(b.points_ci95)},
          {"times_throughput", or_null(b.times_throughput)},
          {"between_boards_rel", or_null(b.between_boards)}};
}

ordered_json json(const Comparison& c) {
  ordered_json sides = ordered_json::array();
  for (const Side& s : c.sides) {
    const analysis::Row& row = *s.row;
    ordered_json side = {
        {"model", s.asked},
        {"run", run_or_null(row)},
        {"energy_j_per_image", or_null(row.energy_j_per_image)},
        {"energy_origin", row.origin},
        {"ci95_rel", or_null(row.ci95_rel)},
        {"systematic_rel", or_null(row.systematic_rel)},
        {"images_per_s", or_null(row.images_per_s)},
        {"images_per_s_no_interval", analysis::kNoThroughputInterval},
        {"flags", flags_of(row)},
        {"weights", s.weights.empty() ? ordered_json(nullptr) : ordered_json(s.weights)},
        {"imagenet_top1", or_null(s.top1)}};
    side["beside_first"] = s.beside ? json(*s.beside) : ordered_json(nullptr);
    sides.push_back(std::move(side));
  }
  return {{"setup", c.setup},
          {"policy", c.policy},
          {"models", std::move(sides)},
          {"setups_not_used", c.other_setups}};
}

}  // namespace

int run_compare(const CompareOptions& options, const CommonOptions& common) {
  const auto rows = rows_to_analyse(options.setup, common, options.predicted);
  if (!rows) return report_error(rows.error(), common.json);
  const auto comparison = analysis::compare(*rows, options.policy, options.models);
  if (!comparison) return report_error(comparison.error(), common.json);
  return print_and_end(common.json ? pretty(json(*comparison)) : text(*comparison), common.json);
}

}  // namespace joulemark::cli
