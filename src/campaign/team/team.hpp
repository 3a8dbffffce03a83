#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/crew.hpp"
#include "campaign/plan.hpp"
#include "campaign/team/queue.hpp"
#include "campaign/team/seat.hpp"

/// Several devices of one host, each measured by a process of its own.
namespace joulemark::campaign::team {

/// Hands the jobs of a lot to its members, each the next that nobody has; jobs that belong together
/// (units_of) go to one, for two devices of a name differ. A member that dies is started again, and
/// its job is given to another, or to itself where it has others that belong to it; one whose
/// device or meter is lost is not, and the others do the rest.
class Team final : public Crew {
 public:
  /// Starts all members, and waits until each has its device, meter and database open. Errors: that
  /// of the first that has not; interrupted.
  static Result<std::unique_ptr<Team>> open(const Campaign& campaign, std::vector<Place> places,
                                            MemberCommand command, const Listener& listener,
                                            Clock& clock, const std::atomic<bool>& interrupted);
  /// Ends the members, and waits for them.
  ~Team() override;
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  Team(Team&&) = delete;
  Team& operator=(Team&&) = delete;

  std::string kind() const override;
  std::size_t devices() const override { return seats_.size(); }
  Result<void> measure(const std::vector<Order>& lot, const Control& control) override;

 private:
  struct Lot;
  Team(const Campaign& campaign, std::vector<Place> places, MemberCommand command,
       const Listener& listener, Clock& clock, const std::atomic<bool>& interrupted);
  Result<void> start_all();
  Result<void> stop_all();
  /// `lot`: none while the team is opened.
  void hear(Seat& seat, Lot* lot);
  void take_in(Seat& seat, const std::string& text, Lot* lot);
  void end_task(Seat& seat, Lot& lot);
  void lose_task(Seat& seat, Lot& lot);
  void see_end(Seat& seat, Lot* lot);
  void give_task(Seat& seat, Lot& lot);
  void drop(Seat& seat, const Error& why);
  bool is_over(const Lot& lot) const;
  std::size_t number_of(const Seat& seat) const;
  void wait_for_news() const;
  void show() const;
  std::string in_words() const;

  const Campaign& campaign_;
  MemberCommand command_;
  const Listener& listener_;
  Clock& clock_;
  const std::atomic<bool>& interrupted_;
  std::vector<Seat> seats_;
  Turns sentinels_;  ///< which member is to measure the next sentinel
  bool opened_ = false;
};

}  // namespace joulemark::campaign::team
