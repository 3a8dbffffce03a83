#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "campaign/left.hpp"

namespace joulemark::campaign::team {

/// The jobs of a lot, by their numbers from 0 on: who takes one gets the first that nobody has.
/// Pure.
class Queue {
 public:
  explicit Queue(std::size_t jobs);

  bool empty() const { return waiting_.empty(); }
  std::optional<std::size_t> take();
  /// Whoever had it is gone, and it is the next to be taken. Once: the second time it is given up,
  /// as it may be what ends them. Returns whether it waits again.
  bool give_back(std::size_t job);

 private:
  std::deque<std::size_t> waiting_;
  std::vector<std::size_t> given_back_;  ///< how often, by job
};

/// What is left of a step whose member is gone, when rows of these statuses were stored of it, one
/// policy after the other: a meter that was lost says nothing of the model.
Step rest_of(const Step& step, const std::vector<std::string>& statuses);

}  // namespace joulemark::campaign::team
