#include "report/show.hpp"

#include <gmock/gmock.h>

namespace joulemark::report {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

store::Record sample() {
  store::Record r;
  r.run = "20261124T101512Z-7f3a9c";
  r.model = "resnet18.a1_in1k";
  r.scope = "gpu_board";
  r.status = "ok";
  r.batch = 64;
  r.policy = "throughput";
  r.energy_j_per_image = 0.0123;
  r.energy_net_j_per_image = 0.01;
  r.idle_w = 82.0;
  r.ci95_rel = 0.0042;
  r.systematic_rel = 0.0364;
  r.systematic_terms = {{"sensor", 0.01}, {"weights_random", 0.035}};
  r.flags = {"power_capped", "of_tomorrow"};
  r.conditions_json = R"({"start":{"clock_mhz":1980.0,"mig":false,"host_busy":0.29289},
                          "end":{"clock_mhz":1650.0,"mig":false,"host_busy":0.3,
                                 "throttle_reasons":["sw_power_cap","hw_slowdown"],
                                 "of_tomorrow":7}})";
  r.windows = {{0.0, 0.5, 10.0, 100.25, std::nullopt}, {0.5, 0.5, 11.0, 100.75, 10.5}};
  return r;
}

TEST(Show, GivesUnitsIntervalsTermsConditionsAndWindows) {
  EXPECT_THAT(show(sample()),
              AllOf(HasSubstr("12.3 mJ/image ± 0.42 %"), HasSubstr("82 W left out"),
                    HasSubstr("± 3.64 % (sensor 1.00 %, weights_random 3.50 %)"),
                    HasSubstr("1980 MHz -> 1650 MHz"), HasSubstr("29.29 % -> 30 %"),
                    HasSubstr("unknown -> sw_power_cap, hw_slowdown"), ContainsRegex("MIG +off\n"),
                    HasSubstr("unknown -> 7"), HasSubstr("Energy (measured)"),
                    HasSubstr("the power limit set the clock"), HasSubstr("of_tomorrow"),
                    HasSubstr("100.25"), HasSubstr("10.500")));
}

TEST(Show, SaysWhatWasSeenBetweenStartAndEnd) {
  auto r = sample();
  r.conditions_json =
      R"({"start":{"power_limit_w":700.0,"temperature_c":47.0,"throttle_reasons":[]},
                          "end":{"power_limit_w":700.0,"temperature_c":45.0,"throttle_reasons":[]},
                          "range":{"looks":12,"looks_s":0.0031,"power_limit_w":[500.0,700.0],
                                   "temperature_c":[45.0,47.0],
                                   "throttle_reasons":["hw_slowdown"]}})";
  EXPECT_THAT(show(r),
              AllOf(ContainsRegex("power limit +700 W\n"),
                    ContainsRegex("power limit, range +500 W to 700 W\n"),
                    ContainsRegex("limited also by +hw_slowdown\n"),
                    HasSubstr("12 times, 3.1 ms altogether"), Not(HasSubstr("temperature, range"))))
      << "what the ends say already is not said again";
  for (const char* odd : {R"({"start":{},"end":{},"range":7})", R"({"start":7,"end":[]})",
                          R"({"start":{},"end":{},"range":{"clock_mhz":[1],"looks":"many"}})"}) {
    r.conditions_json = odd;
    EXPECT_THAT(show(r), Not(HasSubstr(", range"))) << odd;
  }
}

TEST(Show, SaysEveryFlagInWords) {
  auto r = sample();
  r.flags = {"power_limit_changed", "busy_host", "mig_slice"};
  EXPECT_THAT(show(r), AllOf(HasSubstr("somebody changed the power limit"),
                             HasSubstr("more than a quarter of a CPU"),
                             HasSubstr("what other slices use is in it")));
}

TEST(Show, SaysWhatOthersTookOfTheHost) {
  auto r = sample();
  r.provenance_json = R"({"run":{"host":{"others_cpus":1.25,"stolen_cpus":0.5}}})";
  EXPECT_THAT(show(r), HasSubstr("others used 1.25 CPUs, the hypervisor withheld 0.50 CPUs"));
  for (const char* nothing : {"", "{", "[]", R"({"run":7})", R"({"run":{"host":[]}})"}) {
    r.provenance_json = nothing;
    EXPECT_THAT(show(r), Not(HasSubstr("host meanwhile"))) << nothing;
  }
  r.provenance_json = R"({"run":{"host":{"others_cpus":"many"}}})";
  EXPECT_THAT(show(r), HasSubstr("others used unknown, the hypervisor withheld unknown"));
}

TEST(Show, SaysWhichOfHostAndDeviceWaited) {
  auto r = sample();
  r.provenance_json = R"({"run":{"waited_share":0.012}})";
  EXPECT_THAT(show(r), HasSubstr("the worker waited for the device 1 % of the time"));
  r.provenance_json = R"({"run":{"waited_share":0.002,"host_spare":0.87}})";
  EXPECT_THAT(show(r), HasSubstr("the host has 87 % to spare"));
  for (const char* nothing : {"{}", R"({"run":{"waited_share":"x"}})", R"({"run":[]})"}) {
    r.provenance_json = nothing;
    EXPECT_THAT(show(r), Not(HasSubstr("waited"))) << nothing;
  }
}

TEST(Show, NeverCallsMeasuredWhatWasNot) {
  auto r = sample();
  r.scope = "cpu_estimate";
  EXPECT_THAT(show(r), AllOf(HasSubstr("Energy (estimated)"), Not(HasSubstr("measured)"))));
  r.scope = "simulated";
  EXPECT_THAT(show(r), AllOf(HasSubstr("Energy (simulated)"), Not(HasSubstr("measured)"))));
}

TEST(Show, NeverClaimsAnIntervalOfZero) {
  auto r = sample();
  r.ci95_rel = 1e-6;
  EXPECT_THAT(show(r), HasSubstr("12.3 mJ/image ± < 0.01 %"));
}

TEST(Show, LeavesOutWhatIsUnknown) {
  store::Record failed;
  failed.run = "a";
  failed.status = "crashed";
  failed.message = "the worker ended by SIGSEGV";
  EXPECT_THAT(show(failed),
              AllOf(HasSubstr("Run a: crashed"), HasSubstr("SIGSEGV"), Not(HasSubstr("Energy")),
                    Not(HasSubstr("Windows")), Not(HasSubstr("batch"))));
}

}  // namespace
}  // namespace joulemark::report
