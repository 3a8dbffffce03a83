#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.hpp"

namespace joulemark::analysis {

/// One published set of weights of an architecture, tested at one size.
struct Published {
  std::string model;                     ///< architecture.tag
  catalogue::Evaluation tested;          ///< on every set of test images
  std::optional<catalogue::Month> date;  ///< of the paper of its recipe
  std::string pretraining;               ///< classes of data, separated by spaces
  std::string licence;
};

/// How much more a board takes than others, whatever runs on it: of the logarithm, beside the mean
/// of the boards that it is tied to, and half the width of the 95 % interval of where that puts one
/// row of it. Two boards' rows are as far apart as these intervals reach.
struct BoardOffset {
  double log = 0.0;
  double half_width = 0.0;
  std::size_t mean = 0;  ///< which one it is beside: offsets from two means say nothing together
};

/// One measurement beside what is published about what it measured. Empty and absent are unknown.
struct Row {
  // What was measured, and how it went: the columns of docs/columns.md.
  std::string run, campaign, model, architecture, input_size, setup, policy;
  std::optional<std::int64_t> batch;
  std::string device, meter, runtime, runtime_version, format, precision, layout;
  std::string board;                        ///< identity of the very device; empty: not known
  std::optional<BoardOffset> board_offset;  ///< where other boards tell: place_boards
  std::optional<double> temperature_c;
  std::string weights, status, measured_at, method;
  std::string origin;  ///< measured, estimated, simulated or predicted
  std::optional<double> energy_j_per_image;
  std::optional<double> ci95_rel, systematic_rel;
  std::map<std::string, double> systematic_terms;
  std::optional<double> images_per_s, latency_ms_p50, latency_ms_p99, power_w;
  std::optional<double> estimator_gap_rel;
  std::vector<std::string> flags;

  // Of those published weights of the architecture that have the highest top-1 at this input size:
  // energy is that of the architecture, whichever of them run (docs/joined.md).
  std::string best_model;      ///< architecture.tag
  std::optional<double> top1;  ///< percent, on ImageNet

  /// All weights that were tested at this size, in the order of their tags.
  std::vector<Published> weights_tested;

  // Of the architecture at this size.
  std::optional<double> parameters_m, gmacs, activations_m;
  /// images/s of others, on catalogue::benchmarks()
  std::array<std::optional<double>, catalogue::kBenchmarks> published_speeds;
  std::string family;
  std::string kind;                                   ///< CNN, transformer, hybrid, MLP or other
  std::optional<catalogue::Month> architecture_date;  ///< of the family's paper
};

/// Terms that two rows share, so that they leave the ratio of their energies alone.
using Shared = std::span<const std::string_view>;
/// Two models on one setup: what the meter is off by, it is off by in both.
inline constexpr std::string_view kSharedBetweenModels[] = {"sensor"};
/// One model at two batch or input sizes: nor do the values of its weights differ.
inline constexpr std::string_view kSharedBetweenSizes[] = {"sensor", "weights_random"};
/// One model on two setups, whose meters may be two.
inline constexpr std::string_view kSharedBetweenSetups[] = {"weights_random"};

/// How well a row's energy is known beside another's, relative: the root of the sum of squares of
/// its 95 % interval and of those systematic terms that they do not share. Without terms, all of
/// the systematic one. The sensor term of an estimate is never shared. Absent without an interval.
std::optional<double> own_rel(const Row& row, Shared shared);

/// Which version of the method made it; absent where that is not a number.
std::optional<int> method_number(const Row& row);

/// Two boards of one name differ by more than either's interval. Half the width of a 95 % interval
/// of their ratio where nothing more is known of the two, by what `boards` says of H100s: 9.2 %
/// over all configurations that several boards ran, 9.9 % by the one that most did
/// (docs/method.md#one-board-and-others-of-its-name).
inline constexpr double kBetweenBoards = 0.10;
/// Whether both are known, and are two.
bool of_two_boards(std::string_view a, std::string_view b);

/// A warmer board takes more for the same work: per °C, the largest slope of three models within
/// boards (0.20, 0.29 and 0.32 %, `data/results/temperature.py --all`; docs/method.md). Energies
/// are not brought to one temperature by it; how far apart two may be for it is half a width.
inline constexpr double kPerCelsius = 0.0032;

/// Where an energy was measured.
struct Site {
  std::string_view board = {};               ///< that of the row; empty: not known
  std::optional<double> temperature_c = {};  ///< absent: not known
  std::optional<BoardOffset> offset = {};    ///< absent: no other board tells
};
inline Site site_of(const Row& row) { return {row.board, row.temperature_c, row.board_offset}; }
/// What lies between two, relative, whatever was measured there. Of two boards with offsets from
/// one mean, from one end of what these say to the other: energies are not brought to one board by
/// it. Of others kBetweenBoards. Warmth is in both; on one board it is kPerCelsius for each °C.
double rel_between(const Site& a, const Site& b);

/// Half the width of the 95 % interval of the logarithm of the ratio of two rows' energies.
double rel_between(const Row& a, const Row& b, Shared shared);

/// Why nothing here has an interval of images/s.
inline constexpr const char* kNoThroughputInterval =
    "rows keep the interval of energy alone; images/s is of the same windows";

/// Nobody measured it: analysis::Predictor says so from what others did.
inline bool is_predicted(const Row& row) { return row.origin == "predicted"; }

/// Of the weights that were tested at this size, those that `best_model` names; null for none.
const Published* best_weights(const Row& row);

/// How well the images of a set tell a top-1 on it (percent): half the width of its 95 % interval,
/// in percentage points.
double top1_ci95(double top1, catalogue::TestSet set = catalogue::TestSet::imagenet);

/// Of an image of this size, "224x224": height times width. Absent for another form.
std::optional<double> pixels(const std::string& input_size);

/// What a model is measured at where nothing else is said.
inline constexpr std::string_view kUsualSize = "224x224";
/// "convnext_tiny", or "convnext_tiny at 288x288" where it is not kUsualSize.
std::string subject(const Row& row);
/// A name, and "(predicted)" or whatever else the row's energy is where it is not measured.
std::string marked(const std::string& name, const Row& row);
inline std::string marked_subject(const Row& row) { return marked(subject(row), row); }

}  // namespace joulemark::analysis
