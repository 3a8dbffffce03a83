#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "campaign/folder.hpp"
#include "campaign/plan.hpp"
#include "campaign/slurm/job.hpp"

/// What a scheduler says of a campaign's jobs, as `joulemark campaign status` shows it.
namespace joulemark::cli {

/// Asks Slurm where a job was submitted from this folder, and nothing else: where none was, no
/// program is called, and there is no report. What cannot be asked is said in it.
std::optional<campaign::slurm::Report> ask_cluster(const campaign::Campaign& campaign,
                                                   const campaign::Folder& folder);

/// In lines.
std::string to_text(const campaign::slurm::Report& report);
/// Adds it as "slurm".
void add_cluster(nlohmann::ordered_json& to, const campaign::slurm::Report& report);

/// A path as a job on another machine needs it: absolute, but with its links as they are, which may
/// lead elsewhere there.
std::filesystem::path absolute_path(const std::filesystem::path& path);

}  // namespace joulemark::cli
