#include "store/merge.hpp"

#include <gmock/gmock.h>

#include "store/columns.hpp"
#include "store/testing/sample.hpp"

namespace joulemark::store {
namespace {

using testing::add;
using ::testing::ElementsAre;
using testing::full;
using ::testing::HasSubstr;
using testing::Place;
using testing::runs;

class Merge : public ::testing::Test {
 protected:
  Place place_;
  std::unique_ptr<Store> from_ = open_sqlite(place_.folder() / "from", Mode::write).value();
  std::unique_ptr<Store> into_ = open_sqlite(place_.folder() / "into", Mode::write).value();
};

TEST_F(Merge, AddsWhatIsMissingOnce) {
  add(*into_, full("b"));
  for (const char* run : {"a", "b", "c"}) add(*from_, full(run));
  ASSERT_TRUE(from_->append(StoredCalibration{"k", "nvml", "H200", "GPU-1", "2026", "{}"}));
  const auto first = merge(*from_, *into_);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->added, 3u);
  EXPECT_EQ(first->there, 1u);
  EXPECT_THAT(runs(into_->read({})), ElementsAre("b", "a", "c"));
  EXPECT_EQ(to_full_json(into_->find("c").value()), to_full_json(from_->find("c").value()));
  EXPECT_EQ(into_->calibrations()->size(), 1u);
  const auto second = merge(*from_, *into_);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->added, 0u);
  EXPECT_EQ(second->there, 4u);
}

TEST_F(Merge, TwoRowsOfOneNameAreNotTakenForOne) {
  add(*into_, full("b"));
  add(*from_, full("a"));
  add(*from_, full("b", "other"));
  const auto merged = merge(*from_, *into_);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::invalid_input);
  EXPECT_THAT(merged.error().what, HasSubstr("b is there already"));
  EXPECT_THAT(runs(into_->read({})), ElementsAre("b")) << "nothing was added";
}

}  // namespace
}  // namespace joulemark::store
