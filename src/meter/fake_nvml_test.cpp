// The fake driver library as programs load it: one board seen by many.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/clock.hpp"
#include "meter/nvml_api.hpp"
#include "meter/testing/tree.hpp"
#include "meter/waveform.hpp"

namespace joulemark::meter {
namespace {

/// One process's view of the library: a copy, because a library is loaded once per file.
class View {
 public:
  explicit View(const std::string& settings) {
    const std::string file = (tree_ / "libnvidia-ml.so.1").string();
    std::filesystem::copy_file(JOULEMARK_FAKE_NVML_LIBRARY, file);
    setenv("JOULEMARK_FAKE_NVML", settings.c_str(), 1);
    library_ = dlopen(file.c_str(), RTLD_NOW);
    // It reads its settings at the first call, which is this one.
    function<nvml::Return()>("nvmlInit_v2")();
    function<nvml::Return(unsigned, nvml::Device*)>("nvmlDeviceGetHandleByIndex_v2")(0, &device_);
  }
  ~View() { dlclose(library_); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  template <class F>
  F* function(const char* name) const {
    auto* const found = reinterpret_cast<F*>(dlsym(library_, name));
    EXPECT_NE(found, nullptr) << name;
    return found;
  }
  void advance_ms(double ms) const { function<void(double)>("fake_nvml_advance_ms")(ms); }
  double joules(double from, double to) const {
    return function<double(double, double)>("fake_nvml_joules")(from, to);
  }
  double sensor_error(double from, double to) const {
    return function<double(double, double)>("fake_nvml_sensor_error_joules")(from, to);
  }
  double counter() const {
    unsigned long long millijoules = 0;
    function<nvml::Return(nvml::Device, unsigned long long*)>(
        "nvmlDeviceGetTotalEnergyConsumption")(device_, &millijoules);
    return static_cast<double>(millijoules) * 1e-3;
  }
  double power_usage() const {
    unsigned milliwatts = 0;
    function<nvml::Return(nvml::Device, unsigned*)>("nvmlDeviceGetPowerUsage")(device_,
                                                                               &milliwatts);
    return milliwatts * 1e-3;
  }
  nvml::FieldValue field(unsigned id, unsigned scope = 0) const {
    nvml::FieldValue value{};
    value.field_id = id;
    value.scope_id = scope;
    function<nvml::Return(nvml::Device, int, nvml::FieldValue*)>("nvmlDeviceGetFieldValues")(
        device_, 1, &value);
    return value;
  }

 private:
  Tree tree_;
  void* library_ = nullptr;
  nvml::Device device_ = nullptr;
};

TEST(FakeNvml, ProcessesThatShareAZeroSeeOneBoard) {
  const double now = seconds(SteadyClock().now().since_boot);
  const std::string settings =
      "waveform=ramp:100,700,100;cost=0;zero=" + std::to_string(now - 20.0);
  const View one(settings);
  const View other(settings);
  EXPECT_DOUBLE_EQ(one.joules(now - 7.0, now - 1.0), other.joules(now - 7.0, now - 1.0));
  // 13 to 19 s after the beginning of the ramp, 6 W a second.
  EXPECT_NEAR(one.joules(now - 7.0, now - 1.0), 6.0 * (100.0 + 6.0 * 16.0), 1e-2);
  // An update may come between the two readings; 20 s later than here it adds 22 to 25 J.
  const double first = one.counter();
  EXPECT_NEAR(other.counter(), first, 30.0);
  EXPECT_GT(first, 1000.0 + 20.0 * 160.0 - 25.0);
}

TEST(FakeNvml, TheCounterCountsSamplesAndSaysByHowMuchThatIsOff) {
  const View view("clock=manual;zero=0;sampling=20;waveform=square:100,500,0.02,0.5");
  const double before = view.counter();
  view.advance_ms(1000);
  EXPECT_NEAR(view.counter() - before, 500.0, 1e-2);
  EXPECT_NEAR(view.joules(0.0, 1.0), 300.0, 1e-9);
  EXPECT_NEAR(view.sensor_error(0.0, 1.0), 200.0, 1e-6);
  EXPECT_NEAR(view.sensor_error(0.05, 1.05), 200.0, 1e-6) << "between updates, not at the times";
}

TEST(FakeNvml, AveragePowerIsARunningMeanAndInstantPowerIsNot) {
  const View view("clock=manual;waveform=step:100,500,2");
  view.advance_ms(2250);
  EXPECT_NEAR(view.power_usage(), 180.0, 1e-3) << "as of the update at 2.2 s";
  EXPECT_EQ(view.field(nvml::kFieldPowerAverage).value.ui, 180'000u);
  EXPECT_EQ(view.field(nvml::kFieldPowerInstant).value.ui, 500'000u);
  EXPECT_EQ(view.field(nvml::kFieldPowerInstant, 2).result, nvml::kNotSupported) << "of memory";
  EXPECT_EQ(view.field(1).result, nvml::kNotSupported);
}

TEST(FakeNvml, TheCounterWraps) {
  const View view("clock=manual;waveform=flat:500;wrap=1200");
  EXPECT_NEAR(view.counter(), 1000.0, 1e-9);
  view.advance_ms(1000);
  EXPECT_NEAR(view.counter(), 300.0, 1e-9);
}

}  // namespace
}  // namespace joulemark::meter
