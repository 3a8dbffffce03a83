#include "base/file.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace joulemark {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WriteFile : public ::testing::Test {
 protected:
  WriteFile() {
    std::string pattern = (fs::temp_directory_path() / "output-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~WriteFile() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(WriteFile, WritesAndReplaces) {
  const fs::path path = folder_ / "out.csv";
  ASSERT_TRUE(write_file(path, "a longer first text"));
  ASSERT_TRUE(write_file(path, "second"));
  EXPECT_EQ(read(path), "second");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WriteFile, IsReadableAsAnyOtherFile) {
  const mode_t mask = umask(022);
  ASSERT_TRUE(write_file(folder_ / "out.csv", "x"));
  umask(mask);
  EXPECT_EQ(fs::status(folder_ / "out.csv").permissions(), static_cast<fs::perms>(0644));
}

TEST_F(WriteFile, SaysWhatIsWrongWithThePlace) {
  EXPECT_EQ(write_file(folder_ / "no" / "x", "x").error().kind, ErrorKind::not_found);
  const auto folder = write_file(folder_, "x");
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message(), HasSubstr(folder_.string()));
  EXPECT_FALSE(folder.error().next.empty());
}

TEST_F(WriteFile, AFullDeviceIsAnError) {
  EXPECT_EQ(write_file("/dev/full", "x").error().kind, ErrorKind::storage_full);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(WriteFile, WithoutRoomTheOldFileStays) {
  const fs::path path = folder_ / "out.csv";
  ASSERT_TRUE(write_file(path, "old"));
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = write_file(path, std::string(5000, 'x'));
    _exit(!written && written.error().kind == ErrorKind::storage_full ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read(path), "old");
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace joulemark
