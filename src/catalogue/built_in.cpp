#include "catalogue/built_in.hpp"

#include <stdexcept>

namespace joulemark::catalogue {

const TextViews& built_in_texts() {
  static const TextViews kTexts = [] {
    TextViews texts;
    for (const BuiltInFile& file : kBuiltInFiles) texts.emplace(file.name, file.text);
    return texts;
  }();
  return kTexts;
}

const Catalogue& built_in() {
  static const Catalogue kCatalogue = [] {
    auto read = from_texts(built_in_texts());
    // A test reads it, so it is sound in every program that was tested.
    if (!read) throw std::logic_error("the built-in catalogue: " + read.error().message());
    return std::move(*read);
  }();
  return kCatalogue;
}

}  // namespace joulemark::catalogue
