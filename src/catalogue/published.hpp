#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// What others have published about the models that are measured here.
namespace joulemark::catalogue {

/// ImageNet-1k validation accuracy of one set of weights at one size of images.
struct Published {
  std::string tag;        ///< of the weights that were tested
  std::int64_t size = 0;  ///< height and width of the test images, pixels
  double top1 = 0.0;      ///< percent
  double top5 = 0.0;      ///< percent
  double parameters = 0.0;
  /// False: the tag asked for is not published (or none was asked for), this is the architecture's
  /// default one. Energy does not depend on which weights of an architecture are run, accuracy
  /// does.
  bool tag_as_asked = false;
};

/// Finds the accuracy of `architecture` at `size` x `size` pixels. `tag` may be empty. Absent when
/// nothing is published for this size: accuracy at another size is another figure.
std::optional<Published> published(std::string_view architecture, std::string_view tag,
                                   std::int64_t size);

/// Where the figures are from, one line for readers.
std::string source();

}  // namespace joulemark::catalogue
