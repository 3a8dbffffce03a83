#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "catalogue/built_in.hpp"
#include "cli/commands.hpp"
#include "cli/open_store.hpp"
#include "cli/output.hpp"
#include "report/html.hpp"
#include "report/joined.hpp"
#include "report/predicted.hpp"
#include "report/show.hpp"
#include "report/table.hpp"
#include "store/columns.hpp"
#include "store/select.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// The commands that read what has been stored: list, show, report, export.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;

Result<std::vector<store::Record>> read_records(const CommonOptions& common,
                                                const store::Filter& filter) {
  auto store = open_store(common, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  return (*store)->read(filter);
}

std::string models_text(const std::vector<zoo::Descriptor>& models) {
  report::TextTable table{
      {"model", "format", "precision", "layout", "for", "pixels", "weights"}, {}, {}};
  for (const zoo::Descriptor& d : models) {
    table.rows.push_back({d.name, d.format, d.precision, d.layout, d.device,
                          fmt::format("{}x{}", d.input_size[1], d.input_size[2]),
                          d.weights.label()});
  }
  return table.render();
}

ordered_json models_json(const std::vector<zoo::Descriptor>& models) {
  ordered_json list = ordered_json::array();
  for (const zoo::Descriptor& d : models) {
    list.push_back({{"name", d.name},
                    {"format", d.format},
                    {"precision", d.precision},
                    {"layout", d.layout},
                    {"device", d.device},
                    {"input_size", fmt::format("{}x{}", d.input_size[1], d.input_size[2])},
                    {"parameters", d.parameters},
                    {"weights", d.weights.label()},
                    {"folder", d.folder.string()}});
  }
  return list;
}

/// Records beside what is published, in one of them.
std::string joined_in_format(const std::vector<report::Joined>& rows, const std::string& format) {
  return format == "csv" ? report::joined_csv(rows) : report::joined_json(rows) + "\n";
}

/// What a filter lets through, and predictions for what was not measured. They learn from all
/// models of a setup, also where one model is asked for.
Result<std::vector<store::Record>> with_predictions(const store::Filter& filter,
                                                    const CommonOptions& common) {
  auto all = read_records(common, {"", filter.setup, "", "", false});
  if (!all) return all;
  std::vector<store::Record> asked;
  const auto keep = [&](const std::vector<store::Record>& some) {
    std::ranges::copy_if(some, std::back_inserter(asked),
                         [&](const store::Record& r) { return store::passes(r, filter); });
  };
  keep(*all);
  asked = store::newest(std::move(asked));
  keep(report::predicted_records(store::newest(std::move(*all)), catalogue::built_in()));
  return asked;
}

/// Records in one of the formats of `export`.
std::string in_format(const std::vector<store::Record>& records, const std::string& format) {
  if (format == "csv") return store::to_csv(records);
  if (format == "json") return store::to_json(records) + "\n";
  std::string lines;
  for (const store::Record& r : records) lines += store::to_full_json(r, -1) + "\n";
  return lines;
}

}  // namespace

int run_list(const ListOptions& options, const CommonOptions& common) {
  // Either half may be missing on a new machine; that is an answer, not an error.
  const auto models = zoo::find(common.models, {options.model, "", "", "", ""});
  const auto records = read_records(common, {options.model, "", "", "", false});
  if (!records && records.error().kind != ErrorKind::not_found) {
    return report_error(records.error(), common.json);
  }
  const std::vector<store::Record> rows = records.value_or(std::vector<store::Record>{});
  if (common.json) {
    const ordered_json j = {
        {"models", models_json(models.value_or(std::vector<zoo::Descriptor>{}))},
        {"runs", ordered_json::parse(store::to_json(rows))}};
    return print_and_end(pretty(j), common.json);
  }
  std::string text = fmt::format("Models in {}:\n", common.models.string());
  if (models && !models->empty()) {
    text += models_text(*models);
  } else {
    text += fmt::format("none. Export one: python -m joulemark_zoo export resnet18 --out {}\n",
                        common.models.string());
  }
  text += fmt::format("\nRuns in {}:\n", common.db.text());
  for (const store::Record& r : rows) {
    text += fmt::format("{}  {}\n", r.run, report::one_line(r));
  }
  if (rows.empty()) text += "none. Measure a model: joulemark measure resnet18\n";
  return print_and_end(text, common.json);
}

int run_show(const ShowOptions& options, const CommonOptions& common) {
  auto store = open_store(common, store::Mode::read);
  if (!store) return report_error(store.error(), common.json);
  const auto record = (*store)->find(options.run);
  if (!record) return report_error(record.error(), common.json);
  return print_and_end((common.json ? store::to_full_json(*record) : report::show(*record)) + "\n",
                       common.json);
}

int run_report(const ReportOptions& options, const CommonOptions& common) {
  store::Filter filter;
  filter.newest_only = true;
  const auto records = read_records(common, filter);
  if (!records) return report_error(records.error(), common.json);
  if (const auto ok = write_file(options.out, report::html(*records, options.title)); !ok) {
    return report_error(ok.error(), common.json);
  }
  const std::string path = std::filesystem::absolute(options.out).string();
  return print_and_end(common.json ? pretty({{"report", path}, {"rows", records->size()}})
                                   : fmt::format("Wrote {} ({} rows). Open file://{}\n",
                                                 options.out.string(), records->size(), path),
                       common.json);
}

int run_export(const ExportOptions& options, const CommonOptions& common) {
  if (options.joined && options.format == "jsonl") {
    return report_error({ErrorKind::invalid_input, "joined rows are CSV or JSON",
                         "Use --format csv or --format json with --joined"},
                        common.json);
  }
  const store::Filter filter{options.model, options.setup, options.status, "", options.joined};
  const auto records =
      options.predicted ? with_predictions(filter, common) : read_records(common, filter);
  if (!records) return report_error(records.error(), common.json);
  const bool prefers_json = common.json && options.out.empty() && options.format == "csv";
  const std::string format = prefers_json ? "json" : options.format;
  const auto joined = options.joined ? report::join(*records, catalogue::built_in())
                                     : std::vector<report::Joined>{};
  const std::size_t rows = options.joined ? joined.size() : records->size();
  const std::string content =
      options.joined ? joined_in_format(joined, format) : in_format(*records, format);
  if (options.out.empty()) return print_and_end(content, common.json);
  if (const auto ok = write_file(options.out, content); !ok) {
    return report_error(ok.error(), common.json);
  }
  return print_and_end(common.json
                           ? pretty({{"file", options.out.string()}, {"rows", rows}})
                           : fmt::format("Wrote {} ({} rows)\n", options.out.string(), rows),
                       common.json);
}

}  // namespace joulemark::cli
