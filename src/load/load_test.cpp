#include "load/load.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>

#include "load/cuda_api.hpp"

namespace joulemark::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kFake = JOULEMARK_FAKE_CUDA_LIBRARY;

class CudaLoadTest : public testing::Test {
 protected:
  static void settings(const std::string& text) { setenv("JOULEMARK_FAKE_CUDA", text.c_str(), 1); }
  void SetUp() override { settings(""); }

  /// What the library has been asked to launch since the last call.
  std::string launches() {
    void* library = dlopen(kFake, RTLD_NOW);
    const auto read = reinterpret_cast<const char* (*)()>(dlsym(library, "fake_cuda_launches"));
    const std::string all = read();
    dlclose(library);
    const std::string fresh = all.substr(seen_);
    seen_ = all.size();
    return fresh;
  }

  SteadyClock clock_;

 private:
  std::size_t seen_ = 0;
};

TEST_F(CudaLoadTest, IsKnownBeforeItHasAContext) {
  settings("devices=2");
  const auto load = open_cuda(1, clock_, kFake);
  ASSERT_TRUE(load) << load.error().message();
  EXPECT_EQ((*load)->description(), "FMA kernel on Fake GPU, 10 multiprocessors");
  EXPECT_EQ((*load)->pci_bus_id(), "0000:02:00.0");
}

TEST_F(CudaLoadTest, KeepsOneSquareOverSeveralKernels) {
  auto load = open_cuda(0, clock_, kFake).value();
  ASSERT_TRUE(load->open());
  static_cast<void>(launches());
  const Instant before = clock_.now();
  const auto began = load->start({100ms, 25ms}, 1100ms);
  ASSERT_TRUE(began) << began.error().message();
  EXPECT_GE(*began, before);
  EXPECT_EQ(launches(),
            "mark burn(20x1024,100000000,25000000,1000000000) "
            "burn(20x1024,100000000,25000000,1100000000) ");
  ASSERT_TRUE(load->wait());
  EXPECT_GE(clock_.now() - before, 1100ms);
  // The fake shows its sensor a quarter of that time, as one square.
  void* library = dlopen(kFake, RTLD_NOW);
  const auto busy =
      reinterpret_cast<double (*)(double, double)>(dlsym(library, "fake_cuda_busy_seconds"));
  const double from = seconds(before.since_boot);
  EXPECT_NEAR(busy(from, from + 2.0), 0.275, 1e-6);
  EXPECT_NEAR(busy(from - 9.0, from), 0.0, 1e-6);
  dlclose(library);
}

TEST_F(CudaLoadTest, CountsTheLaunchesOfItsHost) {
  auto load = open_cuda(0, clock_, kFake).value();
  ASSERT_TRUE(load->open());
  static_cast<void>(launches());
  const Instant before = clock_.now();
  const auto rate = load->launches_per_second(5ms);
  const double took = seconds(clock_.now() - before);
  ASSERT_TRUE(rate && *rate);
  const std::size_t count = launches().size() / std::string("mark ").size();
  const auto launched = static_cast<double>(count);
  // Only launches are counted as time: never fewer a second than over all of it.
  EXPECT_GE(**rate, launched / took);
  settings("fail=cuLaunchKernel");
  EXPECT_THAT(load->launches_per_second(5ms).error().what, StartsWith("cuLaunchKernel"));
}

TEST_F(CudaLoadTest, SaysWhichCallFailed) {
  for (const char* call : {"cuDevicePrimaryCtxRetain", "cuCtxSetCurrent", "cuModuleLoadData",
                           "cuModuleGetFunction", "cuStreamCreate"}) {
    auto load = open_cuda(0, clock_, kFake).value();
    settings(std::string("fail=") + call);
    const auto opened = load->open();
    ASSERT_FALSE(opened) << call;
    EXPECT_THAT(opened.error().what, HasSubstr(std::string(call) + ": a fake error (700)"));
    EXPECT_THAT(opened.error().next, HasSubstr("nvidia-smi"));
    settings("");
  }
  auto load = open_cuda(0, clock_, kFake).value();
  ASSERT_TRUE(load->open());
  settings("fail=cuLaunchKernel");
  EXPECT_THAT(load->start({1ms, 1ms}, 1ms).error().what, StartsWith("cuLaunchKernel"));
}

TEST_F(CudaLoadTest, SaysWhatIsMissing) {
  EXPECT_EQ(open_cuda(0, clock_, "/nowhere/libcuda.so").error().kind, ErrorKind::not_found);
  EXPECT_THAT(open_cuda(3, clock_, kFake).error().message(),
              HasSubstr("there is no cuda:3. CUDA sees 1 devices"));
  settings("init=100");
  const auto none = open_cuda(0, clock_, kFake);
  EXPECT_EQ(none.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(none.error().what, HasSubstr("no CUDA-capable device"));
  // A library that is none of CUDA's.
  EXPECT_THAT(open_cuda(0, clock_, "libm.so.6").error().what, HasSubstr("has no function cuInit"));
}

TEST_F(CudaLoadTest, DevicesHaveNames) {
  setenv("JOULEMARK_CUDA_LIBRARY", kFake, 1);
  EXPECT_TRUE(open_load("cuda", clock_));
  EXPECT_TRUE(open_load("cuda:0", clock_));
  EXPECT_EQ(open_load("cuda:7", clock_).error().kind, ErrorKind::not_found);
  for (const char* wrong : {"", "gpu", "cuda:", "cuda:x", "cuda:1x", "cuda0"}) {
    EXPECT_EQ(open_load(wrong, clock_).error().kind, ErrorKind::invalid_input) << wrong;
  }
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto s = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return s(used.ru_utime) + s(used.ru_stime);
}

TEST(CpuLoad, WorksForTheDutyOfItsSquare) {
  SteadyClock clock;
  auto load = make_cpu(1, clock);
  ASSERT_TRUE(load->open());
  const double before = cpu_seconds();
  const auto began = load->start({20ms, 5ms}, 400ms);
  ASSERT_TRUE(began);
  ASSERT_TRUE(load->wait());
  EXPECT_GE(clock.now() - *began, 400ms);
  // A quarter of the time, and never more: other processes can only take from it.
  EXPECT_LT(cpu_seconds() - before, 0.2);
  EXPECT_GT(cpu_seconds() - before, 0.005);
  EXPECT_EQ(load->description(), "1 spinning thread");
  EXPECT_EQ(load->launches_per_second(1ms).value(), std::nullopt);
}

TEST(CudaKernels, HaveTheParametersThatTheHostPasses) {
  const std::string ptx = cuda::kPtx;
  EXPECT_THAT(ptx, HasSubstr(".entry mark(.param .u64 state)"));
  EXPECT_THAT(ptx, HasSubstr(".entry burn(.param .u64 state, .param .u64 period, .param .u64 high, "
                             ".param .u64 end)"));
}

}  // namespace
}  // namespace joulemark::load
