#include "measure/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "measure/record.hpp"
#include "measure/testing/model_fixture.hpp"

namespace joulemark::measure {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

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

TEST_F(ModelTest, OnAGpuTheSearchBeginsWithTheReferenceImagesUnlessAnotherIsLikely) {
  settings_.largest_batch = 256;
  const auto search = [&] { return measure({kThroughput}).at(0).search.value(); };
  EXPECT_EQ(search().bursts()[0].batch, 1);
  subject_.device = "cuda:0";
  const BatchSearch from_reference = search();
  EXPECT_EQ(from_reference.bursts()[0].batch, kImages);
  subject_.likely_batch = 100;
  const BatchSearch from_there = search();
  EXPECT_EQ(from_there.first(), 64);
  EXPECT_LT(from_there.bursts().size(), from_reference.bursts().size());
  EXPECT_EQ(from_there.throughput_batch(), from_reference.throughput_batch());
}

TEST_F(ModelTest, OnAGpuTheOutputIsCheckedAtTheSizeThatRunsFirstWhereItFits) {
  const auto checked_at = [&](const Policy& policy) {
    return measure({policy}).at(0).load.value().gate.batch;
  };
  subject_.likely_batch = 32;
  EXPECT_EQ(checked_at(kThroughput), kImages);
  subject_.device = "cuda:0";
  EXPECT_EQ(checked_at(kThroughput), 32);
  EXPECT_EQ(checked_at(kBatch1), 1);
  behaviour_.memory_limit = 8;
  EXPECT_EQ(checked_at(kThroughput), kImages);
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
  behaviour_.inferring = 2s;
  const auto outcomes = measure({kThroughput, kBatch1});
  EXPECT_GT(outcomes[0].searched, Nanoseconds(1s));
  EXPECT_GT(outcomes[0].run->ran, outcomes[0].run->warm_up);
  EXPECT_EQ(outcomes[0].checked, Nanoseconds(2s));
  EXPECT_GE(outcomes[0].took, outcomes[0].searched + outcomes[0].checked + outcomes[0].run->ran);
  EXPECT_EQ(outcomes[1].checked, Nanoseconds(0)) << "one worker for both";
  EXPECT_THAT(make_record({}, subject_, outcomes[0], "", "").provenance_json,
              HasSubstr(R"("time_s":{"check":2.0,)"));
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

}  // namespace
}  // namespace joulemark::measure
