#include "figure/svg.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "figure/frame.hpp"
#include "figure/shapes.hpp"
#include "figure/style.hpp"
#include "figure/testing/figures.hpp"
#include "figure/text.hpp"

namespace joulemark::figure {
namespace {

using testing::forest;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::scatter;

std::string drawn(const Figure& f) {
  const auto out = svg(f);
  return out ? *out : out.error().message();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// The boxes that texts take, by the estimate of their width.
std::vector<Box> boxes(const std::string& picture) {
  const std::regex pattern(
      R"re(<text class="([a-z]+)" x="([-0-9.]+)" y="([-0-9.]+)"(?: text-anchor="([a-z]+)")?>([^<]*)<)re");
  std::vector<Box> out;
  for (std::sregex_iterator it(picture.begin(), picture.end(), pattern), end; it != end; ++it) {
    const std::smatch& m = *it;
    const std::string role = m[1];
    const double size = role == "title"                    ? kTitleSize
                        : role == "name" || role == "note" ? kSmallSize
                                                           : kTextSize;
    const double width = size * width_of(m[5].str());
    const double left = m[4] == "end" ? 1.0 : m[4] == "middle" ? 0.5 : 0.0;
    out.push_back({std::stod(m[2]) - left * width, std::stod(m[3]) - 0.8 * size, width, size});
  }
  return out;
}

void expect_no_overlap(const Figure& f) {
  const std::string picture = drawn(f);
  const std::vector<Box> all = boxes(picture);
  EXPECT_GT(all.size(), 5U);
  const Frame frame = frame_of(f);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_GE(all[i].x, -0.1);
    EXPECT_LE(all[i].x + all[i].width, frame.width + 0.1);
    EXPECT_LE(all[i].y + all[i].height, frame.height);
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(all[i].overlaps(all[j])) << f.title << i << j;
  }
}

TEST(Svg, ShowsEveryMarkWithItsNumbers) {
  const std::string picture = drawn(scatter(40));
  EXPECT_EQ(count(picture, "<title>model_"), 40U);
  EXPECT_THAT(picture, HasSubstr("<title>model_0\nenergy: 4.00 mJ (95 %: 3.60 mJ to 4.40 mJ)\n"
                                 "top-1: 60.0 %\nCNN</title>"));
  EXPECT_THAT(picture, HasSubstr(">100 mJ</text>"));
  EXPECT_THAT(picture, HasSubstr(">transformer</text>"));
  EXPECT_THAT(picture, HasSubstr(">frontier</text>"));
}

TEST(Svg, SaysWhatItIsToThoseWhoDoNotSeeIt) {
  const std::string picture = drawn(scatter(40));
  EXPECT_THAT(picture, HasSubstr(R"(role="img")"));
  EXPECT_THAT(picture,
              HasSubstr("<title>Accuracy against energy</title><desc>n models. 40 marks."));
}

TEST(Svg, IsDrawnForLightDarkAndPaper) {
  const std::string picture = drawn(scatter(3));
  const auto dark = picture.find("@media(prefers-color-scheme:dark)");
  const auto print = picture.find("@media print");
  ASSERT_NE(dark, std::string::npos);
  ASSERT_NE(print, std::string::npos);
  EXPECT_LT(dark, print) << "the later rule holds when a dark page is printed";
}

/// Relative luminance of "#rrggbb" (Web Content Accessibility Guidelines 2.2).
double luminance(const std::string& colour) {
  const auto part = [&](std::size_t at) {
    const double v = std::stoi(colour.substr(at, 2), nullptr, 16) / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
double contrast(const std::string& a, const std::string& b) {
  const auto [low, high] = std::minmax({luminance(a), luminance(b)});
  return (high + 0.05) / (low + 0.05);
}

/// "#rrggbb" of every name in one block of the style sheet; "#abc" is written out.
std::map<std::string, std::string> colours(const std::string& block) {
  const std::regex variable("--([a-z0-9]+):#([0-9a-f]{3,6})");
  std::map<std::string, std::string> out;
  for (std::sregex_iterator it(block.begin(), block.end(), variable), end; it != end; ++it) {
    std::string hex = (*it)[2];
    if (hex.size() == 3) hex = {hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]};
    out[(*it)[1]] = "#" + hex;
  }
  return out;
}

/// Text by 4.5:1, marks by 3:1 (the same guidelines, 1.4.3 and 1.4.11).
TEST(Svg, StandsOutFromItsGround) {
  const std::string style = kStyle;
  const std::regex block(R"(\.jm\{(--paper[^}]*)\})");
  std::size_t blocks = 0;
  for (std::sregex_iterator it(style.begin(), style.end(), block), end; it != end; ++it, ++blocks) {
    auto c = colours((*it)[1]);
    ASSERT_EQ(c.size(), 4 + kColours);
    for (const char* text : {"ink", "soft"}) EXPECT_GE(contrast(c[text], c["paper"]), 4.5) << text;
    for (std::size_t i = 0; i < kColours; ++i) {
      EXPECT_GE(contrast(c["c" + std::to_string(i)], c["paper"]), 3.0) << i << c["paper"];
    }
  }
  EXPECT_EQ(blocks, 3U) << "light, dark and paper";
}

TEST(Svg, IsTheSameForTheSameFigure) {
  EXPECT_EQ(drawn(scatter(60)), drawn(scatter(60)));
  EXPECT_EQ(drawn(forest(40)), drawn(forest(40)));
}

TEST(Svg, IsSmall) { EXPECT_LT(drawn(scatter(200)).size(), 60'000U); }

TEST(Svg, HoldsNoTextThatIsReadAsMarkup) {
  Figure f = scatter(8);
  f.title = "<script>";
  f.marks[0].name = "a\"<b>&\x01";
  f.groups[0] = "</text>";
  f.notes = {"<i>"};
  const std::string picture = drawn(f);
  EXPECT_THAT(picture, Not(HasSubstr("<script>")));
  EXPECT_THAT(picture, Not(HasSubstr("<b>")));
  EXPECT_THAT(picture, Not(HasSubstr("<i>")));
  EXPECT_THAT(picture, HasSubstr("a&quot;&lt;b&gt;&amp; "));
}

TEST(Svg, TextsNeverOverlap) {
  for (const int n : {2, 15, 60, 200}) expect_no_overlap(scatter(n));
  for (const int n : {0, 1, 40}) expect_no_overlap(forest(n));
  Figure f = scatter(60);
  f.subtitle = std::string(300, 'm') + " and more";
  for (int i = 0; i < 12; ++i) f.groups.push_back("group number " + std::to_string(i));
  for (std::size_t i = 0; i < f.marks.size(); ++i) f.marks[i].group = i % f.groups.size();
  f.notes.insert(f.notes.end(), {std::string(200, 'w'), "a", "b"});
  expect_no_overlap(f);
}

TEST(Svg, LongNamesOfCategoriesStandAboveTheirRows) {
  Figure f = forest(20);
  f.y.categories = {std::string(90, 'a') + "-" + std::string(40, 'b'), "b", "c"};
  for (Mark& m : f.marks) m.named = true;
  expect_no_overlap(f);
  EXPECT_GT(frame_of(f).plot.width, 500.0);
  EXPECT_LT(frame_of(forest(20)).plot.x, 60.0);
}

TEST(Svg, MarksOfOneCategoryStandApart) {
  const std::string picture = drawn(forest(5));
  const std::regex circle(R"re(class="mark c0 faint" d="M([0-9.]+) ([0-9.]+)a)re");
  std::vector<std::pair<double, double>> places;
  for (std::sregex_iterator it(picture.begin(), picture.end(), circle), end; it != end; ++it) {
    places.emplace_back(std::stod((*it)[1]), std::stod((*it)[2]));
  }
  ASSERT_EQ(places.size(), 15U);
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_GT(std::hypot(places[i].first - places[j].first, places[i].second - places[j].second),
                7.5);
    }
  }
}

TEST(Svg, OneMarkIsEnough) {
  Figure f = scatter(1);
  f.lines.clear();
  f.marks[0].x_range.reset();
  EXPECT_THAT(drawn(f), HasSubstr("<title>model_0"));
  EXPECT_THAT(drawn(f), Not(HasSubstr("nan")));
}

TEST(Svg, ValuesThatHardlyDifferAreToldApartByNoTick) {
  for (const Scale scale : {Scale::linear, Scale::logarithmic, Scale::powers_of_two}) {
    for (const double difference : {0.0, 1e-16, 1e-9, 1e-5, 1e-3}) {
      Figure f = scatter(2);
      f.lines.clear();
      f.x.scale = scale;
      for (Mark& m : f.marks) m.x_range.reset();
      f.marks[0].x = 0.04;
      f.marks[1].x = 0.04 * (1.0 + difference);
      EXPECT_THAT(drawn(f), Not(HasSubstr("nan")));
      const Ticks t = frame_of(f).x_ticks;
      std::set<std::string> texts;
      for (const Tick& tick : t.major) EXPECT_TRUE(texts.insert(tick.text).second) << tick.text;
      if (scale != Scale::powers_of_two) {
        EXPECT_GE(texts.size(), 2U) << difference;
      }
    }
  }
}

TEST(Svg, OfValuesWithoutAPlaceIsAnError) {
  Figure f = scatter(5);
  f.marks[0].x = 0.0;
  const auto out = svg(f);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::invalid_input);
}

TEST(MappingTest, PutsTheEndsWhereTheyBelong) {
  const Mapping log({"", "J", Scale::logarithmic}, {0.01, 1.0}, 50.0, 250.0);
  EXPECT_DOUBLE_EQ(log.at(0.01), 50.0);
  EXPECT_DOUBLE_EQ(log.at(0.1), 150.0);
  EXPECT_DOUBLE_EQ(log.at(1.0), 250.0);
  EXPECT_DOUBLE_EQ(Mapping({}, {0.0, 4.0}, 100.0, 0.0).at(1.0), 75.0);
}

TEST(Shape, DiffersBetweenGroupsOfOneColour) {
  for (std::size_t a = 0; a < kColours * kColours; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (colour_of(a) == colour_of(b)) {
        EXPECT_NE(shape(a, 9, 9, 4), shape(b, 9, 9, 4)) << a << b;
      }
    }
  }
}

TEST(Number, IsShort) {
  EXPECT_EQ(number(12.34), "12.3");
  EXPECT_EQ(number(12.0), "12");
  EXPECT_EQ(number(-0.04), "0");
}

}  // namespace
}  // namespace joulemark::figure
