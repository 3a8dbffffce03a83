#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/site_files.hpp"

/// `joulemark export-site`: a site as a folder.
namespace joulemark::cli {
namespace {

namespace fs = std::filesystem;

/// A folder that is not there, is empty, or has a site of ours. Errors: invalid_input for one that
/// holds something else, permission_denied or io for one that cannot be read.
Result<void> check_is_ours(const fs::path& folder, bool force) {
  std::error_code error;
  const auto kind = fs::status(folder, error).type();
  if (kind == fs::file_type::not_found) return {};
  if (kind != fs::file_type::directory) {
    return fail(ErrorKind::invalid_input, fmt::format("{} is no folder", folder.string()),
                "Name a folder, or one that is not there yet");
  }
  const bool is_empty = fs::is_empty(folder, error);
  if (error) {
    return fail(
        error == std::errc::permission_denied ? ErrorKind::permission_denied : ErrorKind::io,
        fmt::format("cannot read {}: {}", folder.string(), error.message()),
        "Choose another folder");
  }
  if (is_empty || force || fs::exists(folder / site::kIndex, error)) return {};
  return fail(
      ErrorKind::invalid_input,
      fmt::format("{} holds other files, and no site of ours ({})", folder.string(), site::kIndex),
      "Choose an empty folder, or say --force: its other files are kept");
}

/// Paths in the order of writing. What names others comes after them, so that a reader who finds it
/// finds them too: documents before their index, assets before the page.
std::vector<std::string> in_order(const site::Files& files) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : files) paths.push_back(path);
  const auto rank = [](const std::string& path) {
    if (path == site::kIndex) return 1;
    return path.find('/') == std::string::npos ? 2 : 0;
  };
  std::ranges::stable_sort(paths, {}, rank);
  return paths;
}

Result<void> write_one(const fs::path& file, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);  // write_file says what is wrong with it
  return write_file(file, bytes);
}

/// Files of an earlier export, in the two folders that are a site's own. Returns how many there
/// were; what cannot be removed stays.
std::size_t remove_stale(const fs::path& folder, const site::Files& files) {
  std::vector<fs::path> stale;
  for (const char* own : {site::kApi, site::kAssets}) {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder / own, error)) {
      const std::string path = entry.path().lexically_relative(folder).generic_string();
      const bool is_file = !entry.is_directory(error);
      if (is_file && !files.contains(path)) stale.push_back(entry.path());
    }
  }
  return static_cast<std::size_t>(std::ranges::count_if(stale, [](const fs::path& file) {
    std::error_code error;
    return fs::remove(file, error);
  }));
}

std::size_t size_of(const site::Files& files) {
  std::size_t bytes = 0;
  for (const auto& [path, file] : files) bytes += file.bytes.size();
  return bytes;
}

}  // namespace

int run_export_site(const ExportSiteOptions& options, const CommonOptions& common) {
  catch_signals();
  if (const auto ok = check_is_ours(options.folder, options.force); !ok) {
    return report_error(ok.error(), common.json);
  }
  const auto files = site_files(options, common, interrupted(), Haste::all);
  if (!files) return report_error(files.error(), common.json);
  for (const std::string& path : in_order(*files)) {
    const auto written = write_one(options.folder / path, files->at(path).bytes);
    if (!written) return report_error(written.error(), common.json);
  }
  const std::size_t removed = remove_stale(options.folder, *files);
  const std::string folder = options.folder.string();
  const std::size_t bytes = size_of(*files);
  if (common.json) {
    return print_and_end(
        pretty(
            {{"folder", folder}, {"files", files->size()}, {"bytes", bytes}, {"removed", removed}}),
        true);
  }
  std::string text = fmt::format("Wrote {} ({} files, {:.1f} MB", folder, files->size(),
                                 static_cast<double>(bytes) / 1e6);
  text += removed == 0 ? ").\n" : fmt::format("; {} of before removed).\n", removed);
  if (!options.api_only) {
    text += fmt::format(
        "Any static host can give it out, for instance: python3 -m http.server -d {}\n", folder);
  }
  return print_and_end(text, false);
}

}  // namespace joulemark::cli
