#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/folder.hpp"
#include "campaign/left.hpp"
#include "campaign/session.hpp"
#include "campaign/zoo.hpp"
#include "cli/options.hpp"
#include "store/store.hpp"

/// What several of campaign's commands need.
namespace joulemark::cli {

/// Errors: io.
Result<void> make_folder(const std::filesystem::path& path);

/// The exporter, which gives up when this command is told to end.
campaign::Zoo zoo_of(const CampaignOptions& o, const campaign::Folder& folder);

/// What a sitting of this campaign is measured with; on `device`, or where that is empty on the
/// plan's. Errors: invalid_input for a setting of the meter.
Result<campaign::SessionOptions> session_options(const CampaignRunOptions& o,
                                                 const campaign::Campaign& c,
                                                 const campaign::Folder& folder,
                                                 const std::string& device);

/// Errors: those of find_station, Session::open, read_rows and check_same_kind.
Result<std::unique_ptr<campaign::Session>> open_session(campaign::SessionOptions options,
                                                        const campaign::Campaign& c,
                                                        const campaign::Folder& folder,
                                                        Clock& clock);

/// Adds the rows that the store lacks of the campaign. Returns how many these were.
Result<std::size_t> collect_rows(const campaign::Campaign& c, store::Store& store,
                                 std::vector<store::Record> found);

/// What a process that measures a part of a campaign is told: all that differs from the defaults.
std::vector<std::string> passed_on(const CampaignRunOptions& o);

/// The file of this program. Errors: io.
Result<std::filesystem::path> this_program();

}  // namespace joulemark::cli
