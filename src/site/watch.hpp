#pragma once

#include <filesystem>
#include <string>

namespace joulemark::site {

/// Size and time of change of a database's files: the same text as long as nobody wrote to it. Of a
/// SQLite file also its log beside it (-wal), of a folder all files in it. Cheap: nothing is read.
std::string state_of(const std::filesystem::path& database);

}  // namespace joulemark::site
