#include "campaign/team/seat.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace joulemark::campaign::team {
namespace {

using namespace std::chrono_literals;

/// A member that is told to end has a worker to end and a database to close.
constexpr Nanoseconds kPatience = 10s;

}  // namespace

Seat::Seat(Place place, const MemberCommand& command)
    : place_(std::move(place)), command_(command) {
  std::string file = place_.device;
  std::replace(file.begin(), file.end(), ':', '-');
  log_ = command_.logs / (file + ".log");
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
}

Result<void> Seat::start() {
  auto ends = Channel::pair();
  if (!ends) return tl::unexpected(ends.error());
  runtime::Command command;
  command.program = command_.program;
  command.arguments = command_.arguments;
  command.arguments.insert(command.arguments.end(), {"--device", place_.device});
  command.descriptors = {ends->second.fd()};
  command.log = log_;
  command.cpus = place_.cpus;
  auto child = runtime::Child::start(command);
  if (!child) return tl::unexpected(child.error());
  channel_.emplace(std::move(ends->first));
  child_.emplace(std::move(*child));
  ready = rested = false;
  told.reset();
  return {};
}

void Seat::send(const std::string& message) const {
  if (channel_) channel_->send(message);
}

std::optional<std::string> Seat::hear() { return channel_ ? channel_->receive() : std::nullopt; }

std::string Seat::bury() {
  channel_.reset();
  std::string how = child_ ? child_->wait(kPatience).value_or(std::string()) : std::string();
  if (child_ && how.empty()) how = child_->end();
  child_.reset();
  ready = rested = false;
  return how;
}

void Seat::interrupt() const {
  if (child_) kill(child_->pid(), SIGTERM);
}

void Seat::dismiss() {
  if (channel_) channel_->close();
}

}  // namespace joulemark::campaign::team
