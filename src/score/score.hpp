#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "score/edition.hpp"

/// The energy efficiency index of a model, and its letter: docs/score.md.
namespace joulemark::score {

/// Letters by index, best first.
struct Grade {
  char letter;
  double below;  ///< of the index
};
std::span<const Grade> grades();
char letter_of(double index);

/// How many times the energy that a frontier model of the same accuracy takes.
struct Index {
  double value = 0.0;
  /// From the energy's interval, the binomial one of the accuracy, those of the fit and of the
  /// setup's offset. The lower end is 0 where the accuracy may be beyond what the curve reaches.
  analysis::Interval ci95;

  double score() const { return 100.0 / value; }
  char letter() const { return letter_of(value); }
  /// "C", or "C (B-D)" where the interval reaches other letters.
  std::string letters() const;
};

/// What is scored: an energy beside an accuracy.
struct Subject {
  double joules = 0.0;
  double rel = 0.0;   ///< half width of the 95 % interval of their logarithm, beside other models
  std::string board;  ///< empty: not known
  double top1 = 0.0;  ///< percent
  std::int64_t images = 50000;  ///< that it was tested with
};

/// Beside the curve as it is, and as it is for a setup that takes 2^kappa times the energy. Errors:
/// invalid_input for what is no energy or no accuracy; not_found for an error that the curve does
/// not cover, in words: there is no letter beyond what was fitted.
Result<Index> index_of(const Subject& subject, const Edition& edition, const Curve& curve,
                       const Offset* offset);

/// One model, scored.
struct Scored {
  std::string asked;  ///< as it was named
  const analysis::Row* row = nullptr;
  std::string weights;  ///< architecture.tag whose accuracy this is
  std::optional<double> top1;
  /// The model alone: what the setup takes more than the edition's is taken off. Else why there is
  /// none.
  Result<Index> model = fail(ErrorKind::not_found, "");
  /// Model and setup together.
  Result<Index> system = fail(ErrorKind::not_found, "");
};

struct Cheaper {
  const analysis::Row* row = nullptr;
  std::string weights;
  double top1 = 0.0;
  double times = 1.0;  ///< its energy over that of the model beside it
  analysis::Interval ci95;
};

struct Scores {
  std::string setup;
  catalogue::TestSet set = catalogue::TestSet::imagenet;
  std::optional<Offset> offset;  ///< of a setup that is not the edition's
  std::vector<Scored> models;    ///< as named; of all, the least index first
  std::vector<std::string> other_setups;
};

/// Scores the named models, or all for no names, on the setup that has measured most of them.
/// Errors: those of analysis::row_named and weights_named; unsupported for a set of images that the
/// edition has no curve for.
Result<Scores> score(const Edition& edition, std::span<const analysis::Row> rows,
                     const std::vector<std::string>& names, catalogue::TestSet set);

/// Scores all models of one setup, the least index first. Errors: as above.
Result<Scores> score_setup(const Edition& edition, std::span<const analysis::Row> rows,
                           const std::string& setup, catalogue::TestSet set);

/// Models on the same setup that are at least as accurate and take less energy beyond the interval
/// of the comparison: the cheapest first, `most` of them.
std::vector<Cheaper> cheaper_than(const Scored& scored, const Edition& edition,
                                  std::span<const analysis::Row> rows, catalogue::TestSet set,
                                  std::size_t most = 3);

}  // namespace joulemark::score
