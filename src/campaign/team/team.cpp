#include "campaign/team/team.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "campaign/team/messages.hpp"

namespace joulemark::campaign::team {
namespace {

/// A member that ends so often, and completes nothing meanwhile, will not do so the next time.
constexpr std::size_t kMostDeaths = 3;
/// Ctrl-C and the end of a slot are looked for as often.
constexpr int kPatienceMs = 200;

std::size_t failures_among(const std::vector<std::string>& statuses) {
  return static_cast<std::size_t>(std::count_if(
      statuses.begin(), statuses.end(),
      [](const std::string& s) { return s != "ok" && s != name(ErrorKind::meter_lost); }));
}

/// Of each order, which others one device is to measure with it.
std::vector<std::size_t> units_among(const std::vector<Order>& orders, const Campaign& campaign) {
  const auto units = units_of(campaign);
  std::vector<std::size_t> among;
  for (const Order& order : orders) among.push_back(units[order.step.job]);
  return among;
}

/// Those of the orders that are the sentinel's.
std::set<std::size_t> sentinels_among(const std::vector<Order>& orders, const Campaign& campaign) {
  std::set<std::size_t> among;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (campaign.jobs[orders[i].step.job].sentinel) among.insert(i);
  }
  return among;
}

tl::unexpected<Error> interruption() {
  return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
}

}  // namespace

/// A lot in work.
struct Team::Lot {
  std::vector<Order> orders;
  const Control& control;
  Queue queue;
  std::vector<std::size_t> failed = std::vector<std::size_t>(orders.size(), 0);  ///< rows
};

Team::Team(const Campaign& campaign, std::vector<Place> places, MemberCommand command,
           const Listener& listener, Clock& clock, const std::atomic<bool>& interrupted)
    : campaign_(campaign),
      command_(std::move(command)),
      listener_(listener),
      clock_(clock),
      interrupted_(interrupted),
      sentinels_(places.size()) {
  for (Place& place : places) seats_.emplace_back(std::move(place), command_);
}

Result<std::unique_ptr<Team>> Team::open(const Campaign& campaign, std::vector<Place> places,
                                         MemberCommand command, const Listener& listener,
                                         Clock& clock, const std::atomic<bool>& interrupted) {
  std::unique_ptr<Team> team(
      new Team(campaign, std::move(places), std::move(command), listener, clock, interrupted));
  if (auto ok = team->start_all(); !ok) return tl::unexpected(ok.error());
  return team;
}

Team::~Team() { static_cast<void>(stop_all()); }

Result<void> Team::start_all() {
  for (Seat& seat : seats_) {
    if (auto ok = seat.start(); !ok) return ok;
  }
  listener_.stage(in_words(), "opening");
  while (!std::all_of(seats_.begin(), seats_.end(), [](const Seat& s) { return s.ready; })) {
    if (interrupted_) return interruption();
    for (Seat& seat : seats_) {
      hear(seat, nullptr);
      if (seat.out) return tl::unexpected(*seat.out);
    }
    wait_for_news();
  }
  opened_ = true;
  return {};
}

/// Those that measure end at once, the others when they see that nobody speaks to them any more.
Result<void> Team::stop_all() {
  for (Seat& seat : seats_) {
    if (seat.is_busy() || !seat.ready) seat.interrupt();
    seat.dismiss();
  }
  for (Seat& seat : seats_) seat.bury();
  return interruption();
}

std::string Team::kind() const { return seats_.front().kind; }

Result<void> Team::measure(const std::vector<Order>& lot, const Control& control) {
  Lot work{lot, control,
           Queue(units_among(lot, campaign_), sentinels_among(lot, campaign_), &sentinels_)};
  for (Seat& seat : seats_) seat.rested = false;
  while (true) {
    if (interrupted_) return stop_all();
    for (Seat& seat : seats_) hear(seat, &work);
    for (const Seat& seat : seats_) {
      if (!seat.out) continue;
      work.queue.leave(number_of(seat));
      sentinels_.leave(number_of(seat));
    }
    for (Seat& seat : seats_) give_task(seat, work);
    if (is_over(work)) break;
    wait_for_news();
  }
  const bool some_left =
      std::any_of(seats_.begin(), seats_.end(), [](const Seat& s) { return !s.out; });
  if (some_left || work.queue.empty()) return {};
  return tl::unexpected(*seats_.back().out);
}

void Team::hear(Seat& seat, Lot* lot) {
  if (!seat.runs()) return;
  while (const auto text = seat.hear()) take_in(seat, *text, lot);
  if (seat.is_silent()) see_end(seat, lot);
}

void Team::take_in(Seat& seat, const std::string& text, Lot* lot) {
  const auto news = parse_news(text);
  if (!news) {
    seat.told = news.error();
    return;
  }
  if (const auto* ready = std::get_if<Ready>(&*news)) {
    seat.ready = true;
    seat.kind = ready->kind;
  } else if (const auto* stage = std::get_if<Stage>(&*news)) {
    seat.subject = stage->subject;
    seat.stage = stage->what;
    show();
  } else if (const auto* row = std::get_if<StoredRow>(&*news)) {
    seat.statuses.push_back(row->status);
    const std::string words = fmt::format("{}: {}", seat.device(), row->words);
    // A row that does not count: another comes in its place.
    const bool lost = row->status == name(ErrorKind::meter_lost);
    lost ? listener_.note(words) : listener_.finished({row->status, words});
  } else if (const auto* error = std::get_if<Error>(&*news)) {
    seat.told = *error;
  } else if (lot != nullptr) {
    end_task(seat, *lot);
  }
}

void Team::end_task(Seat& seat, Lot& lot) {
  seat.rested = seat.rested || std::exchange(seat.resting, false);
  if (!seat.order) return;
  lot.failed[*seat.order] += failures_among(seat.statuses);
  lot.control.ended({lot.failed[*seat.order]}, clock_.now() - seat.began);
  seat.order.reset();
  seat.deaths = 0;
}

/// What the member did not come to is for another.
void Team::lose_task(Seat& seat, Lot& lot) {
  seat.resting = false;
  if (!seat.order) return;
  Order& order = lot.orders[*seat.order];
  order.step = rest_of(order.step, seat.statuses);
  const std::size_t left = order.step.policies.size();
  lot.failed[*seat.order] += failures_among(seat.statuses);
  const bool waits = left > 0 && lot.queue.give_back(*seat.order);
  if (!waits) lot.control.ended({lot.failed[*seat.order] + left}, clock_.now() - seat.began);
  if (left > 0 && !waits) {
    listener_.note(
        fmt::format("{} is left for another run: twice the process that measured it ended",
                    campaign_.jobs[order.step.job].model));
  }
  seat.order.reset();
}

void Team::see_end(Seat& seat, Lot* lot) {
  const std::string how = seat.bury();
  if (lot != nullptr) lose_task(seat, *lot);
  seat.subject.clear();
  // One that somebody told to end is no worse than one that was killed.
  if (seat.told && seat.told->kind != ErrorKind::interrupted) {
    drop(seat, *seat.told);
    return;
  }
  const Error ended{ErrorKind::internal, fmt::format("its process ended with {}", how),
                    fmt::format("{} may say why", seat.log().string())};
  if (!opened_ || ++seat.deaths >= kMostDeaths) {
    drop(seat, ended);
    return;
  }
  listener_.note(fmt::format("{}: {}; it is started again", seat.device(), ended.what));
}

void Team::drop(Seat& seat, const Error& why) {
  seat.out = Error{why.kind, fmt::format("{}: {}", seat.device(), why.what), why.next};
  const bool others =
      std::any_of(seats_.begin(), seats_.end(), [](const Seat& s) { return !s.out; });
  if (opened_ && others)
    listener_.note(fmt::format("{}. The other devices go on", seat.out->message()));
}

void Team::give_task(Seat& seat, Lot& lot) {
  if (seat.out || seat.is_busy() || lot.queue.empty() || !lot.control.may_begin()) return;
  if (!seat.runs()) {
    if (auto ok = seat.start(); !ok) drop(seat, ok.error());
    return;
  }
  if (!seat.ready) return;
  if (!seat.rested) {
    seat.resting = true;
    seat.send(to_text(Task(MeasureIdle{})));
    return;
  }
  seat.order = lot.queue.take(number_of(seat));
  if (!seat.order) return;
  seat.statuses.clear();
  seat.began = clock_.now();
  const Order& order = lot.orders[*seat.order];
  lot.control.begun(order.step.job);
  seat.send(to_text(Task(order)));
}

bool Team::is_over(const Lot& lot) const {
  const auto any = [&](auto is) { return std::any_of(seats_.begin(), seats_.end(), is); };
  if (any([](const Seat& s) { return s.is_busy(); })) return false;
  return lot.queue.empty() || !lot.control.may_begin() ||
         !any([](const Seat& s) { return !s.out; });
}

std::size_t Team::number_of(const Seat& seat) const {
  return static_cast<std::size_t>(&seat - seats_.data());
}

void Team::wait_for_news() const {
  std::vector<pollfd> waits;
  for (const Seat& seat : seats_) {
    if (seat.fd() >= 0) waits.push_back({seat.fd(), POLLIN, 0});
  }
  poll(waits.data(), waits.size(), kPatienceMs);
}

/// One line for all: of two devices what they do, of more the models alone.
void Team::show() const {
  const bool few = seats_.size() <= 2;
  std::vector<std::string> all;
  for (const Seat& seat : seats_) {
    if (seat.subject.empty()) continue;
    all.push_back(few ? fmt::format("{} {}: {}", seat.device(), seat.subject, seat.stage)
                      : fmt::format("{} {}", seat.device(), seat.subject));
  }
  const std::string line = fmt::format("{}", fmt::join(all, few ? " | " : ", "));
  if (!line.empty()) listener_.stage(in_words(), line);
}

std::string Team::in_words() const { return fmt::format("{} devices", seats_.size()); }

}  // namespace joulemark::campaign::team
