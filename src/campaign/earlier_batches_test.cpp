#include "campaign/earlier_batches.hpp"

#include <gmock/gmock.h>

#include "store/testing/sample.hpp"

namespace joulemark::campaign {
namespace {

using ::testing::Optional;

store::Record row(const std::string& precision, std::int64_t batch) {
  static int runs = 0;
  store::Record r;
  r.run = std::to_string(++runs);
  r.architecture = r.model = "resnet50";
  r.input_size = "224x224";
  r.device = "H100";
  r.meter = "nvml";
  r.precision = precision;
  r.batch = batch;
  r.policy = "throughput";
  r.status = "ok";
  return r;
}

meter::MeterInfo meter_of(const char* device, const char* name = "nvml") {
  meter::MeterInfo meter;
  meter.device = device;
  meter.name = name;
  return meter;
}

zoo::Descriptor resnet50(const std::string& precision) {
  zoo::Descriptor d;
  d.architecture = "resnet50";
  d.input_size = {3, 224, 224};
  d.precision = precision;
  return d;
}

TEST(EarlierBatches, TheNewestOfTheSamePrecisionElseOfAny) {
  EarlierBatches earlier;
  EXPECT_EQ(earlier.likely(resnet50("fp16"), meter_of("H100")), std::nullopt);
  earlier.add(row("fp16", 512));
  earlier.add(row("fp16", 256));
  earlier.add(row("fp32", 64));
  EXPECT_THAT(earlier.likely(resnet50("fp16"), meter_of("H100")), Optional(256));
  EXPECT_THAT(earlier.likely(resnet50("bf16"), meter_of("H100")), Optional(64));
}

TEST(EarlierBatches, OfAnotherGpuWhereThisOneHasNone) {
  EarlierBatches earlier;
  earlier.add(row("fp16", 256));
  earlier.add(row("fp32", 64));
  EXPECT_THAT(earlier.likely(resnet50("fp16"), meter_of("H200")), Optional(256));
  EXPECT_THAT(earlier.likely(resnet50("bf16"), meter_of("H200")), Optional(64));
  EXPECT_EQ(earlier.likely(resnet50("fp16"), meter_of("a CPU", "rapl")), std::nullopt);
  store::Record own = row("bf16", 8);
  own.device = "H200";
  earlier.add(own);
  EXPECT_THAT(earlier.likely(resnet50("fp16"), meter_of("H200")), Optional(8)) << "its own first";
}

TEST(EarlierBatches, OtherMetersSizesPoliciesAndFailuresTellNothing) {
  EarlierBatches earlier;
  store::Record larger = row("fp16", 64), elsewhere = row("fp16", 64), single = row("fp16", 1),
                failed = row("fp16", 8), unknown = row("fp16", 8);
  larger.input_size = "288x288";
  elsewhere.device = "a CPU";
  elsewhere.meter = "rapl";
  single.policy = "batch_1";
  failed.status = "crashed";
  unknown.batch.reset();
  for (const auto& r : {larger, elsewhere, single, failed, unknown}) earlier.add(r);
  EXPECT_EQ(earlier.likely(resnet50("fp16"), meter_of("H100")), std::nullopt);
  EXPECT_THAT(earlier.likely(resnet50("fp16"), meter_of("a CPU", "rapl")), Optional(64));
}

TEST(EarlierBatches, AreReadFromAStore) {
  const store::testing::Place place;
  const auto store = store::open_sqlite(place.database(), store::Mode::write).value();
  ASSERT_TRUE(store->append(row("fp16", 128)));
  EarlierBatches earlier;
  ASSERT_TRUE(earlier.read(*store));
  EXPECT_THAT(earlier.likely(resnet50("fp16"), meter_of("H100")), Optional(128));
}

}  // namespace
}  // namespace joulemark::campaign
