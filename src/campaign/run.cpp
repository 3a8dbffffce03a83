#include "campaign/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "base/text.hpp"
#include "zoo/descriptor.hpp"

namespace joulemark::campaign {
namespace {

namespace fs = std::filesystem;

class Runner {
 public:
  Runner(const Campaign& campaign, const Folder& folder, const Zoo& zoo, Session& session,
         const RunOptions& options, const Listener& listener, Clock& clock)
      : campaign_(campaign),
        folder_(folder),
        zoo_(zoo),
        session_(session),
        options_(options),
        listener_(listener),
        clock_(clock),
        began_(clock.now()) {}

  Result<std::vector<store::Record>> all() {
    if (auto ok = start_clean(); !ok) return tl::unexpected(ok.error());
    while (!slot_is_over()) {
      const auto steps = not_begun();
      if (!steps) return tl::unexpected(steps.error());
      if (steps->empty()) break;
      if (auto ok = one_lot(lot_of(campaign_, *steps, next_lot_size())); !ok) {
        if (is_told_to_stop() && ok.error().kind == ErrorKind::interrupted) break;
        return tl::unexpected(ok.error());
      }
    }
    return std::move(rows_);
  }

 private:
  /// What is left, but for what this run has begun: whatever became of that, it is not tried again.
  Result<std::vector<Step>> not_begun() const {
    auto left = steps_left(campaign_, folder_, options_.again);
    if (left) std::erase_if(*left, [&](const Step& step) { return begun_.contains(step.job); });
    return left;
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
  /// As it was so far; before that, as the plan allows.
  double per_job() const {
    return jobs_done_ > 0 ? seconds(measuring_) / static_cast<double>(jobs_done_)
                          : longest_job_s(campaign_.plan);
  }
  /// A lot has to be exported too, at the pace of those before it.
  std::size_t next_lot_size() const {
    const double exporting =
        jobs_done_ > 0 ? seconds(exporting_) / static_cast<double>(jobs_done_) : 0.0;
    return lot_size(campaign_.plan, left_of_slot(), per_job() + exporting);
  }

  Result<void> one_lot(std::span<const Step> lot) {
    const Instant exports_began = clock_.now();
    if (auto ok = make_artefacts(lot); !ok) return ok;
    exporting_ += clock_.now() - exports_began;
    if (auto ok = measure_idle(); !ok) return ok;
    for (const Step& step : lot) {
      if (slot_is_over()) break;
      const Instant before = clock_.now();
      begun_.insert(step.job);
      if (auto ok = one_step(step); !ok) return ok;
      measuring_ += clock_.now() - before;
      ++jobs_done_;
    }
    remove_artefacts();
    return {};
  }

  /// One call of the exporter for each kind of artefact in the lot: variants may share one.
  Result<void> make_artefacts(std::span<const Step> lot) {
    failures_.clear();
    for (const Variant& variant : campaign_.plan.variants) {
      if (failures_.contains(variant.artefact())) continue;
      const std::set<std::string> models = models_of(lot, variant.artefact());
      if (models.empty()) continue;
      listener_.stage(variant.artefact(), fmt::format("exporting {} models", models.size()));
      auto failed = export_models(zoo_, campaign_.plan, variant, session_.device().kind(),
                                  {models.begin(), models.end()}, clock_);
      if (!failed) return tl::unexpected(failed.error());
      failures_[variant.artefact()] = std::move(*failed);
    }
    return {};
  }

  const Variant& variant_of(const Job& job) const { return campaign_.plan.variants[job.variant]; }

  std::set<std::string> models_of(std::span<const Step> lot, const std::string& artefact) const {
    std::set<std::string> models;
    for (const Step& step : lot) {
      const Job& job = campaign_.jobs[step.job];
      if (variant_of(job).artefact() == artefact) models.insert(job.model);
    }
    return models;
  }

  Result<void> measure_idle() {
    if (options_.idle <= Nanoseconds(0)) return {};
    return session_.measure_idle(options_.idle, [&](const std::string& what) {
      listener_.stage(session_.meter().device, what);
    });
  }

  Result<void> one_step(const Step& step) {
    const Job& job = campaign_.jobs[step.job];
    const Variant& variant = variant_of(job);
    const ExportFailures& failed = failures_[variant.artefact()];
    if (const auto found = failed.find(job.model); found != failed.end())
      return store_failures(step, found->second);
    auto artefact = find_artefact(job, variant);
    if (!artefact) return store_failures(step, artefact.error().what);
    return session_.measure(
        *artefact, turn_of(step), step.policies,
        [&](const std::string& what) { listener_.stage(job.model, what); },
        [&](const store::Record& r, const measure::Outcome&) -> Result<void> {
          keep(r);
          return {};
        });
  }

  Turn turn_of(const Step& step) const {
    return {variant_of(campaign_.jobs[step.job]).cuda_graph, step.job};
  }

  Result<zoo::Descriptor> find_artefact(const Job& job, const Variant& variant) {
    const zoo::Query query{job.model, variant.format, variant.precision, variant.layout, {}};
    auto found = zoo::find(folder_.artefacts(), query);
    if (found && variant.input_size) {
      std::erase_if(*found, [&](const zoo::Descriptor& d) {
        return d.input_size !=
               std::vector{std::int64_t{3}, *variant.input_size, *variant.input_size};
      });
    }
    if (found && !found->empty()) return std::move(found->front());
    return fail(ErrorKind::export_failed,
                found ? "the exporter made no artefact" : found.error().what);
  }

  /// A model that cannot be had is a row under each policy that it was asked for.
  Result<void> store_failures(const Step& step, const std::string& why) {
    const Job& job = campaign_.jobs[step.job];
    zoo::Descriptor d;
    d.architecture = job.model.substr(0, job.model.find('.'));
    if (d.architecture != job.model) d.tag = job.model.substr(d.architecture.size() + 1);
    const Variant& variant = variant_of(job);
    d.format = variant.format;
    d.precision = variant.precision;
    d.layout = variant.layout;
    if (variant.input_size) d.input_size = {3, *variant.input_size, *variant.input_size};
    for (const measure::Policy& policy : step.policies) {
      const auto row =
          session_.append_failure(d, turn_of(step), policy, {ErrorKind::export_failed, why, {}});
      if (!row) return tl::unexpected(row.error());
      keep(*row);
    }
    return {};
  }

  void keep(const store::Record& row) {
    rows_.push_back(row);
    listener_.finished(row);
  }

  const Campaign& campaign_;
  const Folder& folder_;
  const Zoo& zoo_;
  Session& session_;
  const RunOptions& options_;
  const Listener& listener_;
  Clock& clock_;
  Instant began_;
  std::vector<store::Record> rows_;
  std::map<std::string, ExportFailures> failures_;  ///< of the lot, by kind of artefact
  std::set<std::size_t> begun_;                     ///< jobs
  std::size_t jobs_done_ = 0;
  Nanoseconds measuring_{0};
  Nanoseconds exporting_{0};
};

}  // namespace

std::size_t lot_size(const Plan& plan, std::optional<double> left_s, double per_job_s) {
  const auto most = static_cast<double>(plan.lot);
  const bool limited = left_s && per_job_s > 0.0;
  const double jobs = limited ? std::clamp(std::floor(*left_s / per_job_s), 1.0, most) : most;
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

Result<std::vector<store::Record>> run(const Campaign& campaign, const Folder& folder,
                                       const Zoo& zoo, Session& session, const RunOptions& options,
                                       const Listener& listener, Clock& clock) {
  return Runner(campaign, folder, zoo, session, options, listener, clock).all();
}

}  // namespace joulemark::campaign
