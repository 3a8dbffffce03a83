// What a run and its members say to each other, and the kernel's lists of CPUs: no text ends the
// program, what was read comes back as it went, and CPUs are shared out so that none is given
// twice.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "campaign/team/cpus.hpp"
#include "campaign/team/messages.hpp"
#include "meter/sysfs.hpp"

namespace {

namespace team = joulemark::campaign::team;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_shares(const std::vector<int>& cpus) {
  constexpr std::size_t kMost = 64;
  std::vector<team::Core> cores;
  for (std::size_t i = 0; i < std::min(cpus.size(), kMost); ++i) cores.push_back({cpus[i]});
  const auto parts = team::share_cpus(cores, {cpus, {}, {0, 1, 2}});
  require(parts.has_value() == (cores.size() >= 3));
  if (!parts) return;
  std::set<int> given;
  for (const auto& part : *parts) {
    require(!part.empty());
    for (const int cpu : part) require(given.insert(cpu).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto task = team::parse_task(text)) {
    require(team::to_text(team::parse_task(team::to_text(*task)).value()) == team::to_text(*task));
  }
  if (const auto news = team::parse_news(text)) {
    require(team::to_text(team::parse_news(team::to_text(*news)).value()) == team::to_text(*news));
  }
  check_shares(joulemark::meter::parse_cpu_list(text));
  return 0;
}
