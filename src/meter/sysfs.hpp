#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace joulemark::meter {

/// Reading the small text files of sysfs and procfs. What is missing, unreadable or gone in between
/// reads as empty: these files come and go with the devices that they show.

/// First line of a file without its end; empty when there is none.
std::string first_line(const std::filesystem::path& path);
/// The number that a file begins with; absent when it begins with none.
std::optional<double> number_in(const std::filesystem::path& path);
/// The CPUs of a list such as "0-3,8,10-11", ascending, each once; none for anything else.
std::vector<int> parse_cpu_list(std::string_view text);
/// "0-3,8,10-11" of ascending numbers.
std::string cpu_list_text(const std::vector<int>& cpus);
/// What a folder holds, by name.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder);

}  // namespace joulemark::meter
