#include "catalogue/published.hpp"

#include <fmt/format.h>

#include "catalogue/built_in.hpp"

namespace joulemark::catalogue {
namespace {

std::optional<Published> result_of(const Architecture& a, std::string_view tag, std::int64_t size) {
  const Evaluation* e = built_in().evaluation(a.name, tag, size);
  if (e == nullptr) return std::nullopt;
  return Published{e->tag, size, e->imagenet().top1, e->imagenet().top5, a.parameters_m * 1e6,
                   false};
}

}  // namespace

std::optional<Published> published(std::string_view architecture, std::string_view tag,
                                   std::int64_t size) {
  const Architecture* a = built_in().architecture(architecture);
  if (a == nullptr) return std::nullopt;
  if (auto exact = result_of(*a, tag, size)) {
    exact->tag_as_asked = true;
    return exact;
  }
  return result_of(*a, a->default_tag, size);
}

std::string source() {
  const Source& s = built_in().source;
  return fmt::format("{} ({}, results/results-imagenet.csv, {})", s.what, s.project, s.licence);
}

}  // namespace joulemark::catalogue
