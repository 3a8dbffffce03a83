#include "catalogue/upstream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "catalogue/cells.hpp"
#include "catalogue/csv.hpp"

namespace joulemark::catalogue {
namespace {

struct ResultsFile {
  TestSet set;
  const char* file;
};
constexpr ResultsFile kResults[] = {
    {TestSet::imagenet, "results-imagenet.csv"},
    {TestSet::real, "results-imagenet-real.csv"},
    {TestSet::v2, "results-imagenetv2-matched-frequency.csv"},
    {TestSet::sketch, "results-sketch.csv"},
    {TestSet::a, "results-imagenet-a.csv"},
    {TestSet::r, "results-imagenet-r.csv"},
    {TestSet::a_clean, "results-imagenet-a-clean.csv"},
    {TestSet::r_clean, "results-imagenet-r-clean.csv"},
};
constexpr const char* kMetadata = "model_metadata-in1k.csv";
constexpr const char* kBenchmarkFiles = "benchmark-infer-*.csv";

// Columns that are known and not needed.
const std::set<std::string, std::less<>> kOfResults = {"top1_err", "top5_err", "top1_diff",
                                                       "top5_diff", "rank_diff"};
const std::set<std::string, std::less<>> kOfBenchmarks = {"infer_step_time", "infer_batch_size",
                                                          "infer_gmacs", "infer_macts"};
const std::set<std::string, std::less<>> kOfMetadata = {};

constexpr const char* kNewerLayout =
    "If timm's tables have a new form, a newer joulemark may know it";

const Input* file_named(const std::vector<Input>& files, std::string_view name) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const Input& f) { return f.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Result<void> check_complete(const std::vector<Input>& files) {
  std::vector<std::string> missing;
  for (const ResultsFile& r : kResults) {
    if (file_named(files, r.file) == nullptr) missing.emplace_back(r.file);
  }
  if (file_named(files, kMetadata) == nullptr) missing.emplace_back(kMetadata);
  const bool benchmarks = std::any_of(
      files.begin(), files.end(), [](const Input& f) { return matches(kBenchmarkFiles, f.name); });
  if (!benchmarks) missing.emplace_back(kBenchmarkFiles);
  if (missing.empty()) return {};
  return fail(ErrorKind::not_found, fmt::format("timm's tables lack {}", join_words(missing)),
              "Name the folder results/ of https://github.com/huggingface/pytorch-image-models");
}

/// The table, with the places of the columns that are wanted. Error also for one that is in neither
/// list.
struct Opened {
  Csv csv;
  std::vector<std::size_t> at;
};
Result<Opened> open(const Input& file, const std::vector<std::string>& wanted,
                    const std::set<std::string, std::less<>>& unneeded) {
  auto csv = Csv::parse(file.name, file.text);
  if (!csv) return tl::unexpected(csv.error());
  auto at = columns_of(*csv, wanted);
  if (!at) return tl::unexpected(at.error());
  for (const std::string_view column : csv->header()) {
    const bool known = unneeded.contains(column) ||
                       std::find(wanted.begin(), wanted.end(), column) != wanted.end();
    if (!known) {
      Error error =
          csv->header_error(fmt::format("column '{}' is not known", one_line(column, 60)));
      error.next = kNewerLayout;
      return tl::unexpected(error);
    }
  }
  if (csv->size() == 0) return tl::unexpected(csv->header_error("there are no rows below it"));
  return Opened{std::move(*csv), std::move(*at)};
}

std::string twice(const std::string& model, std::int64_t size) {
  return fmt::format("{} at {} pixels is there twice", one_line(model, 60), size);
}

// --- results-*.csv

enum ResultsColumn { kModel, kSize, kTop1, kTop5, kParameters, kCrop, kInterpolation };
const std::vector<std::string> kResultsColumns = {"model",       "img_size", "top1",         "top5",
                                                  "param_count", "crop_pct", "interpolation"};

/// Percent of errors beside percent of successes: they add up but for the rounding of each.
void check_errors(Cells& cells, const Csv& csv, std::size_t top, const char* error_column,
                  double accuracy) {
  constexpr double kRounding = 0.002;
  const auto column = csv.column(error_column);
  if (!column) return;
  const double error = cells.number(*column, kPercent);
  if (!cells.error() && std::abs(accuracy + error - 100.0) > kRounding) {
    cells.refuse(top, fmt::format("with {} it does not make 100 %", error_column));
  }
}

Result<void> check_percent(const Opened& o) {
  double largest = 0.0;
  for (std::size_t i = 0; i < o.csv.size(); ++i) {
    Cells cells(o.csv, i);
    largest = std::max(largest, cells.number(o.at[kTop1], kPercent));
    if (cells.error()) return {};  // which the reading of rows reports
  }
  if (largest > 1.0) return {};
  return tl::unexpected(
      o.csv.error_at(0, o.at[kTop1], "no row has more than 1: these are shares and not percent"));
}

Result<Results> read_results(const Input& file) {
  const auto o = open(file, kResultsColumns, kOfResults);
  if (!o) return tl::unexpected(o.error());
  if (const auto percent = check_percent(*o); !percent) return tl::unexpected(percent.error());
  Results results;
  for (std::size_t i = 0; i < o->csv.size(); ++i) {
    Cells cells(o->csv, i);
    Tested t;
    const std::string model = cells.word(o->at[kModel]);
    const ModelName parts = split(model);
    if (parts.architecture.empty() || parts.tag.empty()) {
      cells.refuse(o->at[kModel], "it is not architecture.tag");
    }
    const std::int64_t size = cells.count(o->at[kSize]);
    t.accuracy = {cells.number(o->at[kTop1], kPercent), cells.number(o->at[kTop5], kPercent)};
    if (t.accuracy.top1 > t.accuracy.top5) cells.refuse(o->at[kTop1], "it is more than top5");
    check_errors(cells, o->csv, o->at[kTop1], "top1_err", t.accuracy.top1);
    check_errors(cells, o->csv, o->at[kTop5], "top5_err", t.accuracy.top5);
    t.parameters_m = cells.number(o->at[kParameters], kPositive);
    t.crop = cells.number(o->at[kCrop], kPositive);
    t.interpolation = cells.word(o->at[kInterpolation]);
    if (!cells.error() && !results.emplace(std::pair(model, size), t).second) {
      cells.refuse(o->at[kModel], twice(model, size));
    }
    if (cells.error()) return tl::unexpected(*cells.error());
  }
  return results;
}

/// Every set has been tested with about the same models: one that lacks many is cut off.
Result<void> check_same_length(const std::array<Results, kTestSets>& results) {
  const std::size_t all = results[0].size();
  for (const ResultsFile& r : kResults) {
    const std::size_t here = results[static_cast<std::size_t>(r.set)].size();
    if (10 * here < 9 * all || 10 * all < 9 * here) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("{} has {} rows and {} has {}: is one of them cut off?", r.file, here,
                              kResults[0].file, all),
                  kMendTable);
    }
  }
  return {};
}

// --- benchmark-infer-*.csv

/// 291 of "benchmark-infer-amp-nchw-pt291-cu130-5090.csv"; absent where the name has none.
std::optional<std::int64_t> torch_release(const std::string& file) {
  const std::size_t at = file.find("-pt");
  if (at == std::string::npos) return std::nullopt;
  std::int64_t release = 0;
  const char* begin = file.data() + at + 3;
  const auto [end, error] = std::from_chars(begin, file.data() + file.size(), release);
  const bool sound =
      error == std::errc() && release > 0 && end != file.data() + file.size() && *end == '-';
  return sound ? std::optional(release) : std::nullopt;
}

enum BenchmarkColumn { kName, kPixels, kParameterCount, kSpeed };
const std::vector<std::string> kBenchmarkColumns = {"model", "infer_img_size", "param_count",
                                                    "infer_samples_per_sec"};

Result<void> read_benchmark(const Input& file, Counts& counts) {
  const auto o = open(file, kBenchmarkColumns, kOfBenchmarks);
  if (!o) return tl::unexpected(o.error());
  const auto torch = torch_release(file.name);
  if (!torch) {
    return fail(ErrorKind::invalid_input,
                fmt::format("the name {} has no release of PyTorch such as -pt291-", file.name),
                kNewerLayout);
  }
  const auto benchmark = benchmark_of(file.name);
  const auto gmacs = o->csv.column("infer_gmacs");
  const auto activations = o->csv.column("infer_macts");
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (std::size_t i = 0; i < o->csv.size(); ++i) {
    Cells cells(o->csv, i);
    const std::pair key(cells.word(o->at[kName]), cells.count(o->at[kPixels]));
    Counted c;
    c.torch = *torch;
    c.parameters_m = cells.number(o->at[kParameterCount], kPositive);
    c.images_per_s = cells.number_or_none(o->at[kSpeed], kPositive);
    c.benchmark = benchmark;
    if (gmacs) c.gmacs = cells.number_or_none(*gmacs, kPositive);
    if (activations) c.activations_m = cells.number_or_none(*activations, kPositive);
    if (!seen.insert(key).second) {
      cells.refuse(o->at[kName], twice(key.first, key.second));
    }
    if (cells.error()) return tl::unexpected(*cells.error());
    counts[key].push_back(c);
  }
  return {};
}

// --- model_metadata-in1k.csv

Result<Pretraining> read_metadata(const Input& file) {
  const auto o = open(file, {"model", "pretrain"}, kOfMetadata);
  if (!o) return tl::unexpected(o.error());
  Pretraining pretraining;
  for (std::size_t i = 0; i < o->csv.size(); ++i) {
    Cells cells(o->csv, i);
    const std::string model = cells.word(o->at[0]);
    if (!pretraining.emplace(model, cells.word(o->at[1])).second) {
      cells.refuse(o->at[0], one_line(model, 60) + " is there twice");
    }
    if (cells.error()) return tl::unexpected(*cells.error());
  }
  return pretraining;
}

std::int64_t lines_below_header(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') - 1;
}

}  // namespace

Result<Upstream> read_upstream(std::vector<Input> files) {
  std::sort(files.begin(), files.end(),
            [](const Input& a, const Input& b) { return a.name < b.name; });
  if (const auto complete = check_complete(files); !complete) {
    return tl::unexpected(complete.error());
  }
  Upstream up;
  for (const ResultsFile& r : kResults) {
    auto results = read_results(*file_named(files, r.file));
    if (!results) return tl::unexpected(results.error());
    up.results[static_cast<std::size_t>(r.set)] = std::move(*results);
  }
  if (const auto same = check_same_length(up.results); !same) return tl::unexpected(same.error());
  auto pretraining = read_metadata(*file_named(files, kMetadata));
  if (!pretraining) return tl::unexpected(pretraining.error());
  up.pretraining = std::move(*pretraining);
  for (const Input& file : files) {
    const bool benchmark = matches(kBenchmarkFiles, file.name);
    if (benchmark) {
      if (const auto ok = read_benchmark(file, up.counts); !ok) return tl::unexpected(ok.error());
    }
    const bool results = std::any_of(std::begin(kResults), std::end(kResults),
                                     [&](const ResultsFile& r) { return file.name == r.file; });
    if (benchmark || results || file.name == kMetadata) {
      up.read.push_back({file.name, file.sha256, lines_below_header(file.text)});
    } else {
      up.unused.push_back(file.name);
    }
  }
  return up;
}

}  // namespace joulemark::catalogue
