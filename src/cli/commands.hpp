#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/options.hpp"

namespace joulemark::cli {

/// What the process returns. Documented in --help from the table in exit_codes.cpp.
enum ExitCode : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kSomeFailed = 3,
  kNothingMeasured = 4,
  kNotFound = 5,
  kPermission = 6,
  kStoreProblem = 7,
  kUnavailable = 8,
  kInterrupted = 130,
};

/// The exit code of an error that ends a command.
ExitCode exit_code(ErrorKind kind);

/// The table of exit codes for --help.
std::string exit_codes_help();

/// Reports an error that ends a command: one line on stderr, and with --json an object
/// {"error": {"kind", "what", "next"}} on stdout. Returns its exit code.
int report_error(const Error& error, bool json);

/// Ends a command whose last step is to print `text`: its code, or that of not being able to print.
int print_and_end(std::string_view text, bool json, int code = kOk);

// The commands. Each prints its own result and returns the exit code.
int run_doctor(const DoctorOptions& options, const CommonOptions& common);
int run_measure(const MeasureOptions& options, const CommonOptions& common);
int run_calibrate(const CalibrateOptions& options, const CommonOptions& common);
int run_campaign_plan(const CampaignPlanOptions& options, const CommonOptions& common);
int run_campaign_run(const CampaignRunOptions& options, const CommonOptions& common);
int run_campaign_member(const CampaignMemberOptions& options, const CommonOptions& common);
int run_campaign_submit(const CampaignSubmitOptions& options, const CommonOptions& common);
int run_campaign_status(const CampaignOptions& options, const CommonOptions& common);
int run_campaign_collect(const CampaignCollectOptions& options, const CommonOptions& common);
int run_campaign_verify(const CampaignOptions& options, const CommonOptions& common);
int run_catalogue_build(const CatalogueBuildOptions& options, const CommonOptions& common);
int run_catalogue_show(const CatalogueShowOptions& options, const CommonOptions& common);
int run_catalogue_search(const CatalogueSearchOptions& options, const CommonOptions& common);
int run_catalogue_diff(const CatalogueDiffOptions& options, const CommonOptions& common);
int run_list(const ListOptions& options, const CommonOptions& common);
int run_show(const ShowOptions& options, const CommonOptions& common);
int run_report(const ReportOptions& options, const CommonOptions& common);
int run_analyse(const AnalyseOptions& options, const CommonOptions& common);
int run_findings(const FindingsOptions& options, const CommonOptions& common);
int run_compare(const CompareOptions& options, const CommonOptions& common);
int run_choose(const ChooseOptions& options, const CommonOptions& common);
int run_score(const ScoreOptions& options, const CommonOptions& common);
int run_edition_fit(const EditionFitOptions& options, const CommonOptions& common);
int run_edition_show(const EditionOptions& options, const CommonOptions& common);
int run_edition_verify(const EditionOptions& options, const CommonOptions& common);
int run_serve(const ServeOptions& options, const CommonOptions& common);
int run_export_site(const ExportSiteOptions& options, const CommonOptions& common);
int run_import(const ImportOptions& options, const CommonOptions& common);
int run_export(const ExportOptions& options, const CommonOptions& common);

}  // namespace joulemark::cli
