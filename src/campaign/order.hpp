#pragma once

#include <string>
#include <vector>

#include "campaign/plan.hpp"

namespace joulemark::campaign {

/// The jobs of a plan with these models, in the order that freeze() states.
std::vector<Job> ordered_jobs(const Plan& plan, const std::vector<std::string>& models);

}  // namespace joulemark::campaign
