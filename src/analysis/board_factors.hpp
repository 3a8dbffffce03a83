#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "analysis/row.hpp"
#include "analysis/two_way.hpp"

/// What boards of one name take beside each other, whatever runs on them.
namespace joulemark::analysis {

/// Runs of one configuration on one board.
struct OnBoard {
  std::string board;
  std::vector<const Row*> runs;
  double log_joules = 0.0;  ///< mean over the runs: a board that was measured often counts once
  double variance = 0.0;    ///< of that mean, by what the runs state of themselves
};

/// One configuration on two boards or more, from the one of least energy on. What chose the batch
/// does not make it another one.
using OnBoards = std::vector<OnBoard>;
/// By setup, architecture, input size, batch and weights.
using ConfigurationKey =
    std::tuple<std::string, std::string, std::string, std::int64_t, std::string>;
using SharedConfigurations = std::map<ConfigurationKey, OnBoards>;

ConfigurationKey configuration_key(const Row& row);
/// Whether the host may decide how much it takes, which is another with another board. Before
/// method 4 single images do not say whether they were held up.
bool may_be_of_the_host(const Row& row);
/// Of fit rows, those that name their board and are none of the host's.
SharedConfigurations shared_configurations(std::span<const Row* const> rows);

/// By name.
std::vector<std::string> boards_of(const SharedConfigurations& configurations);

/// One factor for each board.
struct BoardFactors {
  std::vector<std::string> boards;  ///< by name
  TwoWay fit;  ///< of logarithms of energies; sightings in the order of the configurations
};
/// Absent where nothing could be left: see fit_two_way.
std::optional<BoardFactors> board_factors(const SharedConfigurations& configurations);

/// Of the boards that are tied to each other, of the largest such group, the first by name among
/// equals. Factors of others are beside another mean.
std::map<std::string, BoardOffset> board_offsets(const BoardFactors& factors);

/// The name of a setup without its precision: "nvidia-h200-torch-torchscript-channels_last". What a
/// board takes more it takes in each (docs/method.md#one-board-and-others-of-its-name): setups that
/// are called the same so share the factors of their boards. Another name is itself.
std::string setup_in_any_precision(std::string_view setup);

/// Gives every row the offset of its board, where setups that share its factors say so. Of these
/// all rows are to be there, in `rows` or `beside` them: what is left out ties nothing.
void place_boards(std::span<Row> rows, std::span<const Row> beside = {});

}  // namespace joulemark::analysis
