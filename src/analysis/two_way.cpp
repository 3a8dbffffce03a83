#include "analysis/two_way.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Dense>

namespace joulemark::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

template <class Number>
std::size_t count_of(std::span<const Sighting> sightings, Number number) {
  std::size_t count = 0;
  for (const Sighting& s : sightings) count = std::max(count, s.*number + 1);
  return count;
}

/// Of the sightings of each thing.
struct Things {
  std::vector<double> mean;
  std::vector<std::vector<Index>> places;
};

Things things_in(std::span<const Sighting> sightings) {
  Things things;
  things.mean.resize(count_of(sightings, &Sighting::of));
  things.places.resize(things.mean.size());
  for (const Sighting& s : sightings) {
    things.mean[s.of] += s.value;
    things.places[s.of].push_back(static_cast<Index>(s.at));
  }
  for (std::size_t i = 0; i < things.mean.size(); ++i)
    things.mean[i] /= static_cast<double>(things.places[i].size());
  return things;
}

/// Of each place the number of the part it is in, in the order in which parts come.
std::vector<std::size_t> parts_of(const Things& things, std::size_t places) {
  std::vector<std::size_t> first(places);  // of the same part, or on the way to it
  std::iota(first.begin(), first.end(), std::size_t{0});
  const auto first_of = [&](std::size_t place) {
    while (first[place] != place) place = first[place];
    return place;
  };
  for (const auto& seen_at : things.places) {
    for (const Index at : seen_at) {
      const std::size_t a = first_of(static_cast<std::size_t>(seen_at.front()));
      const std::size_t b = first_of(static_cast<std::size_t>(at));
      first[std::max(a, b)] = std::min(a, b);
    }
  }
  std::vector<std::size_t> parts;
  std::size_t found = 0;
  for (std::size_t place = 0; place < places; ++place)
    parts.push_back(first[place] == place ? found++ : parts[first_of(place)]);
  return parts;
}

/// What the normal equations are for the places once things are eliminated: the Laplacian of a
/// graph, in which each thing ties its n places to each other with the weight 1/n.
MatrixXd ties_between(const Things& things, Index places) {
  MatrixXd ties = MatrixXd::Zero(places, places);
  for (const auto& seen_at : things.places) {
    const double weight = 1.0 / static_cast<double>(seen_at.size());
    for (const Index a : seen_at) {
      ties(a, a) += 1.0;
      for (const Index b : seen_at) ties(a, b) -= weight;
    }
  }
  return ties;
}

/// The inverse where there is one; nothing along what no tie decides, which is one direction for
/// each part of the graph.
struct PseudoInverse {
  MatrixXd matrix;
  std::size_t undecided = 0;
};
PseudoInverse pseudo_inverse(const MatrixXd& ties) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solved(ties);
  const VectorXd& values = solved.eigenvalues();
  const double tiny = 1e-9 * std::max(values.cwiseAbs().maxCoeff(), 1.0);
  PseudoInverse inverse;
  inverse.undecided = static_cast<std::size_t>((values.array() <= tiny).count());
  const VectorXd inverted = (values.array() > tiny).select(values.cwiseInverse(), 0.0);
  inverse.matrix =
      solved.eigenvectors() * inverted.asDiagonal() * solved.eigenvectors().transpose();
  return inverse;
}

}  // namespace

std::optional<TwoWay> fit_two_way(std::span<const Sighting> sightings) {
  if (sightings.empty()) return std::nullopt;
  const Things things = things_in(sightings);
  const auto places = static_cast<Index>(count_of(sightings, &Sighting::at));
  const PseudoInverse inverse = pseudo_inverse(ties_between(things, places));
  const std::size_t followed =
      things.mean.size() + static_cast<std::size_t>(places) - inverse.undecided;
  if (sightings.size() <= followed) return std::nullopt;

  VectorXd beside = VectorXd::Zero(places);
  for (const Sighting& s : sightings)
    beside(static_cast<Index>(s.at)) += s.value - things.mean[s.of];
  const VectorXd effects = inverse.matrix * beside;

  TwoWay fit;
  fit.parts = inverse.undecided;
  fit.degrees = sightings.size() - followed;
  for (const Sighting& s : sightings) {
    double expected = things.mean[s.of] + effects(static_cast<Index>(s.at));
    const auto& seen_at = things.places[s.of];
    for (const Index at : seen_at) expected -= effects(at) / static_cast<double>(seen_at.size());
    fit.rest.push_back(s.value - expected);
    fit.squares += fit.rest.back() * fit.rest.back();
  }
  const double variance = fit.squares / static_cast<double>(fit.degrees);
  const auto parts = parts_of(things, static_cast<std::size_t>(places));
  for (Index at = 0; at < places; ++at) {
    fit.at.push_back({effects(at), std::sqrt(variance * inverse.matrix(at, at)),
                      parts[static_cast<std::size_t>(at)]});
  }
  return fit;
}

}  // namespace joulemark::analysis
