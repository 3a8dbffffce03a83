// The whole measuring flow on a manual clock: a worker that completes steps at known times, a meter
// with a known power, and so a known energy per image.

#include "measure/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include <nlohmann/json.hpp>

#include "measure/record.hpp"
#include "measure/testing/fakes.hpp"

namespace joulemark::measure {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kImages = 2;
constexpr std::int64_t kClasses = 3;

std::string sha256(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const unsigned char c : digest) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  return hex;
}

class ModelTest : public testing::Test {
 protected:
  ModelTest() : meter_(clock_), observer_(meter_, clock_) {
    folder_ = std::filesystem::temp_directory_path() /
              ("joulemark-model-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    subject_.runtime = "fake";
    subject_.device = "cpu";
    zoo::Descriptor& d = subject_.descriptor;
    d.folder = folder_;
    d.name = d.architecture = "fakenet";
    d.input_size = {3, 2, 2};
    d.classes = kClasses;
    d.precision = "fp32";
    d.weights = {"live", 1, ""};
    d.artefacts.push_back({write("model.bin", "weights"), std::nullopt});
    const std::vector<float> pixels(kImages * 12, 0.5f);
    static_cast<zoo::FileRef&>(d.reference_input) = write("in.f32", bytes(pixels));
    d.reference_input.shape = {kImages, 3, 2, 2};
    static_cast<zoo::FileRef&>(d.reference_output) = write("out.f32", bytes(Behaviour{}.logits));
    d.reference_output.shape = {kImages, kClasses};
  }
  ~ModelTest() override { std::filesystem::remove_all(folder_); }

  static std::string bytes(const std::vector<float>& v) {
    return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(float)};
  }
  zoo::FileRef write(const std::string& file, const std::string& content) {
    std::ofstream(folder_ / file, std::ios::binary) << content;
    return {file, sha256(content), static_cast<std::int64_t>(content.size())};
  }

  std::vector<Outcome> measure(const std::vector<Policy>& policies) {
    std::vector<Outcome> outcomes;
    const Bench bench{clock_, observer_, interrupted_, {}};
    ended_ = measure_model(
        subject_, policies, bench, settings_,
        [&]() -> Result<std::unique_ptr<runtime::Worker>> {
          ++workers_started_;
          return std::make_unique<FakeWorker>(clock_, behaviour_);
        },
        [&](const Outcome& outcome) -> Result<void> {
          outcomes.push_back(outcome);
          return {};
        });
    return outcomes;
  }

  ManualClock clock_{Instant{100s}};
  FakeMeter meter_;
  MeterObserver observer_;
  std::atomic<bool> interrupted_{false};
  std::filesystem::path folder_;
  Subject subject_;
  Settings settings_;
  Behaviour behaviour_;
  int workers_started_ = 0;
  Result<void> ended_;
};

const Policy kBatch1{PolicyKind::batch_1, 1};
const Policy kThroughput{PolicyKind::throughput, 0};

TEST_F(ModelTest, EnergyPerImageIsPowerTimesTimePerImage) {
  const auto outcomes = measure({kBatch1});
  ASSERT_EQ(outcomes.size(), 1u);
  ASSERT_TRUE(outcomes[0].run) << outcomes[0].run.error().message();
  const auto interval = mean_interval(per_image(outcomes[0].run->windows));
  EXPECT_NEAR(interval->mean, 400.0 * 0.002, 400.0 * 0.002 * 0.002);
  EXPECT_GE(outcomes[0].run->windows.size(), 5u);
  EXPECT_TRUE(outcomes[0].run->steady);
  EXPECT_TRUE(outcomes[0].run->reached_target);
}

TEST_F(ModelTest, TheThroughputBatchIsFoundAndMeasuredInTheSameWorker) {
  settings_.largest_batch = 64;
  const auto outcomes = measure({kBatch1, kThroughput});
  ASSERT_EQ(outcomes.size(), 2u);
  ASSERT_TRUE(outcomes[1].run);
  // Throughput b / (1 + b) ms^-1: 64 gives 0.985, and 0.970 of 32 is within 98 % of it, 0.941 of 16
  // is not.
  EXPECT_EQ(outcomes[1].batch, 32);
  EXPECT_EQ(workers_started_, 1);
}

TEST_F(ModelTest, OnAGpuTheSearchBeginsWithTheBatchOfTheOutputCheckUnlessAnotherIsLikely) {
  settings_.largest_batch = 256;
  const auto search = [&] { return measure({kThroughput}).at(0).search.value(); };
  EXPECT_EQ(search().bursts()[0].batch, 1);
  subject_.device = "cuda:0";
  const BatchSearch from_check = search();
  EXPECT_EQ(from_check.bursts()[0].batch, kImages);
  subject_.likely_batch = 100;
  const BatchSearch from_there = search();
  EXPECT_EQ(from_there.first(), 64);
  EXPECT_LT(from_there.bursts().size(), from_check.bursts().size());
  EXPECT_EQ(from_there.throughput_batch(), from_check.throughput_batch());
}

TEST_F(ModelTest, TheSearchIsNotMisledByStampsThatCatchUpWhileTheQueueRunsEmpty) {
  behaviour_ = {.fixed = 70ms, .per_image = 0ms, .late_steps = 0.9};
  settings_.largest_batch = 4;
  const auto outcomes = measure({kThroughput});
  ASSERT_TRUE(outcomes[0].search);
  for (const Burst& burst : outcomes[0].search->bursts()) {
    EXPECT_NEAR(burst.throughput.value, static_cast<double>(burst.batch) / 0.070, 0.01)
        << "batch " << burst.batch;
  }
}

TEST_F(ModelTest, PoliciesThatAgreeOnABatchShareOneMeasurement) {
  settings_.largest_batch = 1;
  const auto outcomes = measure({kBatch1, kThroughput});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].run->windows.front().from, outcomes[1].run->windows.front().from);
}

TEST_F(ModelTest, OutOfMemoryAtAFixedBatchIsATypedFailureAndTheNextPolicyStillRuns) {
  behaviour_.memory_limit = 8;
  const auto outcomes = measure({Policy{PolicyKind::fixed, 16}, kBatch1});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::out_of_memory);
  EXPECT_THAT(outcomes[0].run.error().message(), HasSubstr("batch 16 of fakenet does not fit"));
  EXPECT_TRUE(outcomes[1].run);
  EXPECT_EQ(workers_started_, 2);
}

TEST_F(ModelTest, ACrashInTheSearchIsTheOutcomeOfThatPolicyOnly) {
  behaviour_.crash_at_batch = 4;
  const auto outcomes = measure({kThroughput, kBatch1});
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::crashed);
  EXPECT_FALSE(outcomes[0].batch);
  EXPECT_TRUE(outcomes[1].run);
}

TEST_F(ModelTest, AHangIsTimedOut) {
  behaviour_.hang_at_batch = 1;
  const auto outcomes = measure({kBatch1});
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::timed_out);
}

TEST_F(ModelTest, AWrongModelIsNeverMeasuredNorLoadedTwice) {
  behaviour_.logits[0] = std::nanf("");
  const auto outcomes = measure({kBatch1, kThroughput});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::wrong_output);
  EXPECT_EQ(outcomes[1].run.error().kind, ErrorKind::wrong_output);
  EXPECT_EQ(workers_started_, 1);
}

TEST_F(ModelTest, AnArtefactThatIsNotTheDescribedOneIsALoadFailure) {
  std::ofstream(folder_ / "model.bin") << "weighty";
  const auto outcomes = measure({kBatch1});
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::load_failed);
  EXPECT_EQ(workers_started_, 0);
}

TEST_F(ModelTest, AMeterThatIsLostMidRunIsNotAFlatLine) {
  meter_.lost_at = Instant{102s};
  const auto outcomes = measure({kBatch1});
  EXPECT_EQ(outcomes[0].run.error().kind, ErrorKind::meter_lost);
}

TEST_F(ModelTest, InterruptionEndsTheCommandAndIsNoOutcome) {
  interrupted_ = true;
  EXPECT_TRUE(measure({kBatch1}).empty());
  EXPECT_EQ(ended_.error().kind, ErrorKind::interrupted);
}

TEST_F(ModelTest, TheRecordHasEveryNumberAndItsOrigin) {
  meter_.current.throttle_reasons = {"sw_power_cap"};
  const auto outcomes = measure({kBatch1});
  RecordContext context;
  context.idle = Idle{Watts(100.0), 0.01, 2s};
  context.meter = meter_.info();
  const store::Record r = make_record(context, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  EXPECT_EQ(r.status, "ok");
  EXPECT_NEAR(*r.energy_j_per_image, 0.8, 0.002);
  EXPECT_NEAR(*r.energy_net_j_per_image, 0.6, 0.002);
  EXPECT_NEAR(*r.images_per_s, 500.0, 0.5);
  EXPECT_NEAR(*r.latency_ms_p50, 2.0, 1e-9);
  EXPECT_NEAR(*r.power_w, 400.0, 1.0);
  EXPECT_NEAR(*r.energy_delay_js, 0.8 / 500.0, 1e-5);
  EXPECT_LT(*r.ci95_rel, 0.01);
  EXPECT_NEAR(*r.estimator_gap_rel, 0.0, 0.005);
  EXPECT_GT(*r.systematic_rel, 0.035);
  EXPECT_THAT(r.flags, Contains("power_capped"));
  EXPECT_THAT(r.flags, Contains("weights_random"));
  EXPECT_EQ(r.windows.size(), static_cast<std::size_t>(*r.windows_count));
  EXPECT_EQ(r.weights, "live:1");
}

TEST_F(ModelTest, AHostThatIsWaitedForIsATermWhereItIsKnown) {
  behaviour_.waited = 1ms;
  const auto outcomes = measure({kBatch1});
  RecordContext context;
  context.meter = meter_.info();
  const auto record = [&] { return make_record(context, subject_, outcomes[0], "id", ""); };
  EXPECT_THAT(record().flags, Contains("host_bound"));
  EXPECT_FALSE(record().systematic_terms.contains("host"));
  EXPECT_THAT(record().provenance_json, HasSubstr("\"waited_share\":"));
  context.meter.launch_spread_rel = 0.1;
  context.meter.waiting_power = Watts(100.0);
  EXPECT_NEAR(record().systematic_terms.at("host"), 0.2 * 0.25, 0.001);
}

TEST_F(ModelTest, AHostHeldUpInLaunchingIsNotWaitedFor) {
  behaviour_.waited = 1ms;
  const Policy fixed{PolicyKind::fixed, 64};  // a step of 65 ms, and of 2 ms at batch 1
  const auto flags_of = [&](const Outcome& o) {
    return make_record({}, subject_, o, "", "").flags;
  };
  const auto alone = measure({fixed});
  EXPECT_NEAR(alone[0].run->host_spare.value(), 1.0 - 2.0 / 65.0, 0.002);
  EXPECT_GT(alone[0].searched, Nanoseconds(0)) << "a burst at batch 1";
  EXPECT_THAT(flags_of(alone[0]), Not(Contains("host_bound")));

  const auto both = measure({kBatch1, fixed});
  EXPECT_THAT(flags_of(both[0]), Contains("host_bound"));
  EXPECT_THAT(flags_of(both[1]), Not(Contains("host_bound")));
  EXPECT_EQ(both[1].searched, Nanoseconds(0)) << "batch 1 was seen before";

  behaviour_.per_image = 0ms;  // it takes as long at batch 1
  EXPECT_THAT(flags_of(measure({fixed})[0]), Contains("host_bound"));
}

TEST_F(ModelTest, ARunWhosePaceChangesIsHeldUpByTheHost) {
  behaviour_.waited = 1ms;
  behaviour_.held_up = 0.2;
  settings_.longest_run = 20s;
  const auto outcomes = measure({Policy{PolicyKind::fixed, 64}});
  const RunReport& run = outcomes[0].run.value();
  EXPECT_NEAR(run.pace_spread.value(), 0.08, 0.04);
  EXPECT_LT(run.host_spare.value(), kHostBound) << "though a step at batch 1 takes 2 ms";
  const auto record = make_record({}, subject_, outcomes[0], "", "");
  EXPECT_THAT(record.flags, Contains("host_bound"));
  EXPECT_THAT(record.provenance_json, HasSubstr("\"pace_spread\":"));
}

TEST_F(ModelTest, ACrashAfterACompleteRunTakesNothingFromIt) {
  behaviour_.waited = 1ms;
  behaviour_.crash_at_batch = 1;
  const auto outcomes = measure({Policy{PolicyKind::fixed, 64}, Policy{PolicyKind::fixed, 32}});
  ASSERT_TRUE(outcomes[0].run && outcomes[1].run);
  EXPECT_LT(outcomes[0].run->host_spare.value(), kHostBound);
  EXPECT_EQ(workers_started_, 2);
}

TEST_F(ModelTest, ARowSaysWhatItsTimeWentInto) {
  const auto outcomes = measure({kThroughput});
  EXPECT_GT(outcomes[0].searched, Nanoseconds(1s));
  EXPECT_GT(outcomes[0].run->ran, outcomes[0].run->warm_up);
  EXPECT_GE(outcomes[0].took, outcomes[0].searched + outcomes[0].run->ran);
  EXPECT_THAT(make_record({}, subject_, outcomes[0], "", "").provenance_json, HasSubstr("time_s"));
}

TEST_F(ModelTest, AFailureHasNoNumbers) {
  behaviour_.crash_at_batch = 1;
  const auto outcomes = measure({kBatch1});
  const store::Record r = make_record({}, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  EXPECT_EQ(r.status, "crashed");
  EXPECT_FALSE(r.energy_j_per_image);
  EXPECT_FALSE(r.ci95_rel);
  EXPECT_THAT(r.message, HasSubstr("SIGSEGV"));
}

TEST_F(ModelTest, AnUnstableRunHasNoNumberAndKeepsWhatWasSeen) {
  settings_.longest_run = 2s;  // leaves room for two windows of half a second after the warm-up
  const auto outcomes = measure({kBatch1, kBatch1});
  ASSERT_TRUE(outcomes[0].run);
  const store::Record r = make_record({}, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  EXPECT_EQ(r.status, "unstable");
  EXPECT_THAT(r.message, HasSubstr("windows came together in 2 s"));
  EXPECT_FALSE(r.energy_j_per_image);
  EXPECT_FALSE(r.ci95_rel);
  EXPECT_FALSE(r.windows.empty());
  EXPECT_EQ(r.windows.size(), static_cast<std::size_t>(*r.windows_count));
  EXPECT_THAT(r.flags, Contains("short_window"));
  // The worker did nothing wrong, and another try is another run.
  EXPECT_EQ(workers_started_, 1);
  EXPECT_NE(outcomes[1].run->windows.front().from, outcomes[0].run->windows.front().from);
}

TEST_F(ModelTest, IdleIsTheMetersPowerWithoutLoad) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 2s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 0.3);
}

TEST_F(ModelTest, AShortIdleWaitsForTheCounterToBeUnderstood) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 50ms);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 2.0);  // two periods, each edge known to a few milliseconds
  EXPECT_TRUE(idle->ci95_rel);
}

TEST_F(ModelTest, IdlePowerIsThatOfADeviceThatHasSettled) {
  // 42 W more at first, less by half in each second.
  const Instant began = clock_.now();
  const double rate = std::numbers::ln2;
  meter_.used = [=](Instant t) {
    const double s = std::max(0.0, seconds(t - began));
    return Joules(78.0 * seconds(t.since_boot) + 42.0 / rate * (1.0 - std::exp(-rate * s)));
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_TRUE(idle->settled);
  EXPECT_NEAR(idle->power.value, 78.0, 0.78);
  EXPECT_GT(idle->waited, 3s);
  EXPECT_NEAR(seconds(idle->length), 3.0, 0.2);
}

TEST_F(ModelTest, IdlePowerThatNeverStandsStillIsTakenAsItIsAndSaysSo) {
  const Instant began = clock_.now();
  meter_.used = [=](Instant t) {
    const double s = seconds(t - began);
    return Joules(60.0 * s + 0.5 * s * s + 1e6);  // 1 W more in each second
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_FALSE(idle->settled);
  const double took = seconds(clock_.now() - began);
  EXPECT_NEAR(took, 17.3, 0.4);
  EXPECT_NEAR(idle->power.value, 60.0 + took - 1.5, 0.5);  // of the last three seconds
  RecordContext context;
  context.idle = *idle;
  const auto outcomes = measure({kBatch1});
  const auto row = make_record(context, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  const auto said = nlohmann::json::parse(row.provenance_json).at("idle");
  EXPECT_EQ(said.at("settled"), false);
  EXPECT_NEAR(said.at("waited_s").get<double>(), took - 3.0, 0.3);
}

/// As exporters do, which end when a lot is made.
TEST_F(ModelTest, IdlePowerIsTakenAnewOnceOthersHaveLeftTheDevice) {
  const Instant began = clock_.now();
  meter_.current.other_processes = {4711};
  meter_.used = [&, began](Instant t) {
    const double s = std::max(0.0, seconds(t - began));
    if (s > 4.0) meter_.current.other_processes.clear();
    return Joules(126.0 * std::min(s, 4.0) + 73.0 * std::max(0.0, s - 4.0) + 1e6);
  };
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_EQ(idle->other_processes, 0u);
  EXPECT_NEAR(idle->power.value, 73.0, 0.5);
}

TEST_F(ModelTest, IdlePowerBesideOthersThatStaySaysSo) {
  meter_.power_w = 82.0;
  meter_.current.other_processes = {4711, 4712};
  const Instant began = clock_.now();
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_EQ(idle->other_processes, 2u);
  EXPECT_LT(seconds(clock_.now() - began), 15.0) << "a desktop's are always there";
  RecordContext context;
  context.idle = *idle;
  const auto outcomes = measure({kBatch1});
  const auto row = make_record(context, subject_, outcomes[0], "id", "2026-11-24T00:00:00Z");
  EXPECT_THAT(row.flags, Contains("idle_shared"));
  const auto said = nlohmann::json::parse(row.provenance_json).at("idle");
  EXPECT_EQ(said.at("other_processes"), 2);
}

/// As between two lots of a campaign of which nothing could be measured.
TEST_F(ModelTest, IdlePowerAfterALongBreakNeedsNoLockFromBefore) {
  meter_.power_w = 82.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  ASSERT_TRUE(measure_idle(bench, 3s));
  clock_.advance(120s);
  const auto idle = measure_idle(bench, 3s);
  ASSERT_TRUE(idle) << idle.error().message();
  EXPECT_NEAR(idle->power.value, 82.0, 0.3);
}

TEST_F(ModelTest, ACounterThatStandsStillGivesNoIdlePower) {
  meter_.power_w = 0.0;
  const Bench bench{clock_, observer_, interrupted_, {}};
  const auto idle = measure_idle(bench, 1s);
  ASSERT_FALSE(idle);
  EXPECT_EQ(idle.error().kind, ErrorKind::meter_lost);
}

TEST(Policy, ReadsSizesAndNames) {
  EXPECT_EQ(parse_policy("1")->kind, PolicyKind::batch_1);
  EXPECT_EQ(parse_policy("64")->batch, 64);
  EXPECT_EQ(parse_policy("throughput")->kind, PolicyKind::throughput);
  EXPECT_EQ(parse_policy("min_energy")->kind, PolicyKind::min_energy);
  for (const char* bad : {"", "0", "-1", "1x", "best", "99999999999999999999"}) {
    EXPECT_FALSE(parse_policy(bad)) << bad;
  }
}

}  // namespace
}  // namespace joulemark::measure
