#include "campaign/team/cpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "meter/sysfs.hpp"

namespace joulemark::campaign::team {
namespace {

namespace fs = std::filesystem;

/// Cores, by their numbers.
using Numbers = std::vector<std::size_t>;

std::vector<Core> each_cpu(const std::vector<Core>& cores) {
  std::vector<Core> single;
  for (const Core& core : cores) {
    for (const int cpu : core) single.push_back({cpu});
  }
  return single;
}

/// The cores that have one of these CPUs; all, where none has.
Numbers near(const std::vector<Core>& cores, const std::vector<int>& local) {
  Numbers found;
  Numbers all;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    all.push_back(i);
    const bool is_local = std::any_of(cores[i].begin(), cores[i].end(), [&](int cpu) {
      return std::find(local.begin(), local.end(), cpu) != local.end();
    });
    if (is_local) found.push_back(i);
  }
  return found.empty() ? all : found;
}

/// The devices that are near the same cores, those with the fewest cores first.
std::vector<std::pair<Numbers, Numbers>> neighbours(const std::vector<Core>& cores,
                                                    const std::vector<std::vector<int>>& local) {
  std::map<Numbers, Numbers> by_cores;
  for (std::size_t device = 0; device < local.size(); ++device)
    by_cores[near(cores, local[device])].push_back(device);
  std::vector<std::pair<Numbers, Numbers>> groups(by_cores.begin(), by_cores.end());
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  return groups;
}

/// Gives the cores to the devices in equal parts.
void deal(const Numbers& cores, const Numbers& devices, std::vector<Numbers>& to) {
  auto at = cores.begin();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const std::size_t more = i < cores.size() % devices.size() ? 1 : 0;
    const auto end = at + static_cast<std::ptrdiff_t>(cores.size() / devices.size() + more);
    to[devices[i]].insert(to[devices[i]].end(), at, end);
    at = end;
  }
}

/// A device that has none gets the second half of what the richest has.
void take_from_the_richest(std::vector<Numbers>& parts) {
  for (Numbers& part : parts) {
    if (!part.empty()) continue;
    Numbers& richest =
        *std::max_element(parts.begin(), parts.end(),
                          [](const Numbers& a, const Numbers& b) { return a.size() < b.size(); });
    const auto half = richest.begin() + static_cast<std::ptrdiff_t>((richest.size() + 1) / 2);
    part.assign(half, richest.end());
    richest.erase(half, richest.end());
  }
}

}  // namespace

std::vector<Core> read_cores(const fs::path& root, const std::vector<int>& cpus) {
  std::vector<Core> cores;
  std::set<int> seen;
  for (const int cpu : cpus) {
    if (seen.contains(cpu)) continue;
    const fs::path file =
        root / fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu);
    const std::vector<int> siblings = meter::parse_cpu_list(meter::first_line(file));
    Core core = {cpu};
    std::ranges::copy_if(siblings, std::back_inserter(core), [&](int other) {
      return other != cpu && !seen.contains(other) &&
             std::find(cpus.begin(), cpus.end(), other) != cpus.end();
    });
    seen.insert(core.begin(), core.end());
    cores.push_back(std::move(core));
  }
  return cores;
}

std::vector<int> read_local_cpus(const fs::path& root, const std::string& pci_bus_id) {
  if (pci_bus_id.empty()) return {};
  // CUDA writes it with capitals.
  std::string folder = pci_bus_id;
  std::transform(folder.begin(), folder.end(), folder.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return meter::parse_cpu_list(
      meter::first_line(root / "sys/bus/pci/devices" / folder / "local_cpulist"));
}

Result<std::vector<std::vector<int>>> share_cpus(const std::vector<Core>& cores,
                                                 const std::vector<std::vector<int>>& local) {
  const std::vector<Core> units = cores.size() < local.size() ? each_cpu(cores) : cores;
  if (units.size() < local.size()) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} devices need a CPU each, and this process may use {}", local.size(),
                            units.size()),
                "Name fewer devices, or give it more CPUs (taskset, cpuset, --cpus-per-task)");
  }
  std::vector<Numbers> parts(local.size());
  std::vector<bool> taken(units.size(), false);
  for (const auto& [wished, devices] : neighbours(units, local)) {
    Numbers free;
    std::ranges::copy_if(wished, std::back_inserter(free),
                         [&](std::size_t i) { return !taken[i]; });
    deal(free, devices, parts);
    for (const std::size_t i : free) taken[i] = true;
  }
  Numbers free;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!taken[i]) free.push_back(i);
  }
  Numbers without;
  for (std::size_t device = 0; device < parts.size(); ++device) {
    if (parts[device].empty()) without.push_back(device);
  }
  if (!without.empty()) deal(free, without, parts);
  take_from_the_richest(parts);
  std::vector<std::vector<int>> cpus(parts.size());
  for (std::size_t device = 0; device < parts.size(); ++device) {
    for (const std::size_t i : parts[device])
      cpus[device].insert(cpus[device].end(), units[i].begin(), units[i].end());
    std::sort(cpus[device].begin(), cpus[device].end());
  }
  return cpus;
}

}  // namespace joulemark::campaign::team
