#include "measure/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>

namespace joulemark::measure {
namespace {

/// A started worker with its model loaded and its output checked.
struct Session {
  std::unique_ptr<runtime::Worker> worker;
  LoadReport load;
};

/// Whatever is wrong with the files of a model, for the results it is a model that did not load.
Error as_load_failure(Error error) {
  if (!is_configuration_failure(error.kind) && error.kind != ErrorKind::interrupted) {
    error.kind = ErrorKind::load_failed;
  }
  return error;
}

/// Over all windows; absent where there are none.
std::optional<Nanoseconds> mean_step(const RunReport& run) {
  const Totals t = totals(run);
  if (!(t.images.value > 0.0)) return std::nullopt;
  return from_seconds(seconds(t.time) * static_cast<double>(run.batch) / t.images.value);
}

/// Measures the policies of one subject one after the other, with at most one worker alive.
class ModelRun {
 public:
  ModelRun(const Subject& subject, const Bench& bench, const Settings& settings,
           const StartWorker& start_worker)
      : subject_(subject), bench_(bench), settings_(settings), start_worker_(start_worker) {}

  Outcome measure(const Policy& policy) {
    const Instant began = bench_.clock.now();
    searched_ = checked_ = Nanoseconds(0);
    Outcome outcome = attempt(policy);
    outcome.took = bench_.clock.now() - began;
    outcome.searched = searched_;
    outcome.checked = checked_;
    return outcome;
  }

 private:
  Outcome attempt(const Policy& policy) {
    Outcome outcome;
    outcome.policy = policy;
    const auto batch = decide_batch(policy);
    outcome.search = search_;
    if (!batch) {
      outcome.run = tl::unexpected(batch.error());
      return finish(std::move(outcome));
    }
    outcome.batch = *batch;
    if (const auto known = reports_.find(*batch); known != reports_.end()) {
      outcome.load = load_reports_.at(*batch);
      outcome.run = known->second;
      return outcome;
    }
    if (const auto opened = open(*batch); !opened) {
      outcome.run = tl::unexpected(opened.error());
      return finish(std::move(outcome));
    }
    outcome.load = session_->load;
    outcome.run = measure_batch(*session_->worker, *batch, bench_, settings_);
    if (outcome.run) see_what_the_host_has_to_spare(*outcome.run);
    if (outcome.run && !outcome.run->unstable) {
      reports_.emplace(*batch, *outcome.run);
      load_reports_.emplace(*batch, *outcome.load);
    }
    return finish(std::move(outcome));
  }

  /// A worker that failed in any way is not trusted with the next configuration.
  Outcome finish(Outcome outcome) {
    if (!outcome.run) {
      outcome.run = tl::unexpected(explain(outcome.run.error(), outcome.batch));
      session_.reset();
    }
    return outcome;
  }

  Error explain(Error error, std::optional<std::int64_t> batch) const {
    if (error.kind == ErrorKind::out_of_memory && batch) {
      error.what =
          fmt::format("batch {} of {} does not fit into memory", *batch, subject_.descriptor.name);
      error.next = "Choose a smaller --batch, or --batch throughput to have one found";
    }
    return error;
  }

  bool any_batch() const {
    const auto& artefacts = subject_.descriptor.artefacts;
    return std::any_of(artefacts.begin(), artefacts.end(),
                       [](const zoo::Artefact& a) { return !a.batch; });
  }

  Result<std::int64_t> decide_batch(const Policy& policy) {
    if (policy.has_batch()) return policy.batch;
    if (!search_) {
      auto found = any_batch() ? search_any() : search_compiled();
      if (!found) return tl::unexpected(found.error());
      search_ = std::move(*found);
    }
    const auto batch = policy.kind == PolicyKind::throughput ? search_->throughput_batch()
                                                             : search_->min_energy_batch();
    if (!batch) {
      return fail(
          ErrorKind::out_of_memory,
          fmt::format("{} does not fit into memory even at batch 1", subject_.descriptor.name),
          "Measure it on a device with more memory");
    }
    return *batch;
  }

  Result<BatchSearch> search_any() {
    const std::int64_t first = first_to_search();
    if (const auto opened = open(first); !opened) return tl::unexpected(opened.error());
    const Instant began = bench_.clock.now();
    auto found = search_batches(*session_->worker, bench_, settings_, first);
    searched_ += bench_.clock.now() - began;
    if (found) remember(found->bursts());
    return found;
  }

  bool is_cpu() const { return subject_.device == "cpu"; }
  std::int64_t reference_images() const {
    return subject_.descriptor.reference_input.shape.front();
  }

  /// The likely one; else on a GPU as many images as the reference has: a step of eight takes a GPU
  /// hardly longer than one of a single image. On a CPU it may take eight times as long.
  std::int64_t first_to_search() const {
    const std::int64_t first = subject_.likely_batch.value_or(is_cpu() ? 1 : reference_images());
    return static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max(first, std::int64_t{1}))));
  }

  void remember(std::int64_t batch, Nanoseconds step) {
    const auto known = steps_.try_emplace(batch, step).first;
    known->second = std::min(known->second, step);
  }
  void remember(std::span<const Burst> bursts) {
    for (const Burst& b : bursts)
      remember(b.batch, from_seconds(static_cast<double>(b.batch) / b.throughput.value));
  }

  /// A run that seems to wait for its host, and of which no smaller batch was seen, is asked for
  /// one.
  void see_what_the_host_has_to_spare(RunReport& run) {
    const auto step = mean_step(run);
    if (!run.waited_share || !step) return;
    const auto smaller = [&] { return steps_.begin() != steps_.lower_bound(run.batch); };
    if (*run.waited_share < kHostBound && run.batch > 1 && !smaller() && any_batch())
      burst_of_one();
    for (auto known = steps_.begin(); known != steps_.lower_bound(run.batch); ++known) {
      if (!run.shortest_step || known->second < *run.shortest_step)
        run.shortest_step = known->second;
    }
    run.pace_spread = pace_spread(run.windows);
    run.host_spare = host_spare(*run.waited_share, *step, run.shortest_step, run.pace_spread);
    remember(run.batch, *step);
  }

  /// The run before it is complete; one that fails here costs only what it would have told.
  void burst_of_one() {
    const Instant began = bench_.clock.now();
    const auto burst = run_burst(*session_->worker, 1, bench_, settings_);
    searched_ += bench_.clock.now() - began;
    if (burst) {
      remember({&*burst, 1});
    } else {
      session_.reset();
    }
  }

  /// Artefacts compiled for fixed batch sizes leave only those to choose from.
  Result<BatchSearch> search_compiled() {
    std::set<std::int64_t> batches;
    for (const zoo::Artefact& a : subject_.descriptor.artefacts) batches.insert(*a.batch);
    BatchSearch search({*batches.begin(), *batches.rbegin(), {}, {}});
    for (const std::int64_t batch : batches) {
      if (const auto opened = open(batch); !opened) return tl::unexpected(opened.error());
      const Instant began = bench_.clock.now();
      const auto burst = run_burst(*session_->worker, batch, bench_, settings_);
      searched_ += bench_.clock.now() - began;
      if (!burst && burst.error().kind == ErrorKind::out_of_memory) {
        search.out_of_memory(batch);
        session_.reset();
        break;
      }
      if (!burst) return tl::unexpected(burst.error());
      search.add(*burst);
    }
    remember(search.bursts());
    return search;
  }

  /// Makes session_ one whose artefact runs `batch`, which is what it will run first, keeping the
  /// present one when it does.
  Result<void> open(std::int64_t batch) {
    const auto artefact = subject_.descriptor.artefact_for(batch);
    if (!artefact) return tl::unexpected(as_load_failure(artefact.error()));
    if (session_ && session_->load.artefact.file == artefact->file) return {};
    if (const auto known = broken_.find(artefact->file); known != broken_.end()) {
      return tl::unexpected(known->second);
    }
    session_.reset();
    auto session = start_session(*artefact, batch);
    if (!session) {
      const Error error = as_load_failure(session.error());
      broken_.emplace(artefact->file, error);
      return tl::unexpected(error);
    }
    session_ = std::move(*session);
    return {};
  }

  Result<Session> start_session(const zoo::Artefact& artefact, std::int64_t first) {
    const Instant began = bench_.clock.now();
    if (bench_.progress) bench_.progress("loading");
    if (auto ok = read_reference(artefact); !ok) return tl::unexpected(ok.error());

    auto worker = start_worker_();
    if (!worker) return tl::unexpected(worker.error());
    bench_.observer.meter().observe((*worker)->pid());
    const auto loaded = (*worker)->load(load_request(artefact), settings_.load_timeout);
    if (!loaded) return tl::unexpected(loaded.error());

    if (bench_.progress) bench_.progress("checking the output");
    const Instant checking = bench_.clock.now();
    const auto gate = check(**worker, artefact.batch.value_or(size_to_check(first)));
    checked_ += bench_.clock.now() - checking;
    if (!gate) return tl::unexpected(gate.error());
    LoadReport report{(*worker)->hello(), *loaded, *gate, artefact, bench_.clock.now() - began};
    return Session{std::move(*worker), std::move(report)};
  }

  /// Files are checked against their digests before a worker sees them, once per model.
  Result<void> read_reference(const zoo::Artefact& artefact) {
    const auto& d = subject_.descriptor;
    if (auto ok = zoo::verify_file(d, artefact); !ok) return ok;
    if (!input_.empty()) return {};
    auto input = zoo::read_tensor(d, d.reference_input);
    if (!input) return tl::unexpected(input.error());
    auto output = zoo::read_tensor(d, d.reference_output);
    if (!output) return tl::unexpected(output.error());
    input_ = std::move(*input);
    output_ = std::move(*output);
    return {};
  }

  runtime::LoadRequest load_request(const zoo::Artefact& artefact) const {
    const auto& d = subject_.descriptor;
    runtime::LoadRequest request;
    request.artefact = std::filesystem::absolute(d.folder / artefact.file).string();
    request.format = d.format;
    request.device = subject_.device;
    request.precision = d.precision;
    request.layout = d.layout;
    request.input_shape = d.input_size;
    request.classes = d.classes;
    request.threads = subject_.threads;
    request.cuda_graph = subject_.cuda_graph;
    request.options_json = subject_.options_json;
    return request;
  }

  /// On a GPU the output is checked at the size that runs first: its kernels are the ones that are
  /// measured, and the runtime, which takes seconds for some models to prepare for a size, has then
  /// done so. On a CPU there is little to prepare, and a step takes as long as it has images.
  std::int64_t size_to_check(std::int64_t first) const {
    return is_cpu() ? reference_images() : first;
  }

  Result<GateReport> check(runtime::Worker& worker, std::int64_t batch) const {
    const auto& d = subject_.descriptor;
    const std::int64_t images = reference_images();
    if (auto ok = worker.set_input(input_, images, settings_.load_timeout); !ok) {
      return tl::unexpected(ok.error());
    }
    auto output = worker.infer(batch, settings_.load_timeout);
    // What does not fit is for the search, or for the run, to find out: the model is not wrong.
    if (!output && output.error().kind == ErrorKind::out_of_memory && batch > images) {
      batch = images;
      output = worker.infer(batch, settings_.load_timeout);
    }
    if (!output) return tl::unexpected(output.error());
    auto report =
        check_output(*output, output_, d.classes, gate_tolerance(d.precision, d.eager_error));
    if (report) report->batch = batch;
    return report;
  }

  const Subject& subject_;
  const Bench& bench_;
  const Settings& settings_;
  const StartWorker& start_worker_;
  std::optional<Session> session_;
  std::optional<BatchSearch> search_;
  Nanoseconds searched_{0}, checked_{0};       ///< by the present policy
  std::map<std::int64_t, Nanoseconds> steps_;  ///< the shortest seen at each batch
  std::vector<float> input_, output_;
  std::map<std::int64_t, RunReport> reports_;  ///< by batch: two policies may agree on one
  std::map<std::int64_t, LoadReport> load_reports_;
  std::map<std::string, Error> broken_;  ///< artefacts that do not load, by file
};

}  // namespace

std::string_view name(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::batch_1:
      return "batch_1";
    case PolicyKind::throughput:
      return "throughput";
    case PolicyKind::min_energy:
      return "min_energy";
    case PolicyKind::fixed:
      return "fixed";
  }
  return "fixed";
}

Result<Policy> parse_policy(std::string_view text) {
  if (text == "throughput") return Policy{PolicyKind::throughput, 0};
  if (text == "min_energy") return Policy{PolicyKind::min_energy, 0};
  std::int64_t batch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), batch);
  if (error != std::errc() || end != text.data() + text.size() || batch < 1 || batch > 65536) {
    return fail(
        ErrorKind::invalid_input, fmt::format("'{}' is not a batch policy", text),
        "Use a size from 1 to 65536, throughput or min_energy, separated by commas; see joulemark "
        "measure --help");
  }
  return Policy{batch == 1 ? PolicyKind::batch_1 : PolicyKind::fixed, batch};
}

Result<void> measure_model(const Subject& subject, const std::vector<Policy>& policies,
                           const Bench& bench, const Settings& settings,
                           const StartWorker& start_worker, const OutcomeSink& sink) {
  ModelRun run(subject, bench, settings, start_worker);
  for (const Policy& policy : policies) {
    const Outcome outcome = run.measure(policy);
    if (!outcome.run && outcome.run.error().kind == ErrorKind::interrupted) {
      return tl::unexpected(outcome.run.error());
    }
    if (auto kept = sink(outcome); !kept) return kept;
  }
  return {};
}

}  // namespace joulemark::measure
