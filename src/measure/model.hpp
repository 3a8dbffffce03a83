#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "measure/run.hpp"
#include "runtime/worker.hpp"
#include "zoo/descriptor.hpp"

/// One model from its artefact to a report for every batch policy asked for.
namespace joulemark::measure {

/// Which batch size to report. Persisted by name: append only.
enum class PolicyKind { batch_1, throughput, min_energy, fixed };
struct Policy {
  PolicyKind kind = PolicyKind::batch_1;
  std::int64_t batch = 1;  ///< of `fixed` and `batch_1`
  /// Whether it states its batch, and no search has to find one.
  bool has_batch() const { return kind == PolicyKind::batch_1 || kind == PolicyKind::fixed; }
};
/// batch_1 | throughput | min_energy | fixed
std::string_view name(PolicyKind kind);
/// "1", "throughput", "min_energy" or a batch size. Error: invalid_input.
Result<Policy> parse_policy(std::string_view text);

/// What is measured, and how it is loaded.
struct Subject {
  zoo::Descriptor descriptor;
  std::string runtime;  ///< registry name, "torch"
  std::string device;   ///< as the worker calls it: "cpu", "cuda:0"
  int threads = 0;
  bool cuda_graph = false;
  std::string options_json;
  /// What an earlier search found, to begin with: it ends after some three sizes then. It must be
  /// positive. Where the least energy is looked for it would hide the smaller sizes.
  std::optional<std::int64_t> likely_batch = {};
};

/// What was learnt while loading, for every row of the model.
struct LoadReport {
  runtime::WorkerHello hello;
  runtime::Loaded loaded;
  GateReport gate;
  zoo::Artefact artefact;
  Nanoseconds ready_after{0};  ///< from starting the worker to a passed gate
};

/// One policy's result: `run` is a number, an unstable run with what was seen, or an error. `load`
/// is absent when loading failed.
struct Outcome {
  Policy policy;
  std::optional<std::int64_t> batch;  ///< absent when no batch size could be decided on
  std::optional<LoadReport> load;
  std::optional<BatchSearch> search;
  /// Wall time of this policy: all of it, with starting and loading where it needed them; the
  /// bursts of its batch search; and the check of the output, which on a GPU prepares the size that
  /// runs first. Hardly any where it shares what another policy measured.
  Nanoseconds took{0}, searched{0}, checked{0};
  Result<RunReport> run = fail(ErrorKind::internal, "not run");
};

using StartWorker = std::function<Result<std::unique_ptr<runtime::Worker>>()>;
/// Receives each outcome as soon as it exists, so that nothing waits in memory to be lost.
/// An error from it (the store is full, say) ends the model.
using OutcomeSink = std::function<Result<void>(const Outcome&)>;

/// Measures `subject` under each policy. A failure of a configuration is an outcome, and the next
/// policy gets a fresh worker. Returned errors end the command: interrupted, or the sink's.
Result<void> measure_model(const Subject& subject, const std::vector<Policy>& policies,
                           const Bench& bench, const Settings& settings,
                           const StartWorker& start_worker, const OutcomeSink& sink);

}  // namespace joulemark::measure
