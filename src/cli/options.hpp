#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/budget.hpp"
#include "catalogue/select.hpp"
#include "store/location.hpp"

/// What each command was asked for, filled by cli.cpp and read by the command.
namespace joulemark::cli {

struct CommonOptions {
  store::Location db{"joulemark.sqlite"};
  double db_wait_s = 60.0;  ///< for a shared store that does not answer
  std::filesystem::path models = "artefacts";
  bool json = false;
};

struct DoctorOptions {
  bool check = false;  ///< hold the channels of each meter against each other
};

struct MeasureOptions {
  std::vector<std::string> models;
  std::string runtime = "torch";
  std::string worker;  ///< path; empty: found by the registry
  std::string worker_options;
  std::string format, precision, layout;
  std::string device = "auto";
  std::string meter = "auto";
  std::vector<std::string> meter_options;
  std::vector<std::string> batch = {"1", "throughput"};
  double target_rel = 0.01;
  double max_seconds = 10.0;
  double step_timeout = 60.0;
  std::int64_t max_batch = 256;
  double idle_seconds = 3.0;
  bool no_idle = false;
  int threads = 0;
  bool cuda_graph = false;
  bool strict = false;
  std::string setup;
  std::filesystem::path trace;  ///< folder for raw traces; empty: none
};

struct CalibrateOptions {
  std::string device = "cpu";
  std::string meter = "auto";
  std::vector<std::string> meter_options;
  bool quick = false;
  std::filesystem::path trace;  ///< folder for what was seen; empty: none
};

struct CampaignOptions {
  std::filesystem::path folder;
  std::string exporter = "python3 -m joulemark_zoo";
};
struct CampaignPlanOptions : CampaignOptions {
  std::filesystem::path plan;
};
struct CampaignRunOptions : CampaignOptions {
  std::string worker, worker_options;
  std::string meter = "auto";
  std::vector<std::string> meter_options;
  double idle_seconds = 3.0;
  double slot = 0.0;   ///< seconds; 0: no limit
  std::string shard;   ///< "2/8"; empty: all of it
  std::string device;  ///< "cuda:1", several with commas, "cuda:all"; empty: the plan's
  std::optional<std::int64_t> lot, export_jobs;  ///< absent: the plan's
  /// Of what is measured again: "all", or statuses of failed rows and flags of disturbed ones;
  /// empty: none.
  std::string retry_failed, retry_disturbed;
  bool tolerate_failures = false;
};
/// Of a process that a run starts for each of several devices.
struct CampaignMemberOptions : CampaignRunOptions {
  std::filesystem::path artefacts;  ///< where the run's exporter puts them
  std::size_t of = 1;               ///< devices that are measured at the same time
};
struct CampaignSubmitOptions : CampaignRunOptions {
  bool slurm = false;  ///< the one scheduler so far
  std::int64_t shards = 8;
  std::string partition, time, gres;  ///< as sbatch takes them; empty: see slurm::JobRequest
  std::vector<std::string> sbatch_options;
  bool shared = false;  ///< every node sees the folder, though it does not look so
  bool dry_run = false;
};
struct CampaignCollectOptions : CampaignOptions {
  std::vector<std::filesystem::path> shards;
  std::string into;  ///< location of a store; empty: the folder's own
};

struct CatalogueBuildOptions {
  std::filesystem::path from;
  std::filesystem::path facts = "data/catalogue/timm-facts.json";
  std::filesystem::path out = "data/catalogue";
};
struct CatalogueShowOptions {
  std::string model;
};
struct CatalogueSearchOptions {
  std::vector<std::string> words;
  catalogue::Query query;
};
struct CatalogueDiffOptions {
  std::filesystem::path before, after;
};

struct ListOptions {
  std::string model;
};
struct ShowOptions {
  std::string run;
};
struct ReportOptions {
  std::filesystem::path out = "report.html";
  std::string title = "Energy per image";
};
struct AnalyseOptions {
  std::vector<std::string> names;  ///< of analyses; empty: all
  std::string setup;               ///< glob
  std::string policy = "throughput";
  std::filesystem::path out = "analysis";
};
struct FindingsOptions {
  std::string setup;  ///< glob
  std::string policy = "throughput";
  std::filesystem::path out;  ///< empty: standard output alone
};
struct CompareOptions {
  std::vector<std::string> models;
  std::string setup;  ///< glob
  std::string policy = "throughput";
  bool predicted = false;  ///< also models that were not measured
};
struct ScoreOptions {
  std::vector<std::string> models;  ///< none: all that are measured
  std::string setup;                ///< glob
  std::string edition;              ///< name or file; empty: the newest of the policy
  std::string policy = "throughput";
  catalogue::TestSet on = catalogue::TestSet::imagenet;
  bool predicted = false;  ///< also models that were not measured
};
struct EditionFitOptions {
  std::string name;
  std::string setup;
  std::string policy = "throughput";
  bool freeze = false;        ///< no draft
  std::filesystem::path out;  ///< empty: NAME.json
};
struct EditionOptions {
  std::string edition;  ///< name or file; empty: the newest that is built in
};
struct ChooseOptions {
  analysis::Wanted wanted;
  std::string setup;  ///< glob
  std::string policy = "throughput";
  std::string edition;
  std::size_t rows = 10;   ///< to show
  bool predicted = false;  ///< also models that were not measured
};
struct SiteOptions {
  bool api_only = false;   ///< documents without the page
  bool predicted = false;  ///< also models that were not measured
};
struct ExportSiteOptions : SiteOptions {
  std::filesystem::path folder;
  bool force = false;  ///< also into a folder that holds something else
};
struct ServeOptions : SiteOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any that is free
};
struct ImportOptions {
  std::vector<std::string> from;  ///< locations of stores
};
struct ExportOptions {
  std::string format = "csv";
  std::filesystem::path out;  ///< empty: standard output
  std::string model, setup, status;
  bool joined = false;     ///< with what is published about the models
  bool predicted = false;  ///< and with predictions for those that were not measured
};

}  // namespace joulemark::cli
