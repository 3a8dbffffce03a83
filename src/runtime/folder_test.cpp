#include "runtime/folder.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "runtime/testing/workbench.hpp"

namespace joulemark::runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::outcome_of;
using ::testing::StartsWith;

class Folder : public ::testing::Test {
 protected:
  fs::path parent() const { return root() / fmt::format("joulemark-{}", getuid()); }
  const fs::path& root() const { return scratch_.path(); }

  WorkerFolder created() {
    auto folder = WorkerFolder::create(root());
    EXPECT_TRUE(folder) << outcome_of(folder);
    return std::move(*folder);
  }

  /// A folder with a file in it, as a killed controller leaves it.
  fs::path leave_behind(const std::string& name) {
    fs::create_directories(parent() / name / "inductor");
    scratch_.write(fmt::format("joulemark-{}/{}/inductor/kernel.so", getuid(), name), "code");
    return parent() / name;
  }

  testing::Scratch scratch_;
};

TEST_F(Folder, IsThereUntilItsObjectGoes) {
  fs::path path;
  {
    const WorkerFolder folder = created();
    path = folder.path();
    EXPECT_EQ(path.parent_path(), parent());
    EXPECT_TRUE(fs::is_directory(path));
    fs::create_directories(path / "deep/er");
    std::ofstream(path / "deep/er/file") << "content";
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(parent()));
}

TEST_F(Folder, BelongsToOneWorker) {
  const WorkerFolder one = created();
  const WorkerFolder other = created();
  EXPECT_NE(one.path(), other.path());
}

TEST_F(Folder, IsClosedToOthers) {
  const WorkerFolder folder = created();
  for (const fs::path& path : {folder.path(), parent()}) {
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
  }
}

TEST_F(Folder, IsClosedToOthersAlsoWhereItsParentWasOpen) {
  fs::create_directory(parent());
  fs::permissions(parent(), fs::perms::all);
  const WorkerFolder folder = created();
  EXPECT_EQ(fs::status(parent()).permissions(), fs::perms::owner_all);
}

TEST_F(Folder, IsNotMadeThroughALinkThatSomebodyPutThere) {
  fs::create_directory(root() / "elsewhere");
  fs::create_directory_symlink(root() / "elsewhere", parent());
  EXPECT_THAT(outcome_of(WorkerFolder::create(root())),
              AllOf(StartsWith("io: "), HasSubstr(parent().string())));
  EXPECT_TRUE(fs::is_empty(root() / "elsewhere"));
}

TEST_F(Folder, IsNotMadeInAFolderOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  fs::create_directory(parent());
  ASSERT_EQ(chown(parent().c_str(), 12345, 12345), 0);
  EXPECT_THAT(outcome_of(WorkerFolder::create(root())), StartsWith("io: "));
}

TEST_F(Folder, MovesWithoutBeingRemoved) {
  WorkerFolder folder = created();
  const fs::path path = folder.path();
  WorkerFolder moved = std::move(folder);
  EXPECT_TRUE(fs::exists(path));
  WorkerFolder other = created();
  const fs::path replaced = other.path();
  other = std::move(moved);
  EXPECT_FALSE(fs::exists(replaced));
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(Folder, IsInTheTemporaryFolderOfTheEnvironment) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  setenv("TMPDIR", "/some/where", 1);
  EXPECT_EQ(temporary_root(), "/some/where");
  setenv("TMPDIR", "", 1);
  EXPECT_EQ(temporary_root(), "/tmp");
  unsetenv("TMPDIR");
  EXPECT_EQ(temporary_root(), "/tmp");
  if (before != nullptr) setenv("TMPDIR", kept.c_str(), 1);
}

TEST_F(Folder, OfADeadOwnerIsSwept) {
  // A pid above every limit of the kernel (2^22).
  const fs::path stale = leave_behind("99999999-123456-0");
  EXPECT_EQ(sweep_stale_folders(root()), 1);
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_EQ(sweep_stale_folders(root()), 0);
}

TEST_F(Folder, OfAPidThatAnotherProcessHasNowIsSwept) {
  const fs::path stale = leave_behind(fmt::format("{}-1-0", getpid()));
  const WorkerFolder ours = created();
  EXPECT_EQ(sweep_stale_folders(root()), 1);
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_TRUE(fs::exists(ours.path()));
}

TEST_F(Folder, OfALivingOwnerIsKept) {
  const WorkerFolder folder = created();
  EXPECT_EQ(sweep_stale_folders(root()), 0);
  EXPECT_TRUE(fs::exists(folder.path()));
}

TEST_F(Folder, OfAKilledOwnerIsSwept) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    const auto folder = WorkerFolder::create(root());
    const std::string path = folder->path().string();
    static_cast<void>(!write(ends[1], path.data(), path.size()));
    raise(SIGKILL);
  }
  close(ends[1]);
  waitpid(owner, nullptr, 0);
  std::string path(4096, '\0');
  path.resize(static_cast<std::size_t>(read(ends[0], path.data(), path.size())));
  close(ends[0]);
  ASSERT_TRUE(fs::exists(path));
  EXPECT_EQ(sweep_stale_folders(root()), 1);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(Folder, OfAStrangerIsLeftAlone) {
  std::vector<fs::path> strangers;
  for (const char* name : {"99999999", "99999999-1", "99999999-1-", "99999999-1-0-0", "a-1-0",
                           "99999999-x-0", "99999999-1-0.bak", "-1-0", "notes"}) {
    strangers.push_back(leave_behind(name));
  }
  scratch_.write(fmt::format("joulemark-{}/99999998-1-0", getuid()), "a file");
  strangers.push_back(parent() / "99999998-1-0");
  EXPECT_EQ(sweep_stale_folders(root()), 0);
  for (const fs::path& stranger : strangers) EXPECT_TRUE(fs::exists(stranger)) << stranger;
}

TEST_F(Folder, IsSweptWithoutFollowingLinks) {
  const fs::path precious = scratch_.write("precious", "data");
  fs::create_directory(root() / "archive");
  const fs::path stale = leave_behind("99999999-1-0");
  fs::create_symlink(precious, stale / "link");
  fs::create_directory_symlink(root() / "archive", parent() / "99999998-1-0");
  EXPECT_EQ(sweep_stale_folders(root()), 1);
  EXPECT_TRUE(fs::exists(precious));
  EXPECT_TRUE(fs::exists(root() / "archive"));
}

TEST_F(Folder, IsNotMissedWhereThereWasNone) {
  EXPECT_EQ(sweep_stale_folders(root()), 0);
  EXPECT_EQ(sweep_stale_folders(root() / "nowhere"), 0);
}

}  // namespace
}  // namespace joulemark::runtime
