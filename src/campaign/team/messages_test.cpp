#include "campaign/team/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/team/channel.hpp"

namespace joulemark::campaign::team {
namespace {

using testing::HasSubstr;
using testing::Optional;

template <class T>
T news_again(const T& news) {
  return std::get<T>(parse_news(to_text(News(news))).value());
}

TEST(Messages, ComeBackAsTheyWent) {
  EXPECT_TRUE(
      std::holds_alternative<MeasureIdle>(parse_task(to_text(Task(MeasureIdle{}))).value()));
  const Order order{{7,
                     {{measure::PolicyKind::batch_1, 1},
                      {measure::PolicyKind::throughput, 0},
                      {measure::PolicyKind::fixed, 64}}},
                    "trace: \"no\"\n"};
  const auto again = std::get<Order>(parse_task(to_text(Task(order))).value());
  EXPECT_EQ(again.step.job, 7u);
  EXPECT_EQ(again.no_artefact, order.no_artefact);
  ASSERT_EQ(again.step.policies.size(), 3u);
  EXPECT_EQ(again.step.policies[1].kind, measure::PolicyKind::throughput);
  EXPECT_EQ(again.step.policies[2].batch, 64);
  EXPECT_EQ(news_again(Ready{"cuda"}).kind, "cuda");
  EXPECT_EQ(news_again(Stage{"vit", "loading"}).what, "loading");
  EXPECT_EQ(news_again(StoredRow{"ok", "vit: 1 J"}).words, "vit: 1 J");
  EXPECT_EQ(news_again(Error{ErrorKind::meter_lost, "gone", "look"}).kind, ErrorKind::meter_lost);
  news_again(TaskDone{});
}

TEST(Messages, AreNoneWhereTheyAreBroken) {
  for (const char* wrong :
       {"", "{", "7", "[]", "{}", R"({"is": 7})", R"({"is": "novel"})", R"({"is": "order"})",
        R"({"is": "order", "job": -1, "policies": [], "no_artefact": ""})",
        R"({"is": "order", "job": 1, "policies": ["best"], "no_artefact": ""})",
        R"({"is": "order", "job": 1, "policies": [7], "no_artefact": ""})"}) {
    EXPECT_FALSE(parse_task(wrong)) << wrong;
    EXPECT_FALSE(parse_news(wrong)) << wrong;
  }
}

TEST(Messages, ALongOneFitsIntoAPacket) {
  auto ends = Channel::pair().value();
  const Order order{{1, {}}, std::string(1'000'000, '\x01')};
  ASSERT_TRUE(ends.first.send(to_text(Task(order))));
  const auto text = ends.second.receive();
  ASSERT_TRUE(text);
  EXPECT_THAT(std::get<Order>(parse_task(*text).value()).no_artefact, HasSubstr(" ..."));
}

TEST(ChannelTest, KeepsMessagesWholeAndKnowsItsEnd) {
  auto ends = Channel::pair().value();
  EXPECT_EQ(ends.second.receive(), std::nullopt);
  EXPECT_FALSE(ends.second.ended());
  ends.first.send("one");
  ends.first.send("two");
  ends.first.close();
  EXPECT_THAT(ends.second.receive(), Optional(std::string("one")));
  EXPECT_THAT(ends.second.receive(), Optional(std::string("two")));
  EXPECT_EQ(ends.second.receive(), std::nullopt);
  EXPECT_TRUE(ends.second.ended());
  EXPECT_FALSE(ends.second.send("to nobody"));
}

}  // namespace
}  // namespace joulemark::campaign::team
