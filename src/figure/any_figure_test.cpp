#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <regex>

#include "figure/svg.hpp"

/// Whatever figure passes check() is drawn as well-formed XML, with numbers only.
namespace joulemark::figure {
namespace {

/// What is wrong with it as XML of elements, attributes and text; empty for nothing.
std::string malformed(const std::string& xml) {
  static const std::regex kTag(R"re(<(/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*")*)(/?)>)re");
  static const std::regex kText("([^<>&]|&(amp|lt|gt|quot|#39);)*");
  std::vector<std::string> open;
  auto at = xml.begin();
  for (std::sregex_iterator it(xml.begin(), xml.end(), kTag), end; it != end; ++it) {
    const std::smatch& tag = *it;
    const std::string between(at, tag[0].first);
    if (!std::regex_match(between, kText)) return "text: " + between;
    at = tag[0].second;
    if (tag[4].length() > 0) continue;
    if (tag[1].length() == 0) {
      open.push_back(tag[2]);
    } else if (open.empty() || open.back() != tag[2]) {
      return "closes what is not open: " + tag[0].str();
    } else {
      open.pop_back();
    }
  }
  if (!open.empty()) return "not closed: " + open.back();
  return std::string(at, xml.end()) == "\n" ? "" : "after the end";
}

/// Numbers of paths and places: what is not finite is printed in letters, but for those of paths.
bool has_numbers_only(const std::string& xml) {
  static const std::regex kPlace(R"re( (?:d|x|y|viewBox|width|height)="([^"]*)")re");
  static const std::regex kNumbers("[-0-9. MLHVahvlmz]*");
  for (std::sregex_iterator it(xml.begin(), xml.end(), kPlace), end; it != end; ++it) {
    if (!std::regex_match((*it)[1].str(), kNumbers)) return false;
  }
  return true;
}

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool once_in(int n) { return below(n) == 0; }
  /// Of any size, mostly ordinary; above 0 where it has to be.
  double value(const Axis& axis) {
    if (!axis.categories.empty()) return below(static_cast<int>(axis.categories.size()));
    const double size = std::pow(10.0, below(once_in(5) ? 60 : 4) - (once_in(5) ? 30 : 2));
    const double v = size * (1 + below(1000)) / 1000.0;
    return axis.scale == Scale::linear && once_in(3) ? -v : once_in(20) ? size : v;
  }
  std::string text() {
    static const std::vector<std::string> kParts = {
        "vit_so150m2", "<b>",  "&",    "\"", "'",   " ", "\x01",
        "\xff",        "模型", "-",    "µ",  "]]>", "",  "a very long sentence that goes on and on",
        "\n",          "--",   "<!--", "%",  "{}"};
    std::string out;
    for (int i = below(6); i >= 0; --i) {
      out += kParts[static_cast<std::size_t>(below(static_cast<int>(kParts.size())))];
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

Range range_around(Chance& chance, const Axis& axis, double value) {
  const double half = 0.5 * chance.below(3) * std::abs(value);
  const double low = axis.scale == Scale::linear ? value - half : value * 0.9;
  return {low, value + half};
}

Figure any_figure(unsigned seed) {
  Chance chance(seed);
  constexpr Scale kScales[] = {Scale::linear, Scale::logarithmic, Scale::powers_of_two};
  constexpr Weight kWeights[] = {Weight::faint, Weight::normal, Weight::strong};
  Figure f;
  f.title = chance.text();
  f.subtitle = chance.text();
  for (Axis* axis : {&f.x, &f.y}) {
    axis->label = chance.text();
    axis->unit = std::vector<std::string>{"J", "%", "1", "", "h"}[chance.below(5)];
    axis->scale = kScales[chance.below(3)];
    axis->reversed = chance.once_in(4);
  }
  for (int i = chance.once_in(3) ? chance.below(5) : 0; i > 0; --i) {
    f.y.categories.push_back(chance.text());
  }
  if (!f.y.categories.empty()) f.y.scale = Scale::linear;
  for (int i = chance.below(9); i > 0; --i) f.groups.push_back(chance.text());
  for (int i = chance.below(40); i >= 0; --i) {
    Mark m{chance.text(), chance.value(f.x), chance.value(f.y)};
    if (chance.once_in(2)) m.x_range = range_around(chance, f.x, m.x);
    if (f.y.categories.empty() && chance.once_in(2)) m.y_range = range_around(chance, f.y, m.y);
    if (!f.groups.empty()) m.group = chance.below(static_cast<int>(f.groups.size()));
    m.weight = kWeights[chance.below(3)];
    m.hollow = chance.once_in(3);
    m.named = chance.once_in(2);
    f.marks.push_back(m);
  }
  for (int i = chance.below(3); i > 0; --i) {
    Line line{chance.text(), {}};
    for (int k = chance.below(9); k > 0; --k) {
      line.places.push_back({chance.value(f.x), chance.value(f.y)});
    }
    line.steps = chance.once_in(2);
    line.weight = kWeights[chance.below(3)];
    f.lines.push_back(line);
  }
  if (chance.once_in(3)) f.references.push_back({true, chance.value(f.x), chance.text()});
  if (chance.once_in(3)) f.references.push_back({false, chance.value(f.y), chance.text()});
  if (f.y.categories.empty() && chance.once_in(3)) {
    const double y = chance.value(f.y);
    f.bands.push_back({chance.text(), {{chance.value(f.x), range_around(chance, f.y, y)}}});
  }
  f.hollow_means = chance.text();
  f.notes = {chance.text(), chance.text()};
  return f;
}

TEST(AnyFigure, IsDrawnAsWellFormedXml) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    const Figure f = any_figure(seed);
    const auto picture = svg(f);
    ASSERT_TRUE(picture) << seed << ": " << picture.error().message();
    EXPECT_EQ(malformed(*picture), "") << seed;
    EXPECT_TRUE(has_numbers_only(*picture)) << seed;
  }
}

/// The judge itself sees faults.
TEST(AnyFigure, IsJudged) {
  EXPECT_EQ(malformed("<a><b c=\"d\"/>text &amp; more</a>\n"), "");
  EXPECT_NE(malformed("<a><b></a>\n"), "");
  EXPECT_NE(malformed("<a>\n"), "");
  EXPECT_NE(malformed("<a>b & c</a>\n"), "");
  EXPECT_NE(malformed("<a>b > c</a>\n"), "");
  EXPECT_NE(malformed("<a b=\"c\"d\"/>\n"), "");
  EXPECT_FALSE(has_numbers_only("<a d=\"Mnan 3\"/>"));
  EXPECT_FALSE(has_numbers_only("<a x=\"inf\"/>"));
}

}  // namespace
}  // namespace joulemark::figure
