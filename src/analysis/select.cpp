#include "analysis/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::array kFlagUses = {
    FlagUse{"throttled", true, ""},
    FlagUse{"power_capped", false, "held at the power limit"},
    FlagUse{"meters_disagree", true, ""},
    FlagUse{"not_steady", true, ""},
    FlagUse{"drifted", false, "drifting by more than 1 % while measured"},
    FlagUse{"short_window", false, "with few windows, so that intervals may be too narrow"},
    FlagUse{"estimated", false, "estimated by a power model, not measured"},
    FlagUse{"shared_device", true, ""},
    FlagUse{"search_cut", true, ""},
    FlagUse{"weights_random", false, "with random weights, whose energy may be 3.5 % off"},
    FlagUse{"clock_dropped", true, ""},
    FlagUse{"clock_low", true, ""},
    FlagUse{"power_limit_changed", true, ""},
    FlagUse{"temperature_changed", true, ""},
    FlagUse{"busy_host", true, ""},
    FlagUse{"host_bound", false, "that waited for the host, whose speed then decides about energy"},
    FlagUse{"mig_slice", true, ""},
    FlagUse{"persistence_off", false, "without persistence mode, which touches net energy only"},
    FlagUse{"idle_shared", false,
            "whose idle power is one beside others, which touches net energy only"},
    FlagUse{"samples_missing", true, ""},
    FlagUse{"wall_clock_set", false, "in which the wall clock was set, which touches no joule"},
};

struct UnfitWords {
  Unfit unfit;
  const char* reason;
  const char* meaning;
};
constexpr std::array kUnfitWords = {
    UnfitWords{Unfit::failed, "failed", "not measured, or not stable"},
    UnfitWords{Unfit::no_energy, "no_energy", "no energy is known"},
    UnfitWords{Unfit::bad_energy, "bad_energy", "the energy is not a number above 0"},
    UnfitWords{Unfit::no_interval, "no_interval", "no interval is known, or no sound one"},
    UnfitWords{Unfit::weights_default, "weights_default",
               "weights as timm initialises them, with which some branches are silent"},
    UnfitWords{Unfit::disturbed, "disturbed", "a flag says that the measurement was disturbed"},
    UnfitWords{Unfit::unknown_flag, "unknown_flag", "a flag of a newer version"},
};

const UnfitWords& words_of(Unfit unfit) {
  return *std::ranges::find(kUnfitWords, unfit, &UnfitWords::unfit);
}

const FlagUse* use_of(std::string_view flag) {
  const auto* found = std::ranges::find(kFlagUses, flag, &FlagUse::flag);
  return found == kFlagUses.end() ? nullptr : found;
}

/// Which rows are of one configuration. Where all policies are asked for, it is the batch that
/// tells.
using Configuration = std::tuple<std::string_view, std::string_view, std::int64_t>;
Configuration configuration(const Row& row, bool all_policies) {
  const bool by_batch = all_policies || row.policy == "fixed";
  return {row.architecture, row.input_size, by_batch ? row.batch.value_or(0) : 0};
}

void add(std::vector<LeftOut>& left_out, const std::string& reason, const std::string& meaning,
         const std::string& which) {
  auto found = std::ranges::find(left_out, reason, &LeftOut::reason);
  if (found == left_out.end()) found = left_out.insert(found, {reason, meaning, {}});
  found->which.push_back(which);
}

/// TorchScript on a GPU before method 6 had models that compute sizes wait.
bool made_to_wait(const Row& row) {
  const auto method = method_number(row);
  return method && *method < 6 && row.format == "torchscript" && row.meter == "nvml";
}

std::string methods_remark(std::span<const Row* const> rows) {
  std::map<std::string, std::size_t> methods;
  for (const Row* row : rows) ++methods[row->method];
  if (methods.size() < 2) return "";
  std::vector<std::string> words;
  for (const auto& [method, number] : methods) {
    words.push_back(fmt::format("{} ({})", method, number));
  }
  const bool waited = std::ranges::any_of(rows, [](const Row* row) { return made_to_wait(*row); });
  return fmt::format(
      "Rows of methods {} side by side, which differ in intervals and in the search for the best "
      "batch{}.",
      join_words(words),
      waited ? "; before 6, TorchScript had models that compute sizes wait on a GPU, which cost up "
               "to 14 % of throughput"
             : "");
}

std::string boards_remark(std::span<const Row* const> rows) {
  std::set<std::string> boards;
  for (const Row* row : rows) boards.insert(row->board);
  boards.erase("");
  if (boards.size() < 2) return "";
  return fmt::format(
      "Rows of {} boards. Two of one name may differ by some per cent: what is known of the two is "
      "in the intervals of comparisons between them (`joulemark analyse boards`), else {:g} %.",
      boards.size(), 100.0 * kBetweenBoards);
}

}  // namespace

Error no_rows() {
  return {ErrorKind::not_found, "there are no rows to analyse",
          "`joulemark list` shows what was measured"};
}

std::span<const FlagUse> flag_uses() { return kFlagUses; }

std::vector<std::string> disturbances() {
  std::vector<std::string> flags;
  for (const FlagUse& use : kFlagUses) {
    if (use.is_disturbed) flags.emplace_back(use.flag);
  }
  return flags;
}

std::vector<std::string> disturbances_among(std::span<const std::string> flags) {
  std::vector<std::string> found;
  std::ranges::copy_if(flags, std::back_inserter(found), [](const std::string& flag) {
    const FlagUse* use = use_of(flag);
    return use != nullptr && use->is_disturbed;
  });
  return found;
}

std::optional<Unfit> unfit(const Row& row) {
  const auto is_positive = [](double v) { return std::isfinite(v) && v > 0.0; };
  if (row.status != "ok") return Unfit::failed;
  if (!row.energy_j_per_image) return Unfit::no_energy;
  if (!is_positive(*row.energy_j_per_image)) return Unfit::bad_energy;
  const auto rel = own_rel(row, {});
  if (!rel || !std::isfinite(*rel) || *row.ci95_rel < 0.0) return Unfit::no_interval;
  if (row.weights.starts_with("default:")) return Unfit::weights_default;
  for (const std::string& flag : row.flags) {
    const FlagUse* use = use_of(flag);
    if (use == nullptr) return Unfit::unknown_flag;
    if (use->is_disturbed) return Unfit::disturbed;
  }
  return std::nullopt;
}

std::string why_unfit(const Row& row) {
  const auto why = unfit(row);
  if (!why) return "";
  std::string meaning = words_of(*why).meaning;
  if (why != Unfit::disturbed) return meaning;
  return fmt::format("{}: {}", meaning, join_words(disturbances_among(row.flags)));
}

Chosen fit_rows(std::span<const Row> rows, std::string_view setup, std::string_view policy) {
  Chosen chosen;
  for (const Row& row : rows) {
    if (row.setup != setup || (!policy.empty() && row.policy != policy)) continue;
    const auto why = unfit(row);
    if (!why) {
      chosen.rows.push_back(&row);
      continue;
    }
    add(chosen.left_out, words_of(*why).reason, words_of(*why).meaning, row.run);
  }
  return chosen;
}

Chosen choose(std::span<const Row> rows, std::string_view setup, std::string_view policy) {
  Chosen chosen = fit_rows(rows, setup, policy);
  std::map<Configuration, const Row*> newest;
  for (const Row* row : chosen.rows) {
    const Row*& best = newest[configuration(*row, policy.empty())];
    const Row* older = best;
    if (best == nullptr || age(*best) <= age(*row)) {
      best = row;
    } else {
      older = row;
    }
    if (older == nullptr) continue;
    add(chosen.left_out, "measured_again", "there is a newer row of the same configuration",
        older->run);
  }
  chosen.rows.clear();
  for (const auto& [key, row] : newest) chosen.rows.push_back(row);
  return chosen;
}

Result<SetupChoice> choose_setup(
    std::span<const Row> rows, const std::function<std::size_t(const std::string& setup)>& worth) {
  std::set<std::string> names;
  for (const Row& row : rows) names.insert(row.setup);
  if (names.empty()) return tl::unexpected(no_rows());
  std::vector<std::string> setups(names.begin(), names.end());
  std::vector<std::size_t> worths;
  std::ranges::transform(setups, std::back_inserter(worths), worth);
  const auto best = std::ranges::max_element(worths) - worths.begin();
  std::string setup = std::move(setups[static_cast<std::size_t>(best)]);
  setups.erase(setups.begin() + best);
  return SetupChoice{std::move(setup), std::move(setups)};
}

std::size_t models_of(std::span<const Row> rows, std::string_view setup, std::string_view policy) {
  std::set<Configuration> models;
  for (const Row& row : rows) {
    if (row.setup != setup || (!policy.empty() && row.policy != policy) || unfit(row)) continue;
    models.insert(configuration(row, policy.empty()));
  }
  return models.size();
}

Result<SetupChoice> most_measured(std::span<const Row> rows, const std::string& policy) {
  return choose_setup(rows,
                      [&](const std::string& setup) { return models_of(rows, setup, policy); });
}

MostMeasured::MostMeasured(const std::map<std::string, std::size_t>& rows_by_setup) {
  for (const auto& [setup, rows] : rows_by_setup) setups_.push_back({setup, rows});
  std::ranges::stable_sort(setups_, std::ranges::greater{}, &OfSetup::at_most);
}

bool MostMeasured::can_be_best(const OfSetup& setup, std::size_t models) const {
  if (!best_ || models > models_) return true;
  return models == models_ && setup.setup < setups_[*best_].setup;
}

std::optional<std::string> MostMeasured::next() {
  const auto is_worth_it = [&](const OfSetup& s) { return can_be_best(s, s.at_most); };
  while (at_ < setups_.size() && !is_worth_it(setups_[at_])) ++at_;
  return at_ < setups_.size() ? std::optional(setups_[at_].setup) : std::nullopt;
}

bool MostMeasured::counted(std::size_t models) {
  const std::size_t counted = at_++;
  if (!can_be_best(setups_[counted], models)) return false;
  best_ = counted;
  models_ = models;
  return true;
}

Result<SetupChoice> MostMeasured::most() const {
  if (!best_) return tl::unexpected(no_rows());
  SetupChoice choice{setups_[*best_].setup, {}};
  for (std::size_t i = 0; i < setups_.size(); ++i) {
    if (i != *best_) choice.others.push_back(setups_[i].setup);
  }
  std::ranges::sort(choice.others);
  return choice;
}

void leave_out(Chosen& chosen, const std::string& reason, const std::string& meaning,
               const std::function<bool(const Row&)>& lacks) {
  std::erase_if(chosen.rows, [&](const Row* row) {
    if (!lacks(*row)) return false;
    add(chosen.left_out, reason, meaning, subject(*row));
    return true;
  });
}

Result<void> check_accuracies(std::span<const Row> rows) {
  for (const Row& row : rows) {
    if (!row.top1 || is_percentage(*row.top1)) continue;
    return fail(ErrorKind::invalid_input,
                fmt::format("{} has a top-1 of {} %", row.best_model, *row.top1),
                "Accuracies are percentages between 1 and 100, not shares");
  }
  return {};
}

std::vector<std::string> remarks(std::span<const Row* const> rows) {
  std::vector<std::string> words;
  const auto add = [&](std::string_view meaning, auto&& holds) {
    const auto number = std::ranges::count_if(rows, holds);
    if (number > 0) words.push_back(fmt::format("{} {}", number, meaning));
  };
  for (const FlagUse& use : kFlagUses) {
    add(use.meaning, [&](const Row* row) {
      return std::ranges::find(row->flags, use.flag) != row->flags.end();
    });
  }
  add("of a simulated meter", [](const Row* row) { return row->origin == "simulated"; });
  std::vector<std::string> out;
  if (!words.empty()) {
    out.push_back(fmt::format("Of {} rows: {}.", rows.size(), fmt::join(words, "; ")));
  }
  for (const std::string& remark : {methods_remark(rows), boards_remark(rows)}) {
    if (!remark.empty()) out.push_back(remark);
  }
  return out;
}

}  // namespace joulemark::analysis
