#pragma once

#include <string>
#include <vector>

#include "figure/figure.hpp"
#include "figure/labels.hpp"
#include "figure/ticks.hpp"

/// Where everything but the data goes: worked out before anything is drawn, without overlap.
namespace joulemark::figure {

/// From values to user units.
class Mapping {
 public:
  Mapping() = default;
  /// `from` and `to` are where the ends of `shown` are drawn.
  Mapping(const Axis& axis, const Range& shown, double from, double to);
  double at(double value) const;

 private:
  double place(double value) const;
  Scale scale_ = Scale::linear;
  double start_ = 0.0, span_ = 1.0;
  double from_ = 0.0, to_ = 1.0;
};

/// Sizes of text, in user units: one is one pixel where the picture is 560 pixels wide.
inline constexpr double kTitleSize = 17.0;
inline constexpr double kTextSize = 13.0;
inline constexpr double kSmallSize = 12.0;  ///< of names beside marks, and of notes

struct Text {
  double x = 0.0, y = 0.0;  ///< y of its base line
  std::string text;
  const char* role = "";  ///< class of the style sheet
  const char* anchor = "start";
};

/// One thing of the key: a sample, and what it means.
struct KeyEntry {
  enum class Sample { group, line, band, hollow, faint, strong };
  Sample sample = Sample::group;
  std::size_t index = 0;    ///< of the group, line or band
  double x = 0.0, y = 0.0;  ///< the middle of the sample
  std::string text;
};
inline constexpr double kSampleWidth = 20.0;

struct Frame {
  double width = 0.0, height = 0.0;
  Box plot;  ///< what the axes enclose
  Mapping x, y;
  Ticks x_ticks, y_ticks;
  double row = 0.0;         ///< height that marks of one category may take
  bool is_crowded = false;  ///< several marks of one category
  std::vector<KeyEntry> key;
  std::vector<Text> texts;
};

/// Of a figure that has passed check().
Frame frame_of(const Figure& figure);

}  // namespace joulemark::figure
