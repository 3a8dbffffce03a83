#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text in a picture.
namespace joulemark::figure {

/// For text and attributes in HTML and SVG. What XML may not hold (control characters) becomes a
/// space, what is no UTF-8 a question mark.
std::string escape(std::string_view text);

/// How wide a text is, in units of its font's size: about that of DejaVu Sans, the widest of the
/// fonts that a system may have, so that text does not run into something when the font is another.
double width_of(std::string_view text);

/// Lines of at most this width (in units of the font's size), broken at spaces, and within a word
/// that is wider, behind one of its hyphens or underscores where it has some.
std::vector<std::string> wrap(std::string_view text, double width);

}  // namespace joulemark::figure
