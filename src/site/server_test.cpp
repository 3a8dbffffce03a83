#include "site/server.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace joulemark::site {
namespace {

TEST(Server, EndsForASignalThatCameBeforeItAnswered) {
  ServerOptions options;
  options.port = 0;
  const auto server = Server::open(options);
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_NE((*server)->port(), 0);
  const std::atomic<bool> told = true;
  (*server)->run({}, {}, told);  // does not return, if the signal is lost
}

}  // namespace
}  // namespace joulemark::site
