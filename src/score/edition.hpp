#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/row.hpp"
#include "base/result.hpp"

/// What scores are measured against, frozen: docs/score.md.
namespace joulemark::score {

/// What a frontier model needs for one image at this error, on one set of test images:
/// log2 E* = c - gamma * log2(error - floor), in joules. Fitted to the members of a frontier.
struct Curve {
  catalogue::TestSet set = catalogue::TestSet::imagenet;
  double c = 0.0;
  double gamma = 0.0;
  double floor = 0.0;
  // Errors (shares, 0 to 1) of the best and of the worst member: beyond them nothing was fitted.
  double least_error = 0.0;
  double most_error = 0.0;
  std::size_t members = 0;
  /// How well log2 E* is known: half the width of its 95 % interval at some errors, least first.
  struct Node {
    double error = 0.0;
    double log2_ci95 = 0.0;
  };
  std::vector<Node> band;

  bool covers(double error) const { return error >= least_error && error <= most_error; }
  /// Binary logarithm of joules; `error` above the floor.
  double log2_joules(double error) const;
  /// Half the width of its 95 % interval, on a line between nodes. `error` is covered.
  double log2_ci95(double error) const;
};

/// A model that tells how much more energy one setup takes than another.
struct Anchor {
  std::string architecture, input_size;
  double joules = 0.0;  ///< for one image, on the edition's setup
};

/// How much more energy a setup takes for the same models: mean binary logarithm of the ratio.
struct Offset {
  std::string setup;
  double kappa = 0.0;
  double kappa_ci95 = 0.0;  ///< half width, of Student's t over anchors
  std::size_t anchors = 0;  ///< measured on both
};

/// Frozen: a new model never changes the letter of another.
struct Edition {
  std::string name;
  bool is_draft = true;
  std::string made_on;        ///< date, UTC: "2026-11-26"
  std::string setup, policy;  ///< of the measurements
  /// Of the measurements that decided anything the newest, so that the same can be found again.
  std::string newest_row;
  std::size_t models = 0;   ///< measured on the setup, with an energy
  std::string rows_sha256;  ///< of all rows that were used (rows_in_words)
  std::vector<std::string> boards;
  std::vector<Curve> curves;  ///< ImageNet's first
  std::vector<Anchor> anchors;
  std::vector<Offset> offsets;  ///< of the other setups that had enough anchors then

  /// Null where the edition has none for this set.
  const Curve* curve(catalogue::TestSet set) const;
};

/// Below this many models measured on one setup an edition is a draft.
inline constexpr std::size_t kFewestToFreeze = 300;
inline constexpr std::size_t kAnchors = 60;
/// Fewest anchors that tell the offset of a setup.
inline constexpr std::size_t kFewestAnchors = 10;

struct FitRequest {
  std::string name;
  std::string made_on;
  std::string setup = {};  ///< empty: the one with the most models under the policy
  std::string policy = "throughput";
  bool is_draft = true;
  /// Only rows measured at this time or before; empty: all.
  std::string newest_row = {};
};

/// Fits an edition to the rows of one setup under one policy; rows of other setups give their
/// offsets. Pure. Errors: invalid_input for accuracies that are no percentages,
/// and for an edition that is no draft of too few models; not_found where there are no rows;
/// unsupported where the frontier has too few members on ImageNet, or no form that rises with
/// accuracy.
Result<Edition> fit(std::span<const analysis::Row> given, const FitRequest& request);

/// The offset of a setup from its rows, in which the anchors are looked for. Absent for fewer than
/// kFewestAnchors of them.
std::optional<Offset> offset_of(const Edition& edition, std::span<const analysis::Row> rows,
                                const std::string& setup);

/// Fits again what the edition says it was fitted to, and names what comes out differently;
/// nothing where all agrees to 1e-6. Errors: those of fit.
Result<std::vector<std::string>> verify(const Edition& edition,
                                        std::span<const analysis::Row> rows);

}  // namespace joulemark::score
