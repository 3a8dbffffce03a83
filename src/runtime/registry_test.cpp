#include "runtime/registry.hpp"

#include <cstdlib>

#include "runtime/testing/workbench.hpp"

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::outcome_of;
using ::testing::StartsWith;

class Registry : public ::testing::Test {
 protected:
  Registry() { forget(); }
  ~Registry() override { forget(); }
  static void forget() {
    for (const RuntimeEntry& entry : runtimes()) unsetenv(std::string(entry.variable).c_str());
  }

  fs::path program(const std::string& name) {
    const fs::path path = scratch_.write(name, "#!/bin/sh\n");
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  testing::Scratch scratch_;
};

TEST_F(Registry, EveryRuntimeSaysHowToGetItsWorker) {
  for (const RuntimeEntry& entry : runtimes()) {
    EXPECT_THAT(std::string(entry.program), StartsWith("joulemark-worker-")) << entry.name;
    EXPECT_THAT(std::string(entry.variable), StartsWith("JOULEMARK_WORKER_")) << entry.name;
    EXPECT_FALSE(entry.formats.empty()) << entry.name;
    EXPECT_FALSE(entry.how_to_get.empty()) << entry.name;
  }
}

TEST_F(Registry, FindsTheWorkerBesideTheProgram) {
  // This test and the reference worker are built into the same folder.
  const auto found = find_worker("reference");
  ASSERT_TRUE(found) << outcome_of(found);
  EXPECT_EQ(found->runtime, "reference");
  EXPECT_TRUE(fs::equivalent(found->path, JOULEMARK_REFERENCE_WORKER));
}

TEST_F(Registry, TakesTheWorkerThatTheEnvironmentNames) {
  const fs::path named = program("my-worker");
  setenv("JOULEMARK_WORKER_REFERENCE", named.c_str(), 1);
  EXPECT_EQ(find_worker("reference")->path, named);
}

TEST_F(Registry, TakesTheWorkerThatTheCallNamesBeforeAnyOther) {
  setenv("JOULEMARK_WORKER_REFERENCE", program("of-environment").c_str(), 1);
  const fs::path given = program("given");
  EXPECT_EQ(find_worker("reference", given)->path, given);
  EXPECT_EQ(find_worker("torch", given)->path, given);
}

TEST_F(Registry, NamesARelativePathInFull) {
  const fs::path here = fs::current_path();
  fs::current_path(scratch_.path());
  program("given");
  EXPECT_TRUE(find_worker("reference", "given")->path.is_absolute());
  fs::current_path(here);
}

TEST_F(Registry, NamesTheRuntimesThatExist) {
  const auto unknown = find_worker("abacus");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(outcome_of(unknown), AllOf(StartsWith("invalid_input: "), HasSubstr("'abacus'")));
  EXPECT_THAT(unknown.error().next, AllOf(HasSubstr("torch"), HasSubstr("reference")));
}

TEST_F(Registry, RefusesWhatIsNoProgram) {
  const fs::path text = scratch_.write("notes.txt", "text");
  for (const fs::path& path : {text, scratch_.path(), scratch_.path() / "nowhere"}) {
    const auto refused = find_worker("reference", path);
    EXPECT_THAT(outcome_of(refused), AllOf(StartsWith("not_found: "), HasSubstr(path.string())));
    EXPECT_FALSE(refused.error().next.empty());
  }
  setenv("JOULEMARK_WORKER_REFERENCE", text.c_str(), 1);
  EXPECT_THAT(outcome_of(find_worker("reference")), StartsWith("not_found: "));
}

}  // namespace
}  // namespace joulemark::runtime
