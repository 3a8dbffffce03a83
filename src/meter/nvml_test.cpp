#include "meter/nvml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meter/nvml_api.hpp"
#include "meter/testing/driver.hpp"
#include "meter/waveform.hpp"

namespace joulemark::meter {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Meter> meter_of(const Driver& driver) {
  auto made = driver.open();
  EXPECT_TRUE(made) << made.error().message();
  return made ? std::move(*made) : nullptr;
}

Conditions conditions_of(const std::string& settings) {
  const Driver driver(settings);
  return meter_of(driver)->conditions().value();
}

std::string list(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += (text.empty() ? "" : ",") + std::to_string(i);
  return text;
}

TEST(Nvml, SaysWhatTheGpuOffers) {
  const Driver driver;
  const MeterInfo info = meter_of(driver)->info();
  EXPECT_EQ(info.name, "nvml");
  EXPECT_EQ(info.device, "Fake GPU");
  EXPECT_EQ(info.device_id, "GPU-fake-1");
  EXPECT_EQ(info.scope, Scope::gpu_board);
  EXPECT_TRUE(info.has_energy && info.has_power && info.has_ring);
  EXPECT_FALSE(info.estimated);
  EXPECT_EQ(info.update_period, 100ms);
  EXPECT_EQ(info.ring_period, 20ms);
  EXPECT_EQ(info.query_cost, 4ms);
  EXPECT_DOUBLE_EQ(info.resolution.value, 1e-3);
  EXPECT_DOUBLE_EQ(info.systematic_rel, 0.01);
}

TEST(Nvml, EnergyCountsFromTheFirstReadingOnAndStepsWithTheCounter) {
  const Driver driver("waveform=flat:200");
  const auto m = meter_of(driver);
  driver.advance(250ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0) << "what the counter held before is not ours";
  driver.advance(40ms);
  EXPECT_DOUBLE_EQ(m->energy()->value, 0.0);
  driver.advance(10ms);
  EXPECT_NEAR(m->energy()->value, 20.0, 2e-3);
  driver.advance(10s);
  EXPECT_NEAR(m->energy()->value, 2020.0, 2e-3);
}

TEST(Nvml, EnergyNeverDecreases) {
  const Driver driver("waveform=sine:300,300,0.7");
  const auto m = meter_of(driver);
  double before = 0.0;
  for (int i = 0; i < 200; ++i) {
    driver.advance(37ms);
    const double now = m->energy()->value;
    ASSERT_GE(now, before);
    before = now;
  }
  EXPECT_NEAR(before, (*parse_waveform("sine:300,300,0.7"))->joules(7.4), 2e-3);
}

TEST(Nvml, PowerIsTheFieldOfInstantPower) {
  const Driver driver("waveform=step:100,512.5,0.25");
  const auto m = meter_of(driver);
  driver.advance(260ms);
  EXPECT_DOUBLE_EQ(m->power()->value, 100.0);
  driver.advance(40ms);
  EXPECT_DOUBLE_EQ(m->power()->value, 512.5);
}

TEST(Nvml, TheRingComesOldestFirst) {
  const Driver driver("waveform=ramp:0,1000,1");
  const auto m = meter_of(driver);
  driver.advance(505ms);
  const auto samples = m->ring_since(Instant{0s}).value();
  ASSERT_EQ(samples.size(), 26u);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_NEAR(samples[i].power.value, 20.0 * static_cast<double>(i), 2e-3);
    if (i == 0) continue;
    EXPECT_NEAR(seconds(samples[i].at - samples[i - 1].at), 0.02, 2e-6);
  }
  driver.advance(10s);
  EXPECT_EQ(m->ring_since(Instant{0s})->size(), 119u);
}

TEST(Nvml, TheRingIsOnTheClockOfTheWorker) {
  // Samples are stamped from the moment of loading on, which lies between these two.
  SteadyClock clock;
  const Instant before = clock.now();
  const Driver driver;
  const auto m = meter_of(driver);
  const Instant after = clock.now();
  const auto samples = m->ring_since(Instant{0s}).value();
  ASSERT_EQ(samples.size(), 1u);
  // Stamps are cut to a microsecond, and the wall clock may be slewed meanwhile.
  EXPECT_GE(samples[0].at, before - 1ms);
  EXPECT_LE(samples[0].at, after + 1ms);
}

TEST(Nvml, TheRingGivesWhatIsNewer) {
  const Driver driver;
  const auto m = meter_of(driver);
  driver.advance(505ms);
  const auto samples = m->ring_since(Instant{0s}).value();
  ASSERT_EQ(samples.size(), 26u);
  EXPECT_THAT(m->ring_since(samples.back().at).value(), IsEmpty());
  EXPECT_EQ(m->ring_since(samples[20].at + 5ms)->size(), 5u);
  EXPECT_EQ(m->ring_since(samples[20].at - 5ms)->size(), 6u);
  driver.advance(40ms);
  EXPECT_EQ(m->ring_since(samples.back().at)->size(), 2u);
  EXPECT_EQ(m->ring_since(Instant{0s})->size(), 28u) << "whoever asks for all gets all again";
}

TEST(Nvml, NoSampleComesTwice) {
  // The driver stamps on the wall clock; the difference to ours is read anew each time, and never
  // quite the same.
  const Driver driver;
  const auto m = meter_of(driver);
  std::size_t seen = 0;
  Instant last;
  for (int i = 0; i < 2000; ++i) {
    if (i % 10 == 0) driver.advance(20ms);
    const auto samples = m->ring_since(last);
    for (const PowerSample& s : *samples) {
      if (seen > 0) {
        EXPECT_NEAR(seconds(s.at - last), 0.02, 1e-3);
      }
      last = s.at;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 201u);
}

TEST(NvmlConditions, ClocksTemperatureLimitAndModes) {
  const Conditions c = conditions_of("");
  EXPECT_EQ(c.clock_mhz, 1980.0);
  EXPECT_EQ(c.clock_max_mhz, 1980.0);
  EXPECT_EQ(c.memory_clock_mhz, 3201.0);
  EXPECT_EQ(c.temperature_c, 45.0);
  EXPECT_EQ(c.power_limit, Watts(700.0));
  EXPECT_EQ(c.mig, false);
  EXPECT_EQ(c.ecc, true);
  EXPECT_EQ(c.persistence, true);
  EXPECT_EQ(c.driver, "580.0-fake");
  EXPECT_FALSE(c.host_busy);
  EXPECT_THAT(c.throttle_reasons, IsEmpty());
  EXPECT_THAT(c.other_processes, IsEmpty());
}

TEST(NvmlConditions, NamesTheReasonsForALowerClock) {
  EXPECT_THAT(conditions_of("throttle=0x4").throttle_reasons, ElementsAre("sw_power_cap"));
  EXPECT_THAT(conditions_of("throttle=0x69").throttle_reasons,
              ElementsAre("gpu_idle", "hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown"));
  EXPECT_THAT(conditions_of("throttle=0x8000000000000080").throttle_reasons,
              ElementsAre("hw_power_brake_slowdown", "unknown"));
}

TEST(NvmlConditions, TheObservedWorkerIsNotAnotherProcess) {
  const Driver driver("processes=123,456,789");
  const auto m = meter_of(driver);
  EXPECT_THAT(m->conditions()->other_processes, ElementsAre(123, 456, 789));
  m->observe(456);
  EXPECT_THAT(m->conditions()->other_processes, ElementsAre(123, 789));
  m->observe(0);
  EXPECT_THAT(m->conditions()->other_processes, ElementsAre(123, 456, 789));
}

TEST(NvmlConditions, ACrowdOnTheDeviceIsSeenAsAWhole) {
  EXPECT_EQ(conditions_of("processes=" + list(1000, 1299)).other_processes.size(), 300u);
}

TEST(NvmlConditions, ASlicedGpuIsSaidToBeOne) {
  const Driver driver("mig=1");
  const auto m = meter_of(driver);
  EXPECT_EQ(m->info().scope, Scope::gpu_mig_slice);
  EXPECT_EQ(m->conditions()->mig, true);
}

class MissingChannel : public testing::TestWithParam<const char*> {};

TEST_P(MissingChannel, LeavesTheOthers) {
  const std::string missing = GetParam();
  for (const char* how : {"=NOT_SUPPORTED", "=NO_PERMISSION"}) {
    const Driver driver("waveform=flat:200;" + missing + how);
    const auto m = meter_of(driver);
    driver.advance(1s);
    EXPECT_EQ(m->info().has_energy, missing != "energy");
    EXPECT_EQ(m->info().has_power, missing != "power");
    EXPECT_EQ(m->info().has_ring, missing != "ring");
    EXPECT_EQ(m->energy().has_value(), missing != "energy");
    EXPECT_EQ(m->power().has_value(), missing != "power");
    EXPECT_EQ(m->ring_since(Instant{0s}).has_value(), missing != "ring");
  }
}

INSTANTIATE_TEST_SUITE_P(Channels, MissingChannel, testing::Values("energy", "power", "ring"));

TEST(Nvml, AMissingChannelSaysThatItIsUnsupported) {
  const Driver driver("energy=NOT_SUPPORTED");
  const auto read = meter_of(driver)->energy();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(read.error().next, HasSubstr("joulemark doctor"));
}

TEST(Nvml, AGpuWithoutAnyChannelCannotBeMeasured) {
  const Driver driver("energy=NOT_SUPPORTED;power=NOT_SUPPORTED;ring=NOT_SUPPORTED");
  const auto made = driver.open();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(made.error().what, HasSubstr("neither energy nor power"));
}

TEST(Nvml, AGpuThatMayNotBeAskedSaysWhoMay) {
  const Driver driver("energy=NO_PERMISSION;power=NO_PERMISSION;ring=NO_PERMISSION");
  const auto made = driver.open();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::permission_denied);
  EXPECT_THAT(made.error().next, HasSubstr("group video or render"));
}

TEST(Nvml, AValueOfUnknownTypeIsNotZero) {
  const Driver driver("value_type=99");
  const auto m = meter_of(driver);
  driver.advance(1s);
  EXPECT_TRUE(m->info().has_energy);
  EXPECT_FALSE(m->info().has_power || m->info().has_ring);
  EXPECT_EQ(m->power().error().kind, ErrorKind::unsupported);
  EXPECT_EQ(m->ring_since(Instant{0s}).error().kind, ErrorKind::unsupported);
}

TEST(Nvml, ALostGpuIsAMeterLostOnEveryChannel) {
  const Driver driver("lost_after_ms=1000");
  const auto m = meter_of(driver);
  driver.advance(500ms);
  EXPECT_TRUE(m->energy());
  driver.advance(500ms);
  for (const Error& error :
       {m->energy().error(), m->power().error(), m->ring_since(Instant{0s}).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::meter_lost);
    EXPECT_THAT(error.what, HasSubstr("GPU is lost"));
    EXPECT_THAT(error.next, HasSubstr("dmesg"));
  }
  const auto again = driver.open();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::meter_lost);
}

TEST(Nvml, OneLostGpuLeavesTheOthers) {
  const Driver driver("devices=2;lost=1;lost_after_ms=1000");
  const auto first = driver.open(0, "0000:01:00.0");
  const auto second = driver.open(0, "0000:02:00.0");
  ASSERT_TRUE(first && second);
  driver.advance(1500ms);
  EXPECT_TRUE((*first)->energy());
  EXPECT_EQ((*second)->energy().error().kind, ErrorKind::meter_lost);
}

TEST(Nvml, AResetIsAMeterLostOnceThenItGoesOn) {
  const Driver driver("waveform=flat:200;reset_after_ms=1000");
  const auto m = meter_of(driver);
  driver.advance(550ms);
  ASSERT_TRUE(m->energy());
  driver.advance(400ms);
  EXPECT_NEAR(m->energy()->value, 80.0, 2e-3);
  driver.advance(250ms);
  const auto lost = m->energy();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::meter_lost);
  EXPECT_THAT(lost.error().what, HasSubstr("went backwards"));
  EXPECT_THAT(lost.error().next, HasSubstr("measure again"));
  EXPECT_NEAR(m->energy()->value, 80.0, 2e-3) << "nothing is added for the time in between";
  driver.advance(100ms);
  EXPECT_NEAR(m->energy()->value, 100.0, 2e-3);
}

TEST(NvmlLibrary, AMissingOneSaysWhatToInstall) {
  SteadyClock clock;
  const auto made = open_nvml({"/nonexistent/libnvidia-ml.so.1", "", 0}, clock);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::not_found);
  EXPECT_THAT(made.error().what, HasSubstr("/nonexistent/libnvidia-ml.so.1"));
  EXPECT_THAT(made.error().next, HasSubstr("apt install nvidia-driver"));
  EXPECT_THAT(made.error().next, HasSubstr("--gpus all"));
  EXPECT_EQ(nvml_device_count("/nonexistent/libnvidia-ml.so.1").error().kind, ErrorKind::not_found);
}

TEST(NvmlLibrary, AnotherLibraryIsNotTakenForOne) {
  SteadyClock clock;
  const auto made = open_nvml({"libm.so.6", "", 0}, clock);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::not_found);
  EXPECT_EQ(made.error().what, "libm.so.6 has no function nvmlInit_v2");
  EXPECT_THAT(made.error().next, HasSubstr("470"));
}

TEST(NvmlLibrary, ADriverThatDoesNotStartSaysWhy) {
  const Driver not_loaded("init=9");
  EXPECT_FALSE(not_loaded.loaded());
  Error error = not_loaded.open().error();
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_THAT(error.what, HasSubstr("Driver Not Loaded"));
  EXPECT_THAT(error.next, HasSubstr("nvidia-smi"));

  const Driver mismatch("init=18");
  error = mismatch.open().error();
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_THAT(error.next, HasSubstr("restart the machine"));
}

TEST(NvmlLibrary, IsLoadedOncePerPath) {
  const Driver one;
  const Driver other;
  EXPECT_EQ(nvml::load(one.path()).value(), nvml::load(one.path()).value());
  EXPECT_NE(nvml::load(one.path()).value(), nvml::load(other.path()).value());
}

TEST(NvmlDevices, AreFoundByIndexAndByPciBusId) {
  const Driver driver("devices=3");
  EXPECT_EQ(nvml_device_count(driver.path()).value(), 3u);
  EXPECT_EQ(driver.open(0).value()->info().device_id, "GPU-fake-1");
  EXPECT_EQ(driver.open(2).value()->info().device_id, "GPU-fake-3");
  EXPECT_EQ(driver.open(0, "00000000:02:00.0").value()->info().device_id, "GPU-fake-2")
      << "the bus id wins over the index";
}

TEST(NvmlDevices, ThatAreNotThereAreNotFound) {
  const Driver driver("devices=2");
  Error error = driver.open(2).error();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_THAT(error.what, HasSubstr("GPU 2"));
  EXPECT_FALSE(error.next.empty());
  error = driver.open(0, "00000000:07:00.0").error();
  EXPECT_EQ(error.kind, ErrorKind::not_found);
  EXPECT_THAT(error.what, HasSubstr("GPU 00000000:07:00.0"));
}

TEST(NvmlDevices, CountSeparately) {
  const Driver driver("devices=2;waveform=flat:100");
  const auto first = driver.open(0).value();
  const auto second = driver.open(1).value();
  ASSERT_TRUE(first->energy());
  driver.advance(1s);
  ASSERT_TRUE(second->energy());
  driver.advance(1s);
  EXPECT_NEAR(first->energy()->value, 200.0, 2e-3);
  EXPECT_NEAR(second->energy()->value, 100.0, 2e-3);
}

TEST(NvmlValues, AreReadByTheirType) {
  nvml::Value v{};
  v.d = 1.5;
  EXPECT_EQ(nvml::to_double(v, nvml::kDouble), 1.5);
  v.ui = 4'000'000'000;
  EXPECT_EQ(nvml::to_double(v, nvml::kUnsignedInt), 4e9);
  v.ul = 5'000'000'000;
  EXPECT_EQ(nvml::to_double(v, nvml::kUnsignedLong), 5e9);
  v.ull = 6'000'000'000;
  EXPECT_EQ(nvml::to_double(v, nvml::kUnsignedLongLong), 6e9);
  v.sll = -7'000'000'000;
  EXPECT_EQ(nvml::to_double(v, nvml::kSignedLongLong), -7e9);
  v.si = -8;
  EXPECT_EQ(nvml::to_double(v, nvml::kSignedInt), -8.0);
  v.us = 9;
  EXPECT_EQ(nvml::to_double(v, nvml::kUnsignedShort), 9.0);
  EXPECT_FALSE(nvml::to_double(v, 7));
  EXPECT_FALSE(nvml::to_double(v, -1));
}

}  // namespace
}  // namespace joulemark::meter
