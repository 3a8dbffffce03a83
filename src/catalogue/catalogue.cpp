#include "catalogue/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <tuple>

namespace joulemark::catalogue {
namespace {

struct KindName {
  Kind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {{Kind::cnn, "CNN"},
                               {Kind::transformer, "transformer"},
                               {Kind::hybrid, "hybrid"},
                               {Kind::mlp, "MLP"},
                               {Kind::other, "other"}};

constexpr std::array<TestSetName, kTestSets> kSets = {{
    {TestSet::imagenet, "imagenet", "ImageNet", 50000},
    {TestSet::real, "real", "ReaL", 46837},
    {TestSet::v2, "v2", "V2", 10000},
    {TestSet::sketch, "sketch", "Sketch", 50889},
    {TestSet::a, "a", "A", 7500},
    {TestSet::r, "r", "R", 30000},
    {TestSet::a_clean, "a_clean", "A clean", 10000},
    {TestSet::r_clean, "r_clean", "R clean", 10000},
}};

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return value;
}

std::optional<Month> month_from(std::optional<int> year, std::optional<int> month) {
  if (!year || !month || *month < 1 || *month > 12) return std::nullopt;
  return Month{*year, *month};
}

/// The entry of a sorted vector with this key; null when there is none.
template <class T, class Key, class KeyOf>
const T* find(const std::vector<T>& sorted, const Key& key, KeyOf key_of) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), key,
                                   [&](const T& e, const Key& k) { return key_of(e) < k; });
  return at != sorted.end() && key_of(*at) == key ? &*at : nullptr;
}

/// Those entries of a sorted vector that are of this architecture.
template <class T>
std::span<const T> all_of(const std::vector<T>& sorted, std::string_view architecture) {
  const auto begin = std::lower_bound(
      sorted.begin(), sorted.end(), architecture,
      [](const T& e, std::string_view a) { return std::string_view(e.architecture) < a; });
  const auto end =
      std::find_if(begin, sorted.end(), [&](const T& e) { return e.architecture != architecture; });
  return {begin, end};
}

}  // namespace

std::string_view name(Kind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }

std::optional<Kind> kind_of(std::string_view word) {
  const auto same_letter = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  for (const KindName& k : kKinds) {
    if (std::equal(word.begin(), word.end(), k.name.begin(), k.name.end(), same_letter)) {
      return k.kind;
    }
  }
  return std::nullopt;
}

std::string to_text(Month month) { return fmt::format("{:04}-{:02}", month.year, month.month); }

std::optional<Month> month_of(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  return month_from(digits(text.substr(0, 4)), digits(text.substr(5)));
}

std::optional<Month> month_of_paper(std::string_view paper) {
  const bool sound = (paper.size() == 9 || paper.size() == 10) && paper[4] == '.' &&
                     digits(paper.substr(0, 4)) && digits(paper.substr(5));
  if (!sound) return std::nullopt;
  const auto month = month_from(digits(paper.substr(0, 2)), digits(paper.substr(2, 2)));
  return month ? std::optional(Month{2000 + month->year, month->month}) : std::nullopt;
}

std::span<const TestSetName, kTestSets> test_sets() { return kSets; }

const TestSetName& test_set(TestSet set) { return kSets.at(static_cast<std::size_t>(set)); }

const TestSetName* test_set_named(std::string_view column) {
  const auto* found = std::ranges::find(kSets, column, &TestSetName::column);
  return found == kSets.end() ? nullptr : found;
}

double sampling_ci95(double accuracy, std::int64_t images) {
  constexpr double kZ = 1.959964;
  const auto n = static_cast<double>(images);
  const double p = accuracy / 100.0;
  const double half =
      kZ / (1.0 + kZ * kZ / n) * std::sqrt(p * (1.0 - p) / n + kZ * kZ / (4.0 * n * n));
  return 100.0 * half;
}

const Family* Catalogue::family(std::string_view wanted) const {
  return find(families, wanted, [](const Family& f) { return std::string_view(f.name); });
}

const Architecture* Catalogue::architecture(std::string_view wanted) const {
  return find(architectures, wanted,
              [](const Architecture& a) { return std::string_view(a.name); });
}

const Weights* Catalogue::weights_of(std::string_view of, std::string_view tag) const {
  return find(weights, std::tuple(of, tag), [](const Weights& w) {
    return std::tuple(std::string_view(w.architecture), std::string_view(w.tag));
  });
}

const Evaluation* Catalogue::evaluation(std::string_view of, std::string_view tag,
                                        std::int64_t size) const {
  return find(evaluations, std::tuple(of, tag, size), [](const Evaluation& e) {
    return std::tuple(std::string_view(e.architecture), std::string_view(e.tag), e.size);
  });
}

const Cost* Catalogue::cost(std::string_view of, std::int64_t size) const {
  return find(costs, std::tuple(of, size),
              [](const Cost& c) { return std::tuple(std::string_view(c.architecture), c.size); });
}

const Speed* Catalogue::speed(std::string_view of, std::int64_t size) const {
  return find(speeds, std::tuple(of, size),
              [](const Speed& s) { return std::tuple(std::string_view(s.architecture), s.size); });
}

std::span<const Weights> Catalogue::weights_of(std::string_view of) const {
  return all_of(weights, of);
}

std::span<const Evaluation> Catalogue::evaluations_of(std::string_view of) const {
  return all_of(evaluations, of);
}

std::span<const Cost> Catalogue::costs_of(std::string_view of) const { return all_of(costs, of); }

std::span<const Speed> Catalogue::speeds_of(std::string_view of) const {
  return all_of(speeds, of);
}

ModelName split(std::string_view model) {
  const std::size_t dot = model.find('.');
  if (dot == std::string_view::npos) return {model, {}};
  return {model.substr(0, dot), model.substr(dot + 1)};
}

}  // namespace joulemark::catalogue
