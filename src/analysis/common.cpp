#include "analysis/common.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace joulemark::analysis {
namespace {

/// Of a long list, a sentence names so many from either end.
constexpr std::size_t kEachEnd = 3;

Begun begun_of(const SetupChoice& choice, Chosen chosen, const std::string& policy) {
  Begun begun{std::move(chosen), {}};
  begun.outcome.setup = choice.setup;
  begun.outcome.policy = policy;
  if (const std::string words = others_in_words(choice.others); !words.empty()) {
    begun.outcome.caveats.push_back(words);
  }
  return begun;
}

}  // namespace

Result<Begun> begin(const Input& input) {
  return begin(input, input.policy,
               [](const std::vector<const Row*>& rows) { return rows.size(); });
}

Result<Begun> begin(const Input& input, const std::string& policy, const Worth& worth) {
  std::map<std::string, Chosen> chosen;
  const auto choice = choose_setup(input.rows, [&](const std::string& setup) {
    return worth((chosen[setup] = choose(input.rows, setup, policy)).rows);
  });
  if (!choice) return tl::unexpected(choice.error());
  return begun_of(*choice, std::move(chosen.at(choice->setup)), policy);
}

Result<Begun> begin_with_every_run(const Input& input, const WorthOfSetup& worth) {
  const auto choice = choose_setup(input.rows, worth);
  if (!choice) return tl::unexpected(choice.error());
  return begun_of(*choice, fit_rows(input.rows, choice->setup, ""), "");
}

Result<Begun> begin_with_accuracy(const Input& input) {
  if (const auto sound = check_accuracies(input.rows); !sound) {
    return tl::unexpected(sound.error());
  }
  auto begun = begin(input);
  if (!begun) return begun;
  leave_out(begun->chosen, "no_accuracy", "no accuracy is published for this input size",
            [](const Row& row) { return !row.top1; });
  return begun;
}

std::map<std::string, Chosen> by_setup(const Input& input, Take take) {
  std::map<std::string, Chosen> setups;
  for (const Row& row : input.rows) {
    if (setups.contains(row.setup)) continue;
    setups.emplace(row.setup, take(input.rows, row.setup, input.policy));
  }
  return setups;
}

void settle(Begun& begun) {
  begun.outcome.n = begun.chosen.rows.size();
  begun.outcome.left_out = begun.chosen.left_out;
  for (std::string& remark : remarks(begun.chosen.rows)) {
    begun.outcome.caveats.push_back(std::move(remark));
  }
}

Outcome too_few(Begun& begun, const std::string& sentence) {
  settle(begun);
  return too_few(begun.outcome, sentence);
}

Outcome too_few(Outcome& outcome, const std::string& sentence) {
  outcome.too_few = true;
  outcome.values.clear();
  outcome.rows.clear();
  outcome.figures.clear();
  outcome.sentences = {"Too few to say: " + sentence};
  return std::move(outcome);
}

const Value* find_value(const Outcome& outcome, std::string_view name, std::string_view about) {
  const auto found = std::ranges::find_if(
      outcome.values, [&](const Value& v) { return v.name == name && v.about == about; });
  return found == outcome.values.end() ? nullptr : &*found;
}

void merge(std::vector<LeftOut>& left_out) {
  std::vector<LeftOut> merged;
  for (LeftOut& l : left_out) {
    const auto same = std::ranges::find(merged, l.reason, &LeftOut::reason);
    if (same == merged.end()) {
      merged.push_back(std::move(l));
    } else {
      same->which.insert(same->which.end(), l.which.begin(), l.which.end());
    }
  }
  left_out = std::move(merged);
}

std::string left_out_in_words(const std::vector<LeftOut>& left_out) {
  std::vector<std::string> words;
  for (const LeftOut& l : left_out) {
    words.push_back(fmt::format("{} ({})", l.which.size(), l.meaning));
  }
  return fmt::format("Left out: {}.", fmt::join(words, "; "));
}

std::string others_in_words(const std::vector<std::string>& others) {
  constexpr std::size_t kNamed = 3;
  if (others.empty()) return "";
  std::vector<std::string> words = others;
  if (others.size() > kNamed + 1) {
    words.resize(kNamed);
    words.push_back(fmt::format("{} more", others.size() - kNamed));
  }
  return fmt::format("Not used, because setups are not mixed: {}.", join_words(words));
}

double rel_of(const Row& row, Shared shared) { return own_rel(row, shared).value_or(0.0); }

std::map<std::string, std::vector<const Row*>> grouped(
    const std::vector<const Row*>& rows, const std::function<std::string(const Row&)>& key) {
  std::map<std::string, std::vector<const Row*>> groups;
  for (const Row* row : rows) groups[key(*row)].push_back(row);
  return groups;
}

Value value_of(const std::string& name, const std::string& about, const std::string& unit,
               const Median& median, std::size_t n) {
  return {name, about, unit, median.value, median.ci95, median.ci95 ? "" : kFewerThanSix, n};
}

std::string with_interval(double value, const std::optional<Interval>& ci95,
                          std::string_view no_interval) {
  if (!ci95) return fmt::format("{} ({})", digits(value), no_interval);
  return fmt::format("{} (95 %: {} to {})", digits(value), digits(ci95->low), digits(ci95->high));
}

std::string percent(double share) { return digits(share * 100.0) + " %"; }

std::string times(double ratio, const Interval& ci95) {
  return fmt::format("{} times (95 %: {} to {})", digits(ratio), digits(ci95.low),
                     digits(ci95.high));
}

std::string percent(double share, const Interval& ci95) {
  return fmt::format("{} (95 %: {} to {})", percent(share), percent(ci95.low), percent(ci95.high));
}

std::string count(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string ends_in_words(std::vector<std::string> sorted) {
  if (sorted.size() <= 2 * kEachEnd) return join_words(sorted);
  const std::string between = fmt::format("{} others between", sorted.size() - 2 * kEachEnd);
  const auto end = static_cast<std::ptrdiff_t>(kEachEnd);
  sorted.erase(sorted.begin() + end, sorted.end() - end);
  sorted.insert(sorted.begin() + end, between);
  return join_words(sorted);
}

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
Cell cell(const std::optional<std::int64_t>& value) { return value ? Cell(*value) : Cell(); }

}  // namespace joulemark::analysis
