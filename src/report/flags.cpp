#include "report/flags.hpp"

#include <algorithm>
#include <array>

namespace joulemark::report {
namespace {

constexpr std::array kFlags = {
    FlagWords{"throttled", "slowed by heat or a fault",
              "the driver lowered the clock because of heat or a hardware limit"},
    FlagWords{"power_capped", "held at the power limit", "the power limit set the clock"},
    FlagWords{"meters_disagree", "the two energy estimates disagree",
              "counter and power samples differ by more than 3 %"},
    FlagWords{"not_steady", "not steady after warm-up",
              "warm-up ended before power and step time were steady"},
    FlagWords{"drifted", "drifted while measured",
              "energy per image changed by more than 1 % over the windows"},
    FlagWords{"short_window", "few windows",
              "fewer than ten windows: the interval may be too narrow"},
    FlagWords{"estimated", "estimated, not measured", "a power model, not a measurement"},
    FlagWords{"shared_device", "others used the device", "another process was on the device"},
    FlagWords{"search_cut", "a larger batch may be better",
              "the search for the best batch ran out of time while throughput still grew"},
    FlagWords{"weights_random", "random weights", "live random weights instead of pretrained ones"},
    FlagWords{"clock_dropped", "the clock fell while measured",
              "the clock fell by more than 2 % while measured, and not for the power limit"},
    FlagWords{"clock_low", "the clock was held low",
              "the clock was more than 10 % below its highest, and the driver named no reason"},
    FlagWords{"power_limit_changed", "the power limit was changed",
              "somebody changed the power limit while it was measured"},
    FlagWords{"temperature_changed", "warmed or cooled while measured",
              "the temperature changed by more than 5 °C, and leakage with it"},
    FlagWords{"busy_host", "others used the host",
              "other programs used, or the hypervisor withheld, more than a quarter of a CPU"},
    FlagWords{
        "host_bound", "the device waited for the host",
        "the device waited for the host, whose speed then decides about throughput and energy"},
    FlagWords{"mig_slice", "a slice of a shared board",
              "the counter is that of the whole board: what other slices use is in it"},
    FlagWords{"persistence_off", "idle power of a device just woken",
              "persistence mode is off: idle power, and so net energy, may be too high"},
    FlagWords{"idle_shared", "idle power beside others",
              "another process was on the device while idle power was measured: net energy may be "
              "too low"},
    FlagWords{
        "samples_missing", "power samples were missing",
        "power is all that the meter has, and energy was interpolated where samples were missing"},
    FlagWords{"wall_clock_set", "the wall clock was set",
              "the wall clock was set while measured: power samples around it are left out"},
};

const FlagWords* find(std::string_view flag) {
  const auto known = std::find_if(kFlags.begin(), kFlags.end(),
                                  [&](const FlagWords& f) { return f.flag == flag; });
  return known == kFlags.end() ? nullptr : &*known;
}

bool holds(std::span<const std::string> flags, const std::string& flag) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

}  // namespace

std::span<const FlagWords> all_flags() { return kFlags; }

std::string_view flag_in_words(std::string_view flag) {
  const FlagWords* known = find(flag);
  return known != nullptr ? known->words : flag;
}

std::string_view flag_meaning(std::string_view flag) {
  const FlagWords* known = find(flag);
  return known != nullptr ? known->meaning : std::string_view();
}

std::string flags_in_words(std::span<const std::string> flags) {
  std::string text;
  for (const std::string& flag : flags) {
    if (!text.empty()) text += "; ";
    text += flag_in_words(flag);
  }
  return text;
}

std::vector<std::string> common_flags(std::span<const store::Record> records) {
  std::vector<std::string> common;
  std::size_t measured = 0;
  for (const store::Record& r : records) {
    if (r.status != "ok") continue;
    if (measured++ == 0) {
      common = r.flags;
    } else {
      std::erase_if(common, [&](const std::string& flag) { return !holds(r.flags, flag); });
    }
  }
  return measured < 2 ? std::vector<std::string>{} : common;
}

std::vector<std::string> own_flags(const store::Record& record,
                                   std::span<const std::string> common) {
  std::vector<std::string> own = record.flags;
  std::erase_if(own, [&](const std::string& flag) { return holds(common, flag); });
  return own;
}

}  // namespace joulemark::report
