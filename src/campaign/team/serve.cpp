#include "campaign/team/serve.hpp"

#include <poll.h>

#include <string>
#include <variant>

#include "campaign/team/messages.hpp"

namespace joulemark::campaign::team {
namespace {

/// Ctrl-C is looked for as often.
constexpr int kPatienceMs = 200;

Result<void> perform(const Task& task, OneDevice& device) {
  if (std::holds_alternative<MeasureIdle>(task)) return device.measure_idle();
  const auto ended = device.measure(std::get<Order>(task));
  if (!ended) return tl::unexpected(ended.error());
  return {};
}

Result<void> perform_all(Channel& channel, OneDevice& device,
                         const std::atomic<bool>& interrupted) {
  while (true) {
    if (interrupted)
      return fail(ErrorKind::interrupted, "interrupted", "What was complete before is kept");
    pollfd wait{channel.fd(), POLLIN, 0};
    poll(&wait, 1, kPatienceMs);
    const auto text = channel.receive();
    if (!text && channel.ended()) return {};
    if (!text) continue;
    const auto task = parse_task(*text);
    if (!task) return tl::unexpected(task.error());
    if (auto ok = perform(*task, device); !ok) return ok;
    channel.send(to_text(TaskDone{}));
  }
}

}  // namespace

Listener listener_of(const Channel& channel) {
  return {[&channel](const std::string& subject, const std::string& what) {
            channel.send(to_text(Stage{subject, what}));
          },
          [&channel](const StoredRow& row) { channel.send(to_text(row)); },
          [&channel](const std::string& what) { channel.send(to_text(Stage{"", what})); }};
}

Result<void> serve(Channel& channel, OneDevice& device, const std::atomic<bool>& interrupted) {
  channel.send(to_text(Ready{device.kind()}));
  return perform_all(channel, device, interrupted);
}

void tell(const Channel& channel, const Error& error) { channel.send(to_text(News(error))); }

}  // namespace joulemark::campaign::team
