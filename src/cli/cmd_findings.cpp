#include <fmt/format.h>

#include <utility>

#include "analysis/findings.hpp"
#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/read_rows.hpp"

/// `joulemark findings`: the page that holds the measurements against the paper.
namespace joulemark::cli {

int run_findings(const FindingsOptions& options, const CommonOptions& common) {
  auto rows = rows_to_analyse(options.setup, common);
  if (!rows) return report_error(rows.error(), common.json);
  const auto found = analysis::findings({std::move(*rows), options.policy});
  if (!found) return report_error(found.error(), common.json);
  const std::string page = common.json ? analysis::to_json(*found) : analysis::to_markdown(*found);
  if (options.out.empty()) return print_and_end(page, common.json);
  if (const auto written = write_file(options.out, page); !written) {
    return report_error(written.error(), common.json);
  }
  return print_and_end(common.json ? page : fmt::format("Wrote {}\n", options.out.string()),
                       common.json);
}

}  // namespace joulemark::cli
