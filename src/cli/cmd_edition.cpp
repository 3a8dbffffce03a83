#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_rows.hpp"
#include "report/table.hpp"
#include "score/built_in.hpp"
#include "score/edition_text.hpp"

/// `joulemark score edition`: what scores are measured against.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;
using score::Curve;
using score::Edition;

std::string today() {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now()));
}

std::string curve_table(const Edition& e) {
  report::TextTable t{{"on", "members", "top-1", "gamma", "floor", "at the best", "at the worst"},
                      {},
                      {false, true, true, true, true, true, true}};
  const auto at = [](const Curve& c, double error) {
    return fmt::format("{} ± {}", report::si(std::exp2(c.log2_joules(error)), "J"),
                       report::percent(std::exp2(c.log2_ci95(error)) - 1.0));
  };
  for (const Curve& c : e.curves) {
    t.rows.push_back({std::string(catalogue::test_set(c.set).title), fmt::format("{}", c.members),
                      fmt::format("{:.1f} to {:.1f} %", 100.0 * (1.0 - c.most_error),
                                  100.0 * (1.0 - c.least_error)),
                      fmt::format("{:.2f}", c.gamma), report::percent(c.floor),
                      at(c, c.least_error), at(c, c.most_error)});
  }
  return t.render();
}

std::string text(const Edition& e) {
  std::string out = fmt::format(
      "Edition {}{}\n{}, policy {}: {} models, the newest measured at {}; made on {}\nrows {}\n\n"
      "What the frontier takes for one image, log2 E = c - gamma log2(error - floor):\n{}\n",
      e.name, e.is_draft ? ", a draft" : "", e.setup, e.policy, e.models, e.newest_row, e.made_on,
      e.rows_sha256, curve_table(e));
  out += fmt::format("{} anchors tell what other setups take for the same models:\n",
                     e.anchors.size());
  for (const score::Offset& o : e.offsets) {
    out += fmt::format("  {}: {:.3f} times ± {} ({} anchors)\n", o.setup, std::exp2(o.kappa),
                       report::percent(std::exp2(o.kappa_ci95) - 1.0), o.anchors);
  }
  if (e.offsets.empty()) out += "  no other setup had enough of them\n";
  return out;
}

}  // namespace

int run_edition_fit(const EditionFitOptions& options, const CommonOptions& common) {
  const auto rows = rows_to_analyse("", common);
  if (!rows) return report_error(rows.error(), common.json);
  const auto edition =
      score::fit(*rows, {options.name, today(), options.setup, options.policy, !options.freeze});
  if (!edition) return report_error(edition.error(), common.json);
  const auto file =
      options.out.empty() ? std::filesystem::path(options.name + ".json") : options.out;
  const std::string written = score::to_text(*edition);
  if (const auto ok = write_file(file, written); !ok) return report_error(ok.error(), common.json);
  return print_and_end(
      common.json ? written : text(*edition) + fmt::format("Wrote {}\n", file.string()),
      common.json);
}

int run_edition_show(const EditionOptions& options, const CommonOptions& common) {
  const auto edition = score::edition_named(options.edition);
  if (!edition) return report_error(edition.error(), common.json);
  return print_and_end(common.json ? score::to_text(*edition) : text(*edition), common.json);
}

int run_edition_verify(const EditionOptions& options, const CommonOptions& common) {
  const auto edition = score::edition_named(options.edition);
  if (!edition) return report_error(edition.error(), common.json);
  const auto rows = rows_to_analyse("", common);
  if (!rows) return report_error(rows.error(), common.json);
  const auto differences = score::verify(*edition, *rows);
  if (!differences) return report_error(differences.error(), common.json);
  const int code = differences->empty() ? kOk : kSomeFailed;
  if (common.json) {
    return print_and_end(pretty({{"edition", edition->name}, {"differences", *differences}}), true,
                         code);
  }
  if (differences->empty()) {
    return print_and_end(fmt::format("Edition {} is what {} says: {} models of {}\n", edition->name,
                                     common.db.text(), edition->models, edition->setup),
                         false);
  }
  std::string out =
      fmt::format("Edition {} is not what {} says:\n", edition->name, common.db.text());
  for (const std::string& d : *differences) out += "  " + d + "\n";
  return print_and_end(out, false, code);
}

}  // namespace joulemark::cli
