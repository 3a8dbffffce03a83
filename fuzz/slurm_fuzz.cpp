// What Slurm's programs print, of whatever version, and what a campaign's folder holds of its jobs:
// no text may end the program, or keep it busy.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "campaign/slurm/job.hpp"
#include "campaign/slurm/script.hpp"
#include "campaign/slurm/state.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace slurm = joulemark::campaign::slurm;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const slurm::Wanted wanted{"joulemark-x-0123456789ab", "/data/h200", {1, 2, 17}};
  for (const auto& tasks :
       {slurm::parse_squeue(text, wanted).value_or(std::vector<slurm::Task>()),
        slurm::parse_sacct(text, wanted), slurm::parse_scontrol(text, wanted)}) {
    // One of each, in order.
    require(slurm::merged(tasks, tasks) == tasks);
    for (const slurm::Task& t : tasks) require(t.number >= 1 && t.number <= slurm::kMostTasks);
  }
  const auto numbers = slurm::parse_array(text, 1000);
  require(slurm::parse_array(slurm::array_text(numbers), 1000) == numbers);
  const auto limit = slurm::parse_time_limit(text);
  require(!limit || *limit > 0);
  static_cast<void>(slurm::parse_submitted(text));
  if (const auto jobs = slurm::jobs_from_json(text)) {
    const auto again = slurm::jobs_from_json(slurm::to_json(*jobs));
    require(again.has_value() && again->size() == jobs->size());
  }
  require(joulemark::shell_word(text).size() >= text.size());
  return 0;
}
