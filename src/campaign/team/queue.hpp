#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "campaign/left.hpp"

namespace joulemark::campaign::team {

/// Of something that all takers are to have equally often: whose turn it is. Pure.
class Turns {
 public:
  explicit Turns(std::size_t takers) : had_(takers, 0) {}
  /// Nobody who is there has had fewer.
  bool is_due(std::size_t taker) const;
  void had(std::size_t taker);
  /// Nobody waits for one that takes no more.
  void leave(std::size_t taker) { had_[taker].reset(); }

 private:
  std::vector<std::optional<std::size_t>> had_;  ///< absent: no longer there
};

/// The jobs of a lot, by their numbers from 0 on: who takes one gets the first that nobody has, and
/// with it those that belong to it. Pure.
class Queue {
 public:
  /// `units`: of each job a number, the same for those that one taker is to have (units_of).
  explicit Queue(std::vector<std::size_t> units) : Queue(std::move(units), {}, nullptr) {}
  /// `sentinels`: jobs that are for whoever's turn it is, and for another only where nothing else
  /// is left: each device changes over time in its own way. `turns` stays from lot to lot.
  Queue(std::vector<std::size_t> units, std::set<std::size_t> sentinels, Turns* turns);

  bool empty() const { return waiting_.empty(); }
  /// Absent also where what is left belongs to others.
  std::optional<std::size_t> take(std::size_t taker);
  /// One that takes no more: what it began is for the others.
  void leave(std::size_t taker);
  /// Whoever had it is gone, and it is the next to be taken. Once: the second time it is given up,
  /// as it may be what ends them. Returns whether it waits again.
  bool give_back(std::size_t job);

 private:
  bool is_for(std::size_t taker, std::size_t job) const;
  bool is_anothers_turn(std::size_t taker, std::size_t job) const;

  std::vector<std::size_t> units_;
  std::set<std::size_t> sentinels_;
  Turns* turns_;                               ///< null: there are no sentinels
  std::map<std::size_t, std::size_t> takers_;  ///< by unit, of those that have several jobs
  std::deque<std::size_t> waiting_;
  std::vector<std::size_t> given_back_;  ///< how often, by job
};

/// What is left of a step whose member is gone, when rows of these statuses were stored of it, one
/// policy after the other: a meter that was lost says nothing of the model.
Step rest_of(const Step& step, const std::vector<std::string>& statuses);

}  // namespace joulemark::campaign::team
