#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "campaign/folder.hpp"
#include "campaign/plan.hpp"

/// What a scheduler says of a campaign's jobs, as `joulemark campaign status` shows it.
namespace joulemark::cli {

struct ClusterView {
  std::string text;  ///< lines; empty where nothing was submitted
  std::string json;  ///< an object; empty likewise
};

/// Asks Slurm where a job was submitted from this folder, and nothing else: where none was, no
/// program is called. What cannot be asked is said in the view.
ClusterView view_of_cluster(const campaign::Campaign& campaign, const campaign::Folder& folder);

/// A path as a job on another machine needs it: absolute, but with its links as they are, which may
/// lead elsewhere there.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Adds the view as "slurm", where there is one.
void add_cluster(nlohmann::ordered_json& to, const ClusterView& view);

}  // namespace joulemark::cli
