#pragma once

#include <span>
#include <string>

#include "store/record.hpp"

namespace joulemark::report {

/// One self-contained HTML page (no scripts, nothing loaded from elsewhere): a ranked table with
/// intervals, a picture of energy per image against published top-1, failures, and how to read it.
std::string html(std::span<const store::Record> records, const std::string& title);

}  // namespace joulemark::report
