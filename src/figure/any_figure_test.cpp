#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string_view>

#include "figure/svg.hpp"

/// Whatever figure passes check() is drawn as well-formed XML, with numbers only.
namespace joulemark::figure {
namespace {

constexpr std::array<std::string_view, 5> kEntities = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
constexpr std::array<std::string_view, 6> kPlaces = {
    " d=", " x=", " y=", " viewBox=", " width=", " height="};

// By hand and not by std::regex, whose matching recurses once for each character: a path of a few
// thousand marks overflows the stack.

/// Text without markup: every & begins one of the five entities.
bool is_text(std::string_view text) {
  for (std::size_t at = text.find_first_of("<>&"); at != std::string_view::npos;
       at = text.find_first_of("<>&", at + 1)) {
    const std::string_view rest = text.substr(at);
    const auto begins = [&](std::string_view entity) { return rest.starts_with(entity); };
    if (!std::ranges::any_of(kEntities, begins)) return false;
  }
  return true;
}

/// The texts between quotes of a tag, each with what stands before it: ` d=`.
std::vector<std::pair<std::string_view, std::string_view>> attributes(std::string_view tag) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  while (true) {
    const auto open = tag.find('"');
    if (open == std::string_view::npos) return found;
    const auto close = tag.find('"', open + 1);
    if (close == std::string_view::npos) return {{tag, "<"}};  // which no attribute may have
    found.emplace_back(tag.substr(0, open), tag.substr(open + 1, close - open - 1));
    tag.remove_prefix(close + 1);
  }
}

std::string_view name_of(std::string_view tag) {
  return tag.substr(0, tag.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
}

/// What is wrong with it as XML of elements, attributes and text; empty for nothing.
std::string malformed(std::string_view xml) {
  std::vector<std::string_view> open;
  while (true) {
    const auto begin = xml.find('<');
    const std::string_view between = xml.substr(0, begin);
    if (!is_text(between)) return fmt::format("text: {}", between);
    if (begin == std::string_view::npos) break;
    const auto end = xml.find('>', begin);
    if (end == std::string_view::npos) return "a tag that does not end";
    std::string_view tag = xml.substr(begin + 1, end - begin - 1);
    xml.remove_prefix(end + 1);
    for (const auto& [before, value] : attributes(tag)) {
      if (!before.ends_with('=') || !is_text(value)) return fmt::format("attribute: {}", tag);
    }
    if (tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(name_of(tag));
      if (open.back().empty()) return fmt::format("no name: {}", tag);
    } else if (open.empty() || open.back() != tag.substr(1)) {
      return fmt::format("closes what is not open: {}", tag);
    } else {
      open.pop_back();
    }
    if (open.empty()) return xml == "\n" ? "" : "after the end";
  }
  return open.empty() ? "nothing" : fmt::format("not closed: {}", open.back());
}

/// Numbers of paths and places: what is not finite is printed in letters, but for those of paths.
bool has_numbers_only(std::string_view xml) {
  for (const auto& [before, value] : attributes(xml)) {
    const auto is_place = [&](std::string_view name) { return before.ends_with(name); };
    if (!std::ranges::any_of(kPlaces, is_place)) continue;
    if (value.find_first_not_of("-0123456789. MLHVahvlmz") != std::string_view::npos) return false;
  }
  return true;
}

TEST(Malformed, IsSaidToBe) {
  EXPECT_EQ(malformed("<svg a=\"1 &amp; 2\"><g/><text>a &lt; b</text></svg>\n"), "");
  for (const char* wrong :
       {"", "\n", "<svg>", "<svg></svg>", "<svg></g>\n", "<svg><g></svg>\n", "<svg>a & b</svg>\n",
        "<svg a=\"a & b\"></svg>\n", "<svg a=\"1></svg>\n", "<svg a\"1\"></svg>\n", "<svg",
        "< ></svg>\n", "<svg></svg>\n<g/>", "<svg>></svg>\n"}) {
    EXPECT_NE(malformed(wrong), "") << wrong;
  }
  EXPECT_TRUE(has_numbers_only("<path d=\"M1 2h-3.5z\" x=\"4\" class=\"nan\"/>"));
  EXPECT_FALSE(has_numbers_only("<path d=\"M1 nan\"/>"));
  EXPECT_FALSE(has_numbers_only("<svg viewBox=\"0 0 inf 1\">"));
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
