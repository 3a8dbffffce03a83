#include "campaign/folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <set>

#include "analysis/select.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "store/said.hpp"

namespace joulemark::campaign {
namespace {

namespace fs = std::filesystem;

/// "224x224" as 224.
std::optional<std::int64_t> side_of(const std::string& size) {
  const auto cross = size.find('x');
  if (cross == std::string::npos || size.substr(0, cross) != size.substr(cross + 1))
    return std::nullopt;
  std::int64_t side = 0;
  const char* end = size.data() + cross;
  const auto read = std::from_chars(size.data(), end, side);
  return read.ec == std::errc() && read.ptr == end ? std::optional(side) : std::nullopt;
}

/// This machine's name, as far as it can stand in the name of a file.
std::string host() {
  // What Slurm calls it says more than the name of a container.
  const char* node = std::getenv("SLURMD_NODENAME");
  char name[256] = "host";
  if (node == nullptr) static_cast<void>(gethostname(name, sizeof name - 1));
  std::string text = node != nullptr ? node : name;
  std::erase_if(text, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; });
  return text.substr(0, 64);
}

std::vector<fs::path> folders_in(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    if (entry.is_directory(ignored)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The shard that measured into a database; absent for the folder's own, and for strangers.
std::optional<Shard> shard_of(const fs::path& database) {
  const fs::path folder = database.parent_path();
  if (const auto shard = shard_of_name(folder.filename().string())) return shard;
  return shard_of_name(folder.parent_path().filename().string());
}

/// The rows of one database; none while another process is about to make it.
Result<std::vector<store::Record>> read_one(const fs::path& database, const store::Filter& filter) {
  const auto store = store::open_sqlite(database, store::Mode::read);
  if (store) return (*store)->read(filter);
  if (store.error().kind == ErrorKind::not_found) return std::vector<store::Record>();
  return tl::unexpected(store.error());
}

void sort_by_time(std::vector<store::Record>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.measured_at < b.measured_at; });
}

/// All rows with the shard that measured each.
Result<std::vector<Done>> done_by_shard(const Campaign& campaign, const Folder& folder) {
  std::vector<fs::path> databases = folder.databases();
  // The folder's own last: what was collected into it is known by its shard then.
  std::reverse(databases.begin(), databases.end());
  std::vector<Done> rows;
  std::set<std::string> known;
  for (const fs::path& database : databases) {
    const auto records = read_one(database, rows_of(campaign));
    if (!records) return tl::unexpected(records.error());
    for (const store::Record& r : *records) {
      if (!known.insert(r.run).second) continue;
      rows.push_back(done_of(r));
      rows.back().shard = shard_of(database);
    }
  }
  return rows;
}

}  // namespace

std::vector<fs::path> Folder::databases() const {
  std::vector<fs::path> all = {root / kDatabase};
  for (const fs::path& shard_folder : folders_in(shards())) {
    all.push_back(shard_folder / kDatabase);
    for (const fs::path& each : folders_in(shard_folder)) all.push_back(each / kDatabase);
  }
  std::error_code ignored;
  std::erase_if(all, [&](const fs::path& path) { return !fs::exists(path, ignored); });
  return all;
}

Result<Folder> begin_sitting(const Folder& folder) {
  Folder made = folder;
  std::error_code error;
  fs::create_directories(folder.shards() / folder.shard->name(), error);
  // A name that is taken is another process's, however that came: to make a folder is to own it.
  const std::string stem = fmt::format("{}-{}-{}", rfc3339_now(), host(), getpid());
  for (int attempt = 1; !error && attempt < 1000; ++attempt) {
    made.sitting = attempt == 1 ? stem : fmt::format("{}-{}", stem, attempt);
    std::erase(made.sitting, ':');
    if (fs::create_directory(made.own(), error)) {
      fs::create_directory(made.logs(), error);
      if (!error) return made;
    }
  }
  return fail(ErrorKind::io,
              fmt::format("cannot make {}: {}", made.own().string(), error.message()),
              "Check the folder's permissions, and that the disk is not full");
}

void end_sitting(const Folder& folder) {
  if (!folder.shard || folder.sitting.empty()) return;
  const auto rows = read_one(folder.database(), {});
  std::error_code ignored;
  if (rows && rows->empty()) fs::remove_all(folder.own(), ignored);
}

Result<Campaign> read_campaign(const Folder& folder) {
  const auto text = read_file(folder.plan());
  if (!text) {
    return fail(ErrorKind::not_found,
                fmt::format("there is no campaign in {}", folder.root.string()),
                fmt::format("joulemark campaign plan PLAN.json --out {}", folder.root.string()));
  }
  return campaign_from_json(*text);
}

Result<std::vector<store::Record>> read_rows(const std::vector<fs::path>& databases,
                                             const store::Filter& filter) {
  std::vector<store::Record> rows;
  std::set<std::string> known;
  for (const fs::path& database : databases) {
    auto read = read_one(database, filter);
    if (!read) return read;
    for (store::Record& r : *read) {
      if (known.insert(r.run).second) rows.push_back(std::move(r));
    }
  }
  sort_by_time(rows);
  return rows;
}

Done done_of(const store::Record& r) {
  const store::Said said = store::said_by(r);
  return {.model = r.model,
          .architecture = r.architecture,
          .format = r.format,
          .precision = r.precision,
          .layout = r.layout,
          .policy = r.policy,
          .batch = r.batch,
          .input_size = side_of(r.input_size),
          .cuda_graph = said.cuda_graph,
          .job = said.job,
          .status = r.status,
          .at = r.measured_at,
          .disturbed = analysis::disturbances_among(r.flags)};
}

store::Filter rows_of(const Campaign& campaign) {
  store::Filter filter;
  filter.campaign = campaign.id;
  return filter;
}

std::vector<store::Record> lacking(const Campaign& campaign, const std::vector<store::Record>& here,
                                   std::vector<store::Record> found) {
  std::vector<store::Record> all = here;
  std::ranges::move(found, std::back_inserter(all));
  auto rows = counting(campaign, std::move(all));
  std::set<std::string> known;
  for (const store::Record& r : here) known.insert(r.run);
  std::erase_if(rows, [&](const store::Record& r) { return known.contains(r.run); });
  return rows;
}

std::vector<store::Record> counting(const Campaign& campaign, std::vector<store::Record> rows) {
  std::set<std::string> known;
  std::erase_if(rows, [&](const store::Record& r) { return !known.insert(r.run).second; });
  std::vector<Done> done;
  std::ranges::transform(rows, std::back_inserter(done), done_of);
  std::vector<store::Record> counted;
  for (const auto& job : places_of(campaign, done)) {
    for (const auto& row : job) {
      if (row) counted.push_back(std::move(rows[*row]));
    }
  }
  sort_by_time(counted);
  return counted;
}

Result<std::vector<store::Record>> rows_of(const Campaign& campaign, const Folder& folder) {
  const Folder whole{folder.root};
  // What was collected comes first: it is what the campaign has, the rest as it would be collected.
  auto rows = read_rows({whole.database()}, rows_of(campaign));
  if (!rows) return rows;
  std::vector<fs::path> others = whole.databases();
  std::erase(others, whole.database());
  auto rest = read_rows(others, rows_of(campaign));
  if (!rest) return rest;
  std::ranges::move(*rest, std::back_inserter(*rows));
  return counting(campaign, std::move(*rows));
}

Result<std::vector<Step>> steps_left(const Campaign& campaign, const Folder& folder,
                                     const Retry& again) {
  const auto rows = done_by_shard(campaign, folder);
  if (!rows) return tl::unexpected(rows.error());
  return left_of(campaign, *rows, folder.shard.value_or(Shard{1, 1}), again);
}

Result<std::vector<std::int64_t>> shards_left(const Campaign& campaign, const Folder& folder,
                                              std::int64_t count, const Retry& again) {
  const auto rows = done_by_shard(campaign, folder);
  if (!rows) return tl::unexpected(rows.error());
  std::vector<std::int64_t> numbers;
  for (std::int64_t n = 1; n <= count; ++n) {
    const Shard shard{static_cast<std::size_t>(n), static_cast<std::size_t>(count)};
    if (!left_of(campaign, *rows, shard, again).empty()) numbers.push_back(n);
  }
  return numbers;
}

}  // namespace joulemark::campaign
