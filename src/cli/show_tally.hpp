#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "campaign/folder.hpp"
#include "campaign/plan.hpp"
#include "campaign/slurm/job.hpp"
#include "store/record.hpp"

/// How far a campaign is, as its commands print it in the end.
namespace joulemark::cli {

/// "75 s", "12 min", "3.4 h".
std::string duration_text(double s);

/// Prints what these rows, which count, come to, and returns `code`, or that of not being able to
/// print. `jobs`: what a scheduler says of the campaign; nothing where nobody asked it.
int print_tally(const campaign::Campaign& campaign, const std::filesystem::path& folder,
                const std::vector<store::Record>& rows, bool json, int code,
                const std::optional<campaign::slurm::Report>& jobs = {});

/// The same of the rows that the folder has.
int report_tally(const campaign::Campaign& campaign, const campaign::Folder& folder, bool json,
                 int code, const std::optional<campaign::slurm::Report>& jobs = {});

}  // namespace joulemark::cli
