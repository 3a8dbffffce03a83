#include "campaign/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "base/text.hpp"
#include "campaign/pace.hpp"

namespace joulemark::campaign {
namespace {

namespace fs = std::filesystem;

class Runner {
 public:
  Runner(const Campaign& campaign, const Folder& folder, const Zoo& zoo, Crew& crew,
         const RunOptions& options, const Listener& listener, Clock& clock)
      : campaign_(campaign),
        folder_(folder),
        zoo_(zoo),
        crew_(crew),
        options_(options),
        listener_(listener),
        clock_(clock),
        began_(clock.now()) {}

  Result<std::size_t> all() {
    if (auto ok = start_clean(); !ok) return tl::unexpected(ok.error());
    if (auto ok = learn_pace(); !ok) return tl::unexpected(ok.error());
    while (!slot_is_over()) {
      const auto steps = not_begun();
      if (!steps) return tl::unexpected(steps.error());
      if (steps->empty()) break;
      if (auto ok = one_lot(lot_of(campaign_, *steps, next_lot_size())); !ok) {
        if (is_told_to_stop() && ok.error().kind == ErrorKind::interrupted) break;
        return tl::unexpected(ok.error());
      }
    }
    return failed_;
  }

 private:
  /// What is left, but for what this run has begun: whatever became of that, it is not tried again.
  Result<std::vector<Step>> not_begun() const {
    auto left = steps_left(campaign_, folder_, options_.again);
    if (left) std::erase_if(*left, [&](const Step& step) { return begun_.contains(step.job); });
    return left;
  }

  Result<void> learn_pace() {
    const auto databases = Folder{folder_.root}.databases();
    const auto rows = read_rows(databases, rows_of(campaign_));
    if (!rows) return tl::unexpected(rows.error());
    pace_ = pace_of(*rows);
    if (pace_.jobs > 0) return {};
    auto all = read_rows(databases, {.windows = false});
    if (!all) return tl::unexpected(all.error());
    guess_ = pace_beside(campaign_, std::move(*all), crew_.kind());
    return {};
  }

  /// What a run that was killed left is of no use: nobody knows whether it is whole.
  Result<void> start_clean() {
    std::error_code error;
    fs::remove_all(folder_.artefacts(), error);
    for (const fs::path& path : {folder_.artefacts(), folder_.logs()}) {
      if (!error) fs::create_directories(path, error);
    }
    if (!error) return {};
    return fail(ErrorKind::io,
                fmt::format("cannot clear {}: {}", folder_.artefacts().string(), error.message()),
                "Check its permissions, and that the disk is not full");
  }

  /// The artefacts of a lot, but for the sentinel's: it comes again.
  void remove_artefacts() {
    std::string stays = campaign_.plan.sentinel ? campaign_.plan.sentinel->model : "";
    if (const auto size = campaign_.plan.variants.front().input_size)
      stays += fmt::format("-{}x{}", *size, *size);
    std::error_code ignored;  // what cannot be removed now is at the next start
    std::vector<fs::path> used;
    for (const auto& entry : fs::directory_iterator(folder_.artefacts(), ignored)) {
      if (entry.path().filename() != stays) used.push_back(entry.path());
    }
    for (const fs::path& path : used) fs::remove_all(path, ignored);
  }

  std::optional<double> left_of_slot() const {
    if (!options_.slot) return std::nullopt;
    return seconds(*options_.slot - (clock_.now() - began_));
  }
  bool is_told_to_stop() const { return options_.stop != nullptr && *options_.stop; }
  bool slot_is_over() const {
    if (is_told_to_stop()) return true;
    const auto left = left_of_slot();
    return left && *left < per_job();
  }
  /// As it was so far, in earlier runs too; before that, as others were, else as the plan allows.
  double per_job() const {
    if (const auto known = pace_.seconds_per_job()) return *known;
    return guess_.seconds_per_job().value_or(longest_job_s(campaign_.plan));
  }
  /// A lot has to be exported too, at the pace of those before it, and each device has a part of
  /// it. Before the first, that is what earlier runs took until they measured.
  std::size_t next_lot_size() const {
    std::optional<double> left = left_of_slot();
    double exporting = 0.0;
    if (jobs_done_ > 0) {
      exporting = seconds(exporting_) / static_cast<double>(jobs_done_);
    } else if (const auto first = pace_.until_first ? pace_.until_first : guess_.until_first;
               left && first) {
      *left -= seconds(*first);
    }
    const auto most = static_cast<std::size_t>(campaign_.plan.lot) * crew_.devices();
    return lot_size(most, left, per_job() / static_cast<double>(crew_.devices()) + exporting);
  }

  Result<void> one_lot(std::span<const Step> lot) {
    const Instant exports_began = clock_.now();
    if (auto ok = make_artefacts(lot); !ok) return ok;
    exporting_ += clock_.now() - exports_began;
    const auto measured = crew_.measure(
        orders_of(lot),
        {[&] { return !slot_is_over(); }, [&](std::size_t job) { begun_.insert(job); },
         [&](const Ended& job, Nanoseconds took) { count(job, took); }});
    if (measured) remove_artefacts();
    return measured;
  }

  void count(const Ended& job, Nanoseconds took) {
    failed_ += job.failed;
    pace_.add(took);
    ++jobs_done_;
  }

  std::vector<Order> orders_of(std::span<const Step> lot) {
    std::vector<Order> orders;
    for (const Step& step : lot) {
      const auto failed = failures_.find(artefact_of(campaign_.jobs[step.job]));
      orders.push_back({step, failed != failures_.end() ? failed->second : ""});
    }
    return orders;
  }

  /// All artefacts of the lot in one call of the exporter, which makes them side by side.
  Result<void> make_artefacts(std::span<const Step> lot) {
    std::set<Artefact> wanted;
    for (const Step& step : lot) wanted.insert(artefact_of(campaign_.jobs[step.job]));
    listener_.stage("artefacts", fmt::format("exporting {}", wanted.size()));
    auto failed = export_artefacts(zoo_, campaign_.plan, crew_.kind(),
                                   {wanted.begin(), wanted.end()}, clock_);
    if (!failed) return tl::unexpected(failed.error());
    failures_ = std::move(*failed);
    return {};
  }

  Artefact artefact_of(const Job& job) const {
    return {job.model, first_of_artefact(campaign_.plan, job.variant)};
  }

  const Campaign& campaign_;
  const Folder& folder_;
  const Zoo& zoo_;
  Crew& crew_;
  const RunOptions& options_;
  const Listener& listener_;
  Clock& clock_;
  Instant began_;
  std::size_t failed_ = 0;       ///< rows
  ExportFailures failures_;      ///< of the lot
  std::set<std::size_t> begun_;  ///< jobs
  Pace pace_;                    ///< of earlier runs, and of this one
  Pace guess_;                   ///< of other campaigns, where there were no earlier runs
  std::size_t jobs_done_ = 0;
  Nanoseconds exporting_{0};
};

// The next models may take less than those before them did. Jobs too many lengthen one export by
// their share; a lot that ends before its slot costs another one: on two H200s 42 to 54 s, for the
// last two of 81 rows of ten minutes (bench/README.md, campaign).
constexpr double kBesidesWhatFits = 1.15;

}  // namespace

std::size_t lot_size(std::size_t most, std::optional<double> left_s, double per_job_s) {
  const auto all = static_cast<double>(most);
  const bool limited = left_s && per_job_s > 0.0;
  const double jobs =
      limited ? std::clamp(std::floor(kBesidesWhatFits * *left_s / per_job_s), 1.0, all) : all;
  return static_cast<std::size_t>(jobs);
}

std::span<const Step> lot_of(const Campaign& campaign, std::span<const Step> steps,
                             std::size_t most) {
  const std::vector<std::size_t> units = units_of(campaign);
  std::size_t size = std::min(steps.size(), most);
  while (size > 0 && size < steps.size() && units[steps[size].job] == units[steps[size - 1].job])
    ++size;
  return steps.first(size);
}

Result<std::size_t> run(const Campaign& campaign, const Folder& folder, const Zoo& zoo, Crew& crew,
                        const RunOptions& options, const Listener& listener, Clock& clock) {
  return Runner(campaign, folder, zoo, crew, options, listener, clock).all();
}

}  // namespace joulemark::campaign
