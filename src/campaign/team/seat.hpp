#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "campaign/team/channel.hpp"
#include "runtime/child.hpp"

namespace joulemark::campaign::team {

/// A device, and where the process that measures it runs.
struct Place {
  std::string device;     ///< "cuda:1"
  std::vector<int> cpus;  ///< all of them its own
};

/// How members are started: `program` with these arguments, then "--device NAME". Descriptor 3 of a
/// member is its end of the channel.
struct MemberCommand {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path logs;  ///< a folder that is there; a member's is cuda-1.log
};

/// A device with the process that measures it, its member of the team.
class Seat {
 public:
  Seat(Place place, const MemberCommand& command);

  const std::string& device() const { return place_.device; }
  const std::filesystem::path& log() const { return log_; }
  /// Errors: io.
  Result<void> start();
  bool runs() const { return child_.has_value(); }
  /// To the member. One that is gone is found out about when it is next listened to.
  void send(const std::string& message) const;
  /// What the member says next; absent where it has said nothing.
  std::optional<std::string> hear();
  /// True when nothing more will be heard.
  bool is_silent() const { return !channel_ || channel_->ended(); }
  int fd() const { return channel_ ? channel_->fd() : -1; }
  /// Reaps the process of a member that is silent; ends it where it does not end. Returns how it
  /// ended.
  std::string bury();
  /// Asks it to end: at once, or when it has nothing more to do.
  void interrupt() const;
  void dismiss();

  // What the team keeps of it.
  bool ready = false;   ///< it has all open
  bool rested = false;  ///< it has measured idle power for this lot
  bool resting = false;
  std::optional<std::size_t> order;   ///< in work, by its number in the lot
  std::vector<std::string> statuses;  ///< of its rows so far
  Instant began{};                    ///< of the order
  std::size_t deaths = 0;             ///< since it last completed an order
  std::string kind, subject, stage;
  std::optional<Error> told;  ///< why it ends
  std::optional<Error> out;   ///< why it is of no use any more in this run
  bool is_busy() const { return resting || order.has_value(); }

 private:
  Place place_;
  const MemberCommand& command_;
  std::filesystem::path log_;
  std::optional<Channel> channel_;
  std::optional<runtime::Child> child_;
};

}  // namespace joulemark::campaign::team
