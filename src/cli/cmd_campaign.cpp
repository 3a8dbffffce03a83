#include <fmt/format.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "campaign/verify.hpp"
#include "campaign/zoo.hpp"
#include "catalogue/built_in.hpp"
#include "cli/campaign_parts.hpp"
#include "cli/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/open_store.hpp"
#include "cli/output.hpp"
#include "cli/show_tally.hpp"

/// `joulemark campaign ...`: many models, over as many sittings as it takes.
namespace joulemark::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// The folder of a campaign that is to be made.
Result<void> make_new(const campaign::Folder& folder) {
  std::error_code ignored;
  if (!fs::exists(folder.plan(), ignored)) return make_folder(folder.logs());
  return fail(ErrorKind::invalid_input,
              fmt::format("{} holds a campaign already", folder.root.string()),
              "Choose another folder, or go on with it: joulemark campaign run");
}

Result<campaign::Campaign> make_campaign(const CampaignPlanOptions& o,
                                         const campaign::Folder& folder, Clock& clock) {
  const auto text = read_file(o.plan);
  if (!text) {
    return fail(ErrorKind::not_found, fmt::format("cannot read {}", o.plan.string()),
                "docs/campaigns.md shows a plan");
  }
  auto plan = campaign::parse_plan(*text);
  if (!plan) return tl::unexpected(plan.error());
  if (auto made = make_new(folder); !made) return tl::unexpected(made.error());
  auto names = campaign::queried_models(*plan, catalogue::built_in());
  if (!names) return tl::unexpected(names.error());
  names->insert(names->end(), plan->models.begin(), plan->models.end());
  auto models = campaign::find_models(zoo_of(o, folder), *names, clock);
  if (!models) return tl::unexpected(models.error());
  return campaign::freeze(std::move(*plan), std::move(*models));
}

/// What is to be collected: databases, and those of folders; without any, those of the shards.
std::vector<fs::path> databases_of(const CampaignCollectOptions& o,
                                   const campaign::Folder& folder) {
  if (o.shards.empty()) return folder.databases();
  std::vector<fs::path> all;
  for (const fs::path& shard : o.shards) {
    if (!fs::is_directory(shard)) {
      all.push_back(shard);
      continue;
    }
    const auto those = campaign::Folder{shard}.databases();
    all.insert(all.end(), those.begin(), those.end());
  }
  return all;
}

}  // namespace

int run_campaign_plan(const CampaignPlanOptions& o, const CommonOptions& common) {
  catch_signals();
  SteadyClock clock;
  const campaign::Folder folder{o.folder};
  const auto c = make_campaign(o, folder, clock);
  if (!c) return report_error(c.error(), common.json);
  if (auto written = write_file(folder.plan(), campaign::to_json(*c)); !written)
    return report_error(written.error(), common.json);
  const std::size_t rows = campaign::row_count(*c);
  double at_most_s = 0.0;  // without exports
  for (const campaign::Job& job : c->jobs)
    at_most_s += campaign::longest_job_s(c->plan, c->plan.variants[job.variant]);
  if (common.json) {
    return print_and_end(pretty({{"campaign", c->id},
                                 {"folder", folder.root.string()},
                                 {"jobs", c->jobs.size()},
                                 {"rows", rows},
                                 {"at_most_s", at_most_s}}),
                         true);
  }
  return print_and_end(
      fmt::format("{}: {} jobs, {} rows; at most {} of measuring (estimated), and the exports\n"
                  "Next: joulemark campaign run {}\n",
                  c->id, c->jobs.size(), rows, duration_text(at_most_s), folder.root.string()),
      false);
}

int run_campaign_status(const CampaignOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  return report_tally(*c, folder, common.json, kOk, ask_cluster(*c, folder));
}

int run_campaign_collect(const CampaignCollectOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  auto found = campaign::read_rows(databases_of(o, folder), campaign::rows_of(*c));
  if (!found) return report_error(found.error(), common.json);
  const auto into =
      o.into.empty() ? store::Location::file(folder.database()) : store::Location(o.into);
  const auto store = store::open_store(into, store::Mode::write, store_options(common));
  if (!store) return report_error(store.error(), common.json);
  const auto added = collect_rows(*c, **store, std::move(*found));
  if (!added) return report_error(added.error(), common.json);
  fmt::print(stderr, "{} rows added to {}\n", *added, into.text());
  if (o.into.empty()) return report_tally(*c, folder, common.json, kOk);
  auto rows = (*store)->read(campaign::rows_of(*c));
  if (!rows) return report_error(rows.error(), common.json);
  return print_tally(*c, folder.root, campaign::counting(*c, std::move(*rows)), common.json, kOk);
}

int run_campaign_verify(const CampaignOptions& o, const CommonOptions& common) {
  const campaign::Folder folder{o.folder};
  const auto c = campaign::read_campaign(folder);
  if (!c) return report_error(c.error(), common.json);
  const auto rows = campaign::read_rows(folder.databases(), campaign::rows_of(*c));
  if (!rows) return report_error(rows.error(), common.json);
  std::vector<std::string> problems;
  for (const store::Record& r : *rows) {
    if (const auto problem = campaign::unsound(r))
      problems.push_back(fmt::format("{}: {}", r.run, *problem));
  }
  const int code = problems.empty() ? kOk : kUsage;
  if (common.json)
    return print_and_end(pretty({{"rows", rows->size()}, {"unsound", problems}}), true, code);
  std::string text;
  for (const std::string& problem : problems) text += problem + "\n";
  text += fmt::format("{} of {} rows follow from their windows\n", rows->size() - problems.size(),
                      rows->size());
  return print_and_end(text, false, code);
}

}  // namespace joulemark::cli
