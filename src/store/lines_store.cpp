#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "store/columns.hpp"
#include "store/select.hpp"
#include "store/store.hpp"

namespace joulemark::store {
namespace {

namespace fs = std::filesystem;

/// Rows that stand in files, and are only read.
class LinesStore final : public Store {
 public:
  LinesStore(std::string place, std::vector<Record> rows)
      : place_(std::move(place)), rows_(std::move(rows)) {}

  Result<void> append(const Record&) override { return read_only(); }
  Result<void> append(const StoredCalibration&) override { return read_only(); }
  Result<void> claim(const Device&) override { return read_only(); }

  Result<std::vector<Record>> read(const Filter& filter) override {
    std::vector<Record> some;
    std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(some),
                 [&](const Record& r) { return passes(r, filter); });
    for (Record& r : some) {
      if (!filter.windows) r.windows.clear();
      if (!filter.documents) forget_documents(r);
    }
    if (filter.newest_only) return newest(std::move(some));
    return some;
  }

  Result<Record> find(const std::string& prefix) override {
    std::vector<Record> some;
    std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(some),
                 [&](const Record& r) { return r.run.starts_with(prefix); });
    return the_one(std::move(some), prefix, place_);
  }

  // Calibrations stand in databases alone.
  Result<std::optional<StoredCalibration>> newest_calibration(const std::string&,
                                                              const std::string&,
                                                              const std::string&) override {
    return std::nullopt;
  }
  Result<std::vector<StoredCalibration>> calibrations() override {
    return std::vector<StoredCalibration>{};
  }

 private:
  Result<void> read_only() const { return tl::unexpected(rows_are_only_read(place_)); }

  std::string place_;
  std::vector<Record> rows_;
};

/// The file itself, or all files of rows below a folder, in the order of their names.
Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    if (holds_lines(at->path()) && at->is_regular_file(error)) files.push_back(at->path());
  }
  if (error) {
    return fail(ErrorKind::io,
                fmt::format("cannot look into {}: {}", path.string(), error.message()),
                "Check its permissions");
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Adds the rows of a file, and where each stands.
Result<void> read_rows(const fs::path& file, std::vector<Record>& rows) {
  const auto text = read_file(file);
  if (!text) {
    return fail(ErrorKind::io, fmt::format("cannot read {}", file.string()),
                "Check its name and permissions");
  }
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text->size(); ++number) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    const std::string_view line(text->data() + begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto row = from_full_json(line);
    if (!row) {
      return fail(
          row.error().kind,
          fmt::format("line {} of {} is no row: {}", number + 1, file.string(), row.error().what),
          row.error().next);
    }
    rows.push_back(std::move(*row));
  }
  return {};
}

/// In the order of measuring, each run once. Error: two that differ under one name.
Result<std::vector<Record>> in_order(std::vector<Record> rows) {
  const auto by_run = [](const Record& a, const Record& b) { return a.run < b.run; };
  std::stable_sort(rows.begin(), rows.end(), by_run);
  std::vector<Record> once;
  for (Record& row : rows) {
    if (once.empty() || once.back().run != row.run) {
      once.push_back(std::move(row));
    } else if (to_full_json(once.back(), -1) != to_full_json(row, -1)) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{} stands in two places that differ", row.run),
                  "One of them was changed: a row never is");
    }
  }
  return once;
}

}  // namespace

bool holds_lines(const fs::path& path) { return path.extension() == ".jsonl"; }

Error rows_are_only_read(const std::string& place) {
  return {ErrorKind::read_only, fmt::format("rows in {} are read, and not added to", place),
          "Name a database with --db; `joulemark import` brings these rows into it"};
}

Result<std::unique_ptr<Store>> open_lines(const fs::path& path, Mode mode) {
  if (mode == Mode::write) return tl::unexpected(rows_are_only_read(path.string()));
  std::error_code error;
  if (!fs::exists(path, error)) return tl::unexpected(nothing_measured(path.string()));
  const auto files = files_of(path);
  if (!files) return tl::unexpected(files.error());
  std::vector<Record> rows;
  for (const fs::path& file : *files) {
    if (auto read = read_rows(file, rows); !read) return tl::unexpected(read.error());
  }
  if (rows.empty()) {
    return fail(
        ErrorKind::not_found, fmt::format("there are no rows in {}", path.string()),
        "Name a file or folder of .jsonl rows, or a database: a campaign's is results.sqlite");
  }
  auto ordered = in_order(std::move(rows));
  if (!ordered) return tl::unexpected(ordered.error());
  return std::make_unique<LinesStore>(path.string(), std::move(*ordered));
}

}  // namespace joulemark::store
