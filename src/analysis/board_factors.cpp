#include "analysis/board_factors.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "analysis/common.hpp"
#include "analysis/intervals.hpp"
#include "analysis/select.hpp"
#include "base/statistics.hpp"

namespace joulemark::analysis {
namespace {

/// The same of runs that there are.
OnBoard on_board(const std::string& board, std::vector<const Row*> runs) {
  const auto n = static_cast<double>(runs.size());
  OnBoard on{board, std::move(runs)};
  for (const Row* run : on.runs) {
    const double deviation = rel_of(*run, kSharedBetweenSizes) / kDeviationsOf95;
    on.log_joules += std::log(*run->energy_j_per_image) / n;
    on.variance += deviation * deviation / (n * n);
  }
  return on;
}

/// The part with the most places; of places in the order of their names, the first among equals.
std::size_t largest_part(const TwoWay& fit) {
  std::vector<std::size_t> sizes(fit.parts);
  for (const TwoWay::Effect& effect : fit.at) ++sizes[effect.part];
  return static_cast<std::size_t>(std::ranges::max_element(sizes) - sizes.begin());
}

/// Rows that share the factors of their boards.
struct Kin {
  std::vector<const Row*> rows;  ///< that name theirs
  std::set<std::string_view> boards;
  std::map<std::string, BoardOffset> offsets;
};

/// None where there is one board, or nothing ties two.
std::map<std::string, BoardOffset> offsets_of(const Kin& kin) {
  if (kin.boards.size() < 2) return {};
  std::vector<const Row*> fit;
  std::ranges::copy_if(kin.rows, std::back_inserter(fit), [](const Row* r) { return !unfit(*r); });
  const auto factors = board_factors(shared_configurations(fit));
  return factors ? board_offsets(*factors) : std::map<std::string, BoardOffset>();
}

}  // namespace

ConfigurationKey configuration_key(const Row& row) {
  return {row.setup, row.architecture, row.input_size, row.batch.value_or(0), row.weights};
}

bool may_be_of_the_host(const Row& row) {
  constexpr int kSaysSo = 4;
  const bool is_silent = row.batch == 1 && method_number(row).value_or(kSaysSo) < kSaysSo;
  return is_silent || std::ranges::find(row.flags, "host_bound") != row.flags.end();
}

SharedConfigurations shared_configurations(std::span<const Row* const> rows) {
  std::map<ConfigurationKey, std::map<std::string, std::vector<const Row*>>> all;
  for (const Row* row : rows) {
    if (row->board.empty() || may_be_of_the_host(*row)) continue;
    all[configuration_key(*row)][row->board].push_back(row);
  }
  SharedConfigurations shared;
  for (auto& [key, boards] : all) {
    if (boards.size() < 2) continue;
    OnBoards& configuration = shared[key];
    for (auto& [board, runs] : boards) configuration.push_back(on_board(board, std::move(runs)));
    std::ranges::stable_sort(configuration, {}, &OnBoard::log_joules);
  }
  return shared;
}

std::vector<std::string> boards_of(const SharedConfigurations& configurations) {
  std::set<std::string> boards;
  for (const auto& [key, configuration] : configurations) {
    for (const OnBoard& on : configuration) boards.insert(on.board);
  }
  return {boards.begin(), boards.end()};
}

std::optional<BoardFactors> board_factors(const SharedConfigurations& configurations) {
  std::vector<std::string> boards = boards_of(configurations);
  std::vector<Sighting> seen;
  std::size_t of = 0;
  for (const auto& [key, configuration] : configurations) {
    for (const OnBoard& on : configuration) {
      const auto at = std::ranges::lower_bound(boards, on.board) - boards.begin();
      seen.push_back({of, static_cast<std::size_t>(at), on.log_joules});
    }
    ++of;
  }
  auto fit = fit_two_way(seen);
  if (!fit) return std::nullopt;
  return BoardFactors{std::move(boards), std::move(*fit)};
}

std::map<std::string, BoardOffset> board_offsets(const BoardFactors& factors) {
  const TwoWay& fit = factors.fit;
  const auto degrees = static_cast<double>(fit.degrees);
  const double t = student_t_95(degrees);
  const double rest = fit.squares / degrees;  // variance of what a factor leaves of a row
  const std::size_t largest = largest_part(fit);
  std::map<std::string, BoardOffset> offsets;
  for (std::size_t i = 0; i < fit.at.size(); ++i) {
    const TwoWay::Effect& effect = fit.at[i];
    if (effect.part != largest) continue;
    offsets[factors.boards[i]] = {effect.value,
                                  t * std::hypot(effect.standard_error, std::sqrt(rest / 2.0))};
  }
  return offsets;
}

std::string setup_in_any_precision(std::string_view setup) {
  // Those of which boards were seen to take as much more as in the others.
  constexpr std::string_view kPrecisions[] = {"-fp32-", "-tf32-", "-fp16-", "-bf16-"};
  for (const std::string_view precision : kPrecisions) {
    const auto at = setup.find(precision);
    if (at == std::string_view::npos) continue;
    return std::string(setup.substr(0, at)).append(setup.substr(at + precision.size() - 1));
  }
  return std::string(setup);
}

void place_boards(std::span<Row> rows, std::span<const Row> beside) {
  std::map<std::string, Kin> setups;  // by their name in any precision
  const auto add = [&](const Row& row) {
    if (row.board.empty()) return;
    Kin& kin = setups[setup_in_any_precision(row.setup)];
    kin.rows.push_back(&row);
    kin.boards.insert(row.board);
  };
  std::ranges::for_each(rows, add);
  std::ranges::for_each(beside, add);
  std::size_t mean = 0;
  for (auto& [name, kin] : setups) {
    kin.offsets = offsets_of(kin);
    for (auto& [board, offset] : kin.offsets) offset.mean = mean;
    ++mean;
  }
  for (Row& row : rows) {
    row.board_offset.reset();
    if (row.board.empty()) continue;
    const auto& offsets = setups.at(setup_in_any_precision(row.setup)).offsets;
    if (const auto found = offsets.find(row.board); found != offsets.end())
      row.board_offset = found->second;
  }
}

}  // namespace joulemark::analysis
