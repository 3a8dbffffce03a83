#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "campaign/earlier_batches.hpp"
#include "measure/model.hpp"
#include "measure/observer.hpp"
#include "measure/record.hpp"
#include "meter/calibration.hpp"
#include "meter/meter.hpp"
#include "meter/registry.hpp"
#include "runtime/process_worker.hpp"
#include "runtime/registry.hpp"
#include "store/store.hpp"
#include "zoo/descriptor.hpp"

/// Measuring many models in one sitting, on one device.
namespace joulemark::campaign {

/// What holds for every model of a sitting.
struct SessionOptions {
  std::string runtime = "torch";
  std::string worker;          ///< path; empty: found by the registry
  std::string worker_options;  ///< JSON for the worker, may be empty
  std::string device = "auto";
  std::string meter = "auto";
  meter::MeterOptions meter_options;
  int threads = 0;
  bool strict = false;      ///< a flagged result is a failure
  bool several = false;     ///< models follow each other: the next one's worker is started early
  std::string setup;        ///< name of the setup; empty: made from device, runtime and artefact
  std::string campaign;     ///< groups the rows
  std::size_t devices = 1;  ///< of this host that are measured at the same time
  /// Another database, for what the one that is written to has not: a calibration, earlier rows.
  std::filesystem::path other_database;
  std::string joulemark_version;
  measure::Settings settings;
  store::OpenOptions store;
};

/// What differs from one model of a sitting to the next, besides its artefact.
struct Turn {
  bool cuda_graph = false;              ///< steps are launched as a captured CUDA graph
  std::optional<std::size_t> job = {};  ///< of a campaign, which the rows then name
};

/// The worker program, and the device that it is to use.
struct Station {
  runtime::WorkerProgram program;
  runtime::WorkerDevice device;
};

/// Errors: those of the registry and of choose_device. Sweeps what dead controllers left behind.
Result<Station> find_station(const SessionOptions& options, Clock& clock,
                             const std::atomic<bool>& interrupted);

/// The newest calibration of this meter of this device; absent when none was made. Errors: those of
/// the store, and invalid_input for one that cannot be read.
Result<std::optional<meter::Calibration>> find_calibration(store::Store& store,
                                                           const meter::MeterInfo& meter);

/// "nvidia-h200-torch-torchscript-fp16-channels_last": a name that two machines of a kind share.
/// Steps launched as a CUDA graph cost another energy: "...-cuda_graph".
std::string default_setup(const meter::MeterInfo& meter, const std::string& runtime,
                          const zoo::Descriptor& d, const Turn& turn);

/// Everything that a sitting holds open: meter, calibration, database, worker program. Rows are in
/// the database when they are handed on.
class Session {
 public:
  /// Is told in words what is being done.
  using Say = std::function<void(const std::string&)>;
  /// Receives each row after it was stored, with what it was made of. An error ends the model.
  using Sink = std::function<Result<void>(const store::Record&, const measure::Outcome&)>;

  /// Opens the meter of the station's device and the database, claims the device there, and finds
  /// its calibration. Errors: theirs.
  static Result<std::unique_ptr<Session>> open(SessionOptions options, Station station,
                                               const store::Location& db, Clock& clock,
                                               const std::atomic<bool>& interrupted);

  const runtime::WorkerDevice& device() const { return station_.device; }
  const meter::MeterInfo& meter() const { return meter_->info(); }
  const std::string& campaign() const { return context_.campaign; }
  store::Store& store() { return *store_; }

  /// Idle power, which the net energies from then on rest on. Errors: those of measure_idle.
  Result<void> measure_idle(Nanoseconds length, const Say& say);

  /// Measures one model under each policy. Errors: those of measure_model, the store's, the sink's;
  /// interrupted also where the worker was ended by what ends this process.
  Result<void> measure(const zoo::Descriptor& descriptor, const Turn& turn,
                       const std::vector<measure::Policy>& policies, const Say& say,
                       const Sink& sink);

  /// Stores a row for what could not even be tried. Errors: the store's.
  Result<store::Record> append_failure(const zoo::Descriptor& descriptor, const Turn& turn,
                                       const measure::Policy& policy, const Error& error);

 private:
  measure::Subject subject_of(const zoo::Descriptor& descriptor, const Turn& turn);
  Result<std::unique_ptr<runtime::Worker>> take_worker();
  Result<runtime::StartingWorker> launch_worker();
  Result<std::optional<meter::Calibration>> calibration_of(const meter::MeterInfo& meter);
  Result<std::optional<std::int64_t>> likely_batch(const zoo::Descriptor& descriptor,
                                                   const std::vector<measure::Policy>& policies);
  Result<std::unique_ptr<store::Store>> other_store() const;
  bool ends_too();
  Session(SessionOptions options, Station station, Clock& clock,
          const std::atomic<bool>& interrupted);

  SessionOptions options_;
  Station station_;
  Clock& clock_;
  const std::atomic<bool>& interrupted_;
  std::unique_ptr<meter::Meter> device_meter_;
  std::unique_ptr<meter::Meter> meter_;  ///< the same, with what its calibration knows
  std::unique_ptr<measure::MeterObserver> observer_;
  std::unique_ptr<store::Store> store_;
  measure::RecordContext context_;
  std::optional<EarlierBatches> earlier_;        ///< read before the first search
  std::optional<runtime::StartingWorker> next_;  ///< for the model after this one
};

}  // namespace joulemark::campaign
