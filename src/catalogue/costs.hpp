#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "catalogue/upstream.hpp"

namespace joulemark::catalogue {

/// Which of several tables is believed about the cost of an architecture at a size, and what the
/// others say.
struct ChosenCost {
  std::optional<Cost> cost;    ///< absent: no table has counted it
  bool other_network = false;  ///< only networks with another number of parameters were counted
  std::vector<std::string> disagreements;  ///< one for each quantity, in words
};

/// Pure. The network whose accuracy is published is the one with `parameters_m`; some tables count
/// one whose branches were fused for inference, or with the head of other weights. Of the tables
/// that count the former, or of all where none does, those of the newest PyTorch are taken; among
/// them the value that most of them have.
ChosenCost choose_cost(const std::string& architecture, std::int64_t size, double parameters_m,
                       const std::vector<Counted>& rows);

/// Pure. On each of the benchmarks the speed that the newest PyTorch had; absent where none of them
/// has run the architecture at this size. Which network was run does not matter here: a speed is
/// what a prediction of energy learns from, and learns what it is worth.
std::optional<Speed> choose_speed(const std::string& architecture, std::int64_t size,
                                  const std::vector<Counted>& rows);

}  // namespace joulemark::catalogue
