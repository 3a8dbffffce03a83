#include "cli/commands.hpp"

#include <gmock/gmock.h>

namespace joulemark::cli {
namespace {

using ::testing::HasSubstr;

TEST(ExitCodes, TellKindsOfErrorsApart) {
  EXPECT_EQ(exit_code(ErrorKind::invalid_input), kUsage);
  EXPECT_EQ(exit_code(ErrorKind::not_found), kNotFound);
  EXPECT_EQ(exit_code(ErrorKind::permission_denied), kPermission);
  EXPECT_EQ(exit_code(ErrorKind::storage_full), kStoreProblem);
  EXPECT_EQ(exit_code(ErrorKind::newer_schema), kStoreProblem);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), kInterrupted);
  EXPECT_EQ(exit_code(ErrorKind::crashed), kNothingMeasured);
}

TEST(ExitCodes, AreAllInTheHelp) {
  const std::string help = exit_codes_help();
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    const auto code = exit_code(static_cast<ErrorKind>(kind));
    EXPECT_NE(code, kOk);
    EXPECT_THAT(help, HasSubstr("\n  " + std::to_string(code) + " ")) << kind;
  }
}

}  // namespace
}  // namespace joulemark::cli
