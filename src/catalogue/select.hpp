#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/catalogue.hpp"

namespace joulemark::catalogue {

/// Which architectures; what is absent or empty does not limit. A limit on what is not known of an
/// architecture (its family, kind or year) leaves it out.
struct Query {
  std::string architecture{};  ///< glob
  std::string family{};        ///< glob
  std::optional<Kind> kind{};
  std::optional<double> min_top1{}, max_top1{};  ///< percent on ImageNet, of the best evaluation
  std::optional<double> max_parameters_m{};      ///< millions
  std::optional<std::int64_t> max_input_size{};  ///< pixels: evaluations at more do not count
  std::optional<int> from_year{}, to_year{};     ///< of the architecture's paper, both included
};

struct Selected {
  const Architecture* architecture;
  const Evaluation* best;  ///< of all its weights and sizes that count, the one of highest top-1
};

/// Pure, in the order of names. The pointers are into `catalogue`.
std::vector<Selected> select(const Catalogue& catalogue, const Query& query);

}  // namespace joulemark::catalogue
