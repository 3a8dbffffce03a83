#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace joulemark::analysis {

/// A value that was seen of something at some place: an energy of a configuration on a board.
struct Sighting {
  std::size_t of = 0;  ///< numbers from 0 on, without gaps
  std::size_t at = 0;  ///< the same
  double value = 0.0;
};

/// value = what it is of + where it was seen + rest, by least squares (an additive two-way layout
/// that need not be complete: Searle, Linear Models, ch. 7).
struct TwoWay {
  /// How much more is seen at a place, about the mean of all places that are tied to it: by
  /// things that both saw, or by such places in between. Of others it says nothing.
  struct Effect {
    double value = 0.0;
    double standard_error = 0.0;  ///< from the rests, as independent ones of one deviation
    std::size_t part = 0;         ///< which group of tied places, from 0 on, as they come
  };
  std::vector<Effect> at;
  std::vector<double> rest;  ///< of each sighting
  double squares = 0.0;      ///< of all rests
  std::size_t degrees = 0;   ///< of freedom: sightings less what the layout can follow
  std::size_t parts = 0;     ///< groups of places that are not tied to each other
};

/// Absent where the layout follows all sightings whatever they are, so that no rest could be left:
/// no two things were seen at the same two places, nor is there a longer way round. Every number
/// below the largest must occur.
std::optional<TwoWay> fit_two_way(std::span<const Sighting> sightings);

}  // namespace joulemark::analysis
