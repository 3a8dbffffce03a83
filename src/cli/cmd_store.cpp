#include <fmt/format.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "report/html.hpp"
#include "report/show.hpp"
#include "report/table.hpp"
#include "store/columns.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// The commands that read what has been stored: list, show, report, export.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;

Result<std::vector<store::Record>> read_records(const CommonOptions& common,
                                                const store::Filter& filter) {
  auto store = store::open_sqlite(common.db, store::Mode::read);
  if (!store) return tl::unexpected(store.error());
  return (*store)->read(filter);
}

/// Writes a whole file, or says what stopped it and leaves nothing half-written.
Result<void> write_file(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path partial = path.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << content;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(partial, path, error);
  if (!out || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    return fail(ErrorKind::io, fmt::format("cannot write {}", path.string()),
                "Check that its folder exists, is writable and has room");
  }
  return {};
}

void print_models(const std::vector<zoo::Descriptor>& models) {
  for (const zoo::Descriptor& d : models) {
    fmt::print("{:<36} {:<12} {:<5} {:<14} {:<5} {}x{}  weights {}\n", d.name, d.format,
               d.precision, d.layout, d.device, d.input_size[1], d.input_size[2],
               d.weights.label());
  }
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
    fmt::print("{}\n", j.dump(1));
    return kOk;
  }
  fmt::print("Models in {}:\n", common.models.string());
  if (models && !models->empty()) {
    print_models(*models);
  } else {
    fmt::print("none. Export one: python -m joulemark_zoo export resnet18 --out {}\n",
               common.models.string());
  }
  fmt::print("\nRuns in {}:\n", common.db.string());
  for (const store::Record& r : rows) fmt::print("{}  {}\n", r.run, report::one_line(r));
  if (rows.empty()) fmt::print("none. Measure a model: joulemark measure resnet18\n");
  return kOk;
}

int run_show(const ShowOptions& options, const CommonOptions& common) {
  auto store = store::open_sqlite(common.db, store::Mode::read);
  if (!store) return report_error(store.error(), common.json);
  const auto record = (*store)->find(options.run);
  if (!record) return report_error(record.error(), common.json);
  fmt::print("{}\n", common.json ? store::to_full_json(*record) : report::show(*record));
  return kOk;
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
  if (common.json) {
    fmt::print("{}\n", ordered_json{{"report", path}, {"rows", records->size()}}.dump(1));
  } else {
    fmt::print("Wrote {} ({} rows). Open file://{}\n", options.out.string(), records->size(), path);
  }
  return kOk;
}

int run_export(const ExportOptions& options, const CommonOptions& common) {
  const auto records =
      read_records(common, {options.model, options.setup, options.status, "", false});
  if (!records) return report_error(records.error(), common.json);
  const bool json = options.format == "json" || (common.json && options.out.empty());
  const std::string content = json ? store::to_json(*records) + "\n" : store::to_csv(*records);
  if (options.out.empty()) {
    fmt::print("{}", content);
    return kOk;
  }
  if (const auto ok = write_file(options.out, content); !ok)
    return report_error(ok.error(), common.json);
  if (common.json) {
    fmt::print("{}\n",
               ordered_json{{"file", options.out.string()}, {"rows", records->size()}}.dump(1));
  }
  return kOk;
}

}  // namespace joulemark::cli
