#include "cli/campaign_parts.hpp"

#include <fmt/format.h>

#include <utility>

#include "campaign/device.hpp"
#include "cli/cluster.hpp"
#include "cli/interrupt.hpp"

namespace joulemark::cli {

namespace fs = std::filesystem;

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  return fail(ErrorKind::io, fmt::format("cannot make {}: {}", path.string(), error.message()),
              "Choose another folder, or check its permissions");
}

campaign::Zoo zoo_of(const CampaignOptions& o, const campaign::Folder& folder) {
  return {o.exporter, folder.artefacts(), folder.logs(),
          [] { return interrupted() || told_to_stop(); }};
}

Result<campaign::SessionOptions> session_options(const CampaignRunOptions& o,
                                                 const campaign::Campaign& c,
                                                 const campaign::Folder& folder,
                                                 const std::string& device) {
  campaign::SessionOptions s;
  s.runtime = c.plan.runtime;
  s.device = device.empty() ? c.plan.device : device;
  s.worker = o.worker;
  s.worker_options = o.worker_options;
  s.meter = o.meter;
  s.campaign = c.id;
  s.several = true;
  // What the folder has besides; where it is the one that is written to, there is no other.
  const auto of_folder = campaign::Folder{folder.root}.database();
  if (of_folder != folder.database()) s.other_database = of_folder;
  s.joulemark_version = JOULEMARK_VERSION;
  s.settings.target_rel = c.plan.target_rel;
  s.settings.limit_run(from_seconds(c.plan.max_seconds));
  s.settings.largest_batch = c.plan.max_batch;
  if (auto ok = meter::apply_settings(o.meter_options, s.meter_options); !ok)
    return tl::unexpected(ok.error());
  return s;
}

Result<std::unique_ptr<campaign::Session>> open_session(campaign::SessionOptions options,
                                                        const campaign::Campaign& c,
                                                        const campaign::Folder& folder,
                                                        Clock& clock) {
  auto station = campaign::find_station(options, clock, interrupted());
  if (!station) return tl::unexpected(station.error());
  auto session =
      campaign::Session::open(std::move(options), std::move(*station),
                              store::Location::file(folder.database()), clock, interrupted());
  if (!session) return session;
  const auto rows =
      campaign::read_rows(campaign::Folder{folder.root}.databases(), campaign::rows_of(c));
  if (!rows) return tl::unexpected(rows.error());
  if (auto ok = campaign::check_same_kind(*rows, (*session)->meter().device); !ok)
    return tl::unexpected(ok.error());
  return session;
}

Result<std::size_t> collect_rows(const campaign::Campaign& c, store::Store& store,
                                 std::vector<store::Record> found) {
  const auto here = store.read(campaign::rows_of(c));
  if (!here) return tl::unexpected(here.error());
  const auto rows = campaign::lacking(c, *here, std::move(found));
  for (const store::Record& r : rows) {
    if (auto stored = store.append(r); !stored) return tl::unexpected(stored.error());
  }
  return rows.size();
}

std::vector<std::string> passed_on(const CampaignRunOptions& o) {
  const CampaignRunOptions defaults;
  std::vector<std::string> options;
  const auto pass = [&](const char* option, const std::string& value, const std::string& standard) {
    if (value != standard) options.insert(options.end(), {option, value});
  };
  pass("--meter", o.meter, defaults.meter);
  for (const std::string& setting : o.meter_options) pass("--meter-option", setting, "");
  pass("--idle-seconds", fmt::format("{}", o.idle_seconds),
       fmt::format("{}", defaults.idle_seconds));
  pass("--worker", o.worker.empty() ? "" : absolute_path(o.worker).string(), "");
  pass("--worker-options", o.worker_options, "");
  pass("--exporter", o.exporter, defaults.exporter);
  return options;
}

Result<fs::path> this_program() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  if (!error) return path;
  return fail(ErrorKind::io, fmt::format("cannot read /proc/self/exe: {}", error.message()),
              "Is /proc mounted?");
}

}  // namespace joulemark::cli
