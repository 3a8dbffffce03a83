#include "analysis/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "analysis/common.hpp"
#include "analysis/fits.hpp"
#include "analysis/paper.hpp"
#include "analysis/records.hpp"

namespace joulemark::analysis {
namespace {

/// Fewer models than this, and a finding says that it is of few.
constexpr std::size_t kThin = 50;

std::string words(const Value& v) { return with_interval(v.value, v.ci95, v.no_interval); }

/// What every finding takes over from the outcome it is made of.
Finding begin(const char* name, const char* title, const char* paper, const char* analysis,
              const Outcome& o) {
  Finding f{name, title, paper, "", Verdict::open, "", {}, analysis, o.setup, o.n, o.of};
  if (o.n < kThin) {
    f.caveats.push_back(fmt::format("Of few: {} {}. The paper's are about 1,200.", o.n, o.of));
  }
  if (o.too_few) {
    f.data = o.sentences.empty() ? "Too few to say." : o.sentences.front();
    f.because = "too few were measured";
  }
  return f;
}

void decide(Finding& f, Verdict verdict, std::string because) {
  f.verdict = verdict;
  f.because = std::move(because);
}

// --- one function for each statement

/// The last point beside the average point of the frontier.
Finding diminishing_returns(const Input&, const Outcome& o) {
  Finding f =
      begin("diminishing_returns", "Diminishing returns",
            "Each further point of accuracy costs more energy than the one before.", "returns", o);
  const Value* last = find_value(o, "last_point_times");
  const Value* whole = find_value(o, "whole_frontier_times");
  const Value* points = find_value(o, "whole_frontier_points");
  if (last == nullptr || whole == nullptr || points == nullptr) return f;
  const double average = std::pow(whole->value, 1.0 / points->value);
  f.data = fmt::format(
      "The last point of top-1 takes {} times the energy; over the whole frontier, {} points and "
      "{} "
      "times, one point takes {} times on average.",
      words(*last), digits(points->value), digits(whole->value), digits(average));
  if (!last->ci95) return f;
  if (last->ci95->low > average) {
    decide(f, Verdict::agrees,
           "the last point takes more than the average one, beyond its interval");
  } else if (last->ci95->high < average) {
    decide(f, Verdict::differs, "the last point takes less than the average one");
  } else {
    f.because = "the interval of the last point holds the average one";
  }
  return f;
}

/// Which form the frontier is better described by.
Finding form(const Input&, const Outcome& o) {
  Finding f = begin("double_exponential", "The form of the rise",
                    "The exponent of energy is itself an exponential of accuracy: a double "
                    "exponential.",
                    "returns", o);
  const Value* difference = find_value(o, "aicc_difference");
  const Value* gamma = find_value(o, "floored_power_gamma");
  const Value* b = find_value(o, "double_exponential_b");
  if (difference == nullptr || gamma == nullptr || b == nullptr) {
    if (f.data.empty()) f.data = "No form was fitted: the frontier has too few members.";
    if (f.because.empty()) f.because = "nothing was fitted";
    return f;
  }
  f.data = fmt::format(
      "Of the same {} members, the floored power law log2 E = c - gamma log2(error - floor) has "
      "gamma "
      "{}, the double exponential log2 E = c + a exp(b accuracy) has b {}; AICc of the first less "
      "that of the second is {}.",
      difference->n, words(*gamma), words(*b), digits(difference->value));
  if (difference->value >= kSomeDifference) {
    decide(f, Verdict::agrees, "the double exponential is closer to the points");
  } else if (difference->value <= -kSomeDifference) {
    decide(f, Verdict::differs, "the floored power law is closer to the points");
  } else {
    f.because = "the two forms are about as close to the points";
  }
  return f;
}

/// Pearson's coefficients beside the three of the paper, and the order that they are in.
Finding drivers_of_energy(const Input&, const Outcome& o) {
  Finding f =
      begin("drivers", "What energy goes with",
            "Pearson's coefficient of energy is 0.6572 with parameters, 0.8683 with FLOPs and "
            "0.8999 with activations (A100, TensorRT): activations tell most.",
            "drivers", o);
  std::string list;
  bool has_all = true;
  for (const paper::Pearson& s : paper::kPearson) {
    const Value* ours = find_value(o, "pearson", s.name);
    has_all = has_all && ours != nullptr;
    if (ours == nullptr) continue;
    const bool holds = ours->ci95 && ours->ci95->low <= s.value && s.value <= ours->ci95->high;
    list += fmt::format("{}{} with {}, whose interval {} the paper's {}", list.empty() ? "" : "; ",
                        words(*ours), s.words, holds ? "holds" : "does not hold", digits(s.value));
  }
  if (!has_all) return f;
  f.data = fmt::format("Pearson is {} (n = {}).", list, o.n);
  const Value* ranks = find_value(o, "spearman_difference", "activations less gmacs");
  if (ranks == nullptr || !ranks->ci95) {
    f.because = "the rank correlations of activations and GMACs could not be compared";
    return f;
  }
  f.data += fmt::format(" Spearman with activations less that with GMACs is {}.", words(*ranks));
  if (ranks->ci95->low > 0.0) {
    decide(f, Verdict::agrees, "activations rank models better than GMACs");
  } else if (ranks->ci95->high < 0.0) {
    decide(f, Verdict::differs, "GMACs rank models better than activations");
  } else {
    f.because = "these models do not tell activations from GMACs";
  }
  f.caveats.emplace_back(
      "Another device, runtime and choice of models: a raw Pearson coefficient hangs on the "
      "largest of "
      "them.");
  return f;
}

/// An exponent that is so near 1 is about proportional: twice the pixels are 1.87 to 2.14 times the
/// energy.
constexpr double kAboutProportional = 0.1;

/// The exponent of energy in pixels.
Finding input_size(const Input&, const Outcome& o) {
  Finding f =
      begin("input_size", "Input size",
            "The energy of a model is about proportional to the number of pixels.", "sizes", o);
  const Value* exponent = find_value(o, "median_exponent");
  if (exponent == nullptr) return f;
  f.data = fmt::format(
      "Energy goes with pixels to the power {}, in the median of {} architectures; 1 is "
      "proportional.",
      words(*exponent), exponent->n);
  if (!exponent->ci95) {
    f.because = "too few architectures for an interval of the median";
    return f;
  }
  const auto [low, high] = *exponent->ci95;
  const double least = 1.0 - kAboutProportional, most = 1.0 + kAboutProportional;
  if (least <= low && high <= most) {
    decide(
        f, Verdict::agrees,
        fmt::format("the whole interval lies from {:g} to {:g}, about proportional", least, most));
  } else if (high < least || low > most) {
    decide(f, Verdict::differs,
           high < least ? "energy grows more slowly than pixels, the whole interval below 0.9"
                        : "energy grows faster than pixels, the whole interval above 1.1");
  } else {
    f.because = fmt::format("the interval reaches across {:g} or {:g}", least, most);
  }
  return f;
}

/// Whether the fall is more than what more models to choose from make by themselves.
bool is_more_than_chance(const Outcome& o, const std::string& about) {
  const Value* share = find_value(o, "share_by_chance", about);
  return share != nullptr && share->value <= kByChance;
}

/// Of the accuracies that years were looked at, at how many a fall can be told.
Finding progress(const Input&, const Outcome& o) {
  Finding f = begin("progress", "Progress by year",
                    "From year to year, the same accuracy takes less energy.", "years", o);
  std::string list;
  std::size_t levels = 0;
  std::size_t falling = 0;
  std::size_t rising = 0;
  for (const Value& v : o.values) {
    if (v.name != "halvings_per_year") continue;
    ++levels;
    if (!v.ci95) continue;
    rising += v.ci95->high < 0.0 ? 1 : 0;
    const Value* time = find_value(o, "halving_time", v.about);
    if (v.ci95->low <= 0.0 || time == nullptr || !is_more_than_chance(o, v.about)) continue;
    ++falling;
    list += fmt::format("{}with {} top-1 every {} years", list.empty() ? "" : ", ", v.about,
                        words(*time));
  }
  if (levels == 0) return f;
  f.data =
      list.empty()
          ? fmt::format(
                "At none of {} accuracies can a fall of the least energy be told from that of more "
                "models to choose "
                "from.",
                levels)
          : fmt::format("The least energy halved {}; at {} of {} accuracies a fall can be told.",
                        list, falling, levels);
  if (2 * falling > levels) {
    decide(f, Verdict::agrees,
           "at most accuracies the least energy fell, by more than more models alone make");
  } else if (2 * rising > levels) {
    decide(f, Verdict::differs, "at most accuracies the least energy rose");
  } else {
    f.because = "at most accuracies more models to choose from could make the fall";
  }
  return f;
}

/// A row of each setup.
std::map<std::string, const Row*> setups_of(const Input& input) {
  std::map<std::string, const Row*> setups;
  for (const Row& row : input.rows) setups.emplace(row.setup, &row);
  return setups;
}

/// What compiling does to the same models of a device: the mean ratio of energies, compiled over
/// not compiled.
struct Compiled {
  std::string from, to;  ///< the two setups, as they were compared
  double ratio = 0.0;
  std::optional<Interval> ci95;
  std::string no_interval;
  std::size_t n = 0;
};

Compiled as_compared(const std::string& from, const std::string& to, const Value& v) {
  return {from, to, v.value, v.ci95, v.no_interval, v.n};
}

/// A comparison that was made the other way round.
Compiled turned(Compiled c) {
  c.ratio = 1.0 / c.ratio;
  if (c.ci95) c.ci95 = Interval{1.0 / c.ci95->high, 1.0 / c.ci95->low};
  return c;
}

/// Of two setups that differ in that `b` is compiled and `a` is not; absent where they do not, or
/// were not compared.
std::optional<Compiled> compiled_of(const Outcome& o, const Row& a, const Row& b) {
  const bool is_alike = a.device == b.device && a.precision == b.precision && a.layout == b.layout;
  if (!is_alike || a.format != "torchscript" || b.format != "aoti") return std::nullopt;
  const auto ratio = [&](const Row& from, const Row& to) {
    return find_value(o, "geometric_mean_ratio", compared(from.setup, to.setup));
  };
  if (const Value* v = ratio(a, b)) return as_compared(a.setup, b.setup, *v);
  if (const Value* v = ratio(b, a)) return turned(as_compared(b.setup, a.setup, *v));
  return std::nullopt;
}

/// The one of most models; absent for none.
std::optional<Compiled> most_compiled(const Input& input, const Outcome& o) {
  const auto setups = setups_of(input);
  std::optional<Compiled> most;
  for (const auto& [from, a] : setups) {
    for (const auto& [to, b] : setups) {
      const auto found = compiled_of(o, *a, *b);
      if (found && (!most || most->n < found->n)) most = found;
    }
  }
  return most;
}

Finding runtimes_save(const Input& input, const Outcome& o) {
  Finding f = begin("runtimes", "What a compiling runtime saves",
                    "TensorRT takes less energy than PyTorch for the same model.", "runtimes", o);
  f.caveats.emplace_back(
      "TensorRT was not measured here: AOTInductor stands for what compiling saves over "
      "TorchScript.");
  const auto pair = most_compiled(input, o);
  if (!pair) {
    if (f.data.empty()) f.data = "No device has the same models compiled and not compiled.";
    f.because = "there are no such pairs";
    return f;
  }
  f.n = pair->n;
  f.of = "models that both have";
  f.data = fmt::format(
      "Compiled by AOTInductor, models take {} times the energy of TorchScript, in the geometric "
      "mean "
      "(n = {}; {} and {}).",
      with_interval(pair->ratio, pair->ci95, pair->no_interval), pair->n, pair->from, pair->to);
  const auto& ci95 = pair->ci95;
  if (!ci95) return f;
  if (ci95->high < 1.0) {
    decide(f, Verdict::agrees, "compiling saves energy, beyond the interval");
  } else if (ci95->low > 1.0) {
    decide(f, Verdict::differs, "compiling takes more energy");
  } else {
    f.because = "the interval of the mean holds 1";
  }
  return f;
}

struct Statement {
  Run analysis;
  Finding (*finding)(const Input&, const Outcome&);
};
/// In the order of the page.
constexpr std::array kStatements = {
    Statement{returns, diminishing_returns},
    Statement{returns, form},
    Statement{drivers, drivers_of_energy},
    Statement{sizes, input_size},
    Statement{years, progress},
    Statement{runtimes, runtimes_save},
};

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames = {"agrees", "differs", "open"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Result<std::vector<Finding>> findings(const Input& input) {
  std::vector<Finding> all;
  Run last = nullptr;
  Outcome outcome;
  for (const Statement& s : kStatements) {
    if (s.analysis != last) {  // two statements may be of one analysis
      auto run = s.analysis(input);
      if (!run) return tl::unexpected(run.error());
      outcome = std::move(*run);
      last = s.analysis;
    }
    all.push_back(s.finding(input, outcome));
  }
  return all;
}

}  // namespace joulemark::analysis
