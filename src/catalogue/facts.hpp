#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"

namespace joulemark::catalogue {

/// What `python -m joulemark_zoo facts` wrote: what timm's package states of its models.
struct Facts {
  std::string timm;  ///< version of the package
  std::map<std::string, Family, std::less<>> families;
  std::map<std::string, Architecture, std::less<>> architectures;  ///< without parameters
  std::map<std::string, Weights, std::less<>> weights;             ///< by "architecture.tag"
  std::map<std::string, std::string, std::less<>> formerly;        ///< an old name -> the model
};

/// Errors: invalid_input, naming the entry that is not sound; newer_schema.
Result<Facts> facts_from_text(std::string_view text);

}  // namespace joulemark::catalogue
