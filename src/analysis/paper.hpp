#pragma once

#include <array>

/// What Yang, Adamek and Armour state (arXiv 2412.09731), of about 1,200 models on an A100 with
/// TensorRT.
namespace joulemark::analysis::paper {

/// Pearson's coefficient of energy with something that is counted.
struct Pearson {
  const char* name;  ///< as in values of `drivers`
  const char* words;
  double value;
};
inline constexpr Pearson kParameters = {"parameters", "parameters", 0.6572};
inline constexpr Pearson kGmacs = {"gmacs", "GMACs", 0.8683};
inline constexpr Pearson kActivations = {"activations", "activations", 0.8999};
inline constexpr std::array kPearson = {kParameters, kGmacs, kActivations};

}  // namespace joulemark::analysis::paper
