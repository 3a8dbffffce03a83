#pragma once

#include <atomic>

#include "base/result.hpp"
#include "campaign/one_device.hpp"
#include "campaign/team/channel.hpp"

namespace joulemark::campaign::team {

/// What a member tells the run that started it.
Listener listener_of(const Channel& channel);

/// Why a member ends.
void tell(const Channel& channel, const Error& error);

/// Does the tasks that come, until no more do. Errors: those of OneDevice; interrupted; protocol.
Result<void> serve(Channel& channel, OneDevice& device, const std::atomic<bool>& interrupted);

}  // namespace joulemark::campaign::team
