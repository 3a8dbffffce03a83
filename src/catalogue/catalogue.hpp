#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/benchmarks.hpp"

/// What others have published about the models that are measured here: docs/catalogue.md says what
/// each field is and where it is from. An empty text, as an absent value, is not known.
namespace joulemark::catalogue {

/// What mixes information between places of the image.
enum class Kind { cnn, transformer, hybrid, mlp, other };
/// "CNN", "transformer", "hybrid", "MLP", "other".
std::string_view name(Kind kind);
/// The reverse, whatever the case of its letters; absent for any other word.
std::optional<Kind> kind_of(std::string_view word);
inline constexpr std::string_view kKindNames = "CNN, transformer, hybrid, MLP or other";

struct Month {
  int year = 0;
  int month = 0;  ///< 1 to 12
  friend auto operator<=>(const Month&, const Month&) = default;
};
/// "2021-06".
std::string to_text(Month month);
std::optional<Month> month_of(std::string_view text);
/// Of an arXiv identifier, which begins with it: "2106.04803" is of June 2021.
std::optional<Month> month_of_paper(std::string_view paper);

/// Architectures that one paper introduced.
struct Family {
  std::string name;
  Kind kind = Kind::other;
  std::string paper;          ///< arXiv identifier
  std::optional<Month> date;  ///< of that paper
  std::string cited_in;       ///< the file of timm that names the paper
  std::string reason;         ///< why there is no paper, or why this kind
};

struct Architecture {
  std::string name;
  std::string family;
  std::string module;         ///< of timm
  std::string default_tag;    ///< of the weights that timm takes when none are named
  double parameters_m = 0.0;  ///< millions, with the head for ImageNet-1k
};

/// One trained set of weights of an architecture.
struct Weights {
  std::string architecture, tag;
  std::string pretraining;  ///< classes of data, separated by spaces
  std::string licence;
  std::string paper;          ///< of the recipe, arXiv identifier
  std::optional<Month> date;  ///< of that paper
};

/// Sets of test images. The clean ones are the images of ImageNet's validation set of those 200
/// classes that A and R have.
enum class TestSet { imagenet, real, v2, sketch, a, r, a_clean, r_clean };
inline constexpr std::size_t kTestSets = 8;
struct TestSetName {
  TestSet set;
  std::string_view column;  ///< begins its columns' names
  std::string_view title;
  std::int64_t images;  ///< that were tested with
};
std::span<const TestSetName, kTestSets> test_sets();
/// That of one of them.
const TestSetName& test_set(TestSet set);
/// The set with this column; null for none.
const TestSetName* test_set_named(std::string_view column);

/// How well so many images tell an accuracy (percent): half the width of Wilson's 95 % interval, in
/// percentage points.
double sampling_ci95(double accuracy, std::int64_t images);

struct Accuracy {
  double top1 = 0.0;  ///< percent
  double top5 = 0.0;  ///< percent
};

/// Weights, tested at one size.
struct Evaluation {
  std::string architecture, tag;
  std::int64_t size = 0;  ///< height and width of the test images, pixels
  double crop = 0.0;      ///< share of the scaled image's side that is kept; above 1: padded
  std::string interpolation;
  std::array<std::optional<Accuracy>, kTestSets> on;

  const std::optional<Accuracy>& accuracy(TestSet set) const {
    return on[static_cast<std::size_t>(set)];
  }
  /// On ImageNet, which every evaluation has.
  const Accuracy& imagenet() const { return *accuracy(TestSet::imagenet); }
  /// "architecture.tag".
  std::string model() const { return architecture + "." + tag; }
};

/// What one image costs an architecture to compute.
struct Cost {
  std::string architecture;
  std::int64_t size = 0;              ///< pixels
  double gmacs = 0.0;                 ///< 1e9 multiplications with addition
  double activations_m = 0.0;         ///< millions of outputs of convolutions and products
  double counted_parameters_m = 0.0;  ///< millions, of the network that was counted
  std::int64_t torch = 0;             ///< release whose tables counted: 291 is PyTorch 2.9.1
};

/// Where all of it is from.
struct Source {
  struct Table {
    std::string file;
    std::string sha256;
    std::int64_t rows = 0;
  };
  std::string project;  ///< URL
  std::string licence;
  std::string what;  ///< in words
  std::string timm;  ///< version of the package that the facts are from
  std::vector<Table> tables;
  std::string facts_sha256;
};

/// Each vector is sorted, without duplicates: families and architectures by name, weights by
/// (architecture, tag), evaluations by (architecture, tag, size), costs and speeds by
/// (architecture, size).
struct Catalogue {
  Source source;
  std::vector<Family> families;
  std::vector<Architecture> architectures;
  std::vector<Weights> weights;
  std::vector<Evaluation> evaluations;
  std::vector<Cost> costs;
  std::vector<Speed> speeds;

  // `of`: the name of an architecture. Null when there is none.
  const Family* family(std::string_view wanted) const;
  const Architecture* architecture(std::string_view wanted) const;
  const Weights* weights_of(std::string_view of, std::string_view tag) const;
  const Evaluation* evaluation(std::string_view of, std::string_view tag, std::int64_t size) const;
  const Cost* cost(std::string_view of, std::int64_t size) const;
  const Speed* speed(std::string_view of, std::int64_t size) const;

  // All of one architecture.
  std::span<const Weights> weights_of(std::string_view of) const;
  std::span<const Evaluation> evaluations_of(std::string_view of) const;
  std::span<const Cost> costs_of(std::string_view of) const;
  std::span<const Speed> speeds_of(std::string_view of) const;
};

/// "resnet50.a1_in1k" is architecture and tag; the tag is empty where there is none.
struct ModelName {
  std::string_view architecture, tag;
};
ModelName split(std::string_view model);

}  // namespace joulemark::catalogue
