#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

/// Loads that a device can be put under to see how its meter answers. They compute nothing.
namespace joulemark::load {

/// Busy for `high` at the beginning of each `period`, idle for the rest of it; `high` equal to
/// `period` is a steady load.
struct Square {
  Nanoseconds period{0};
  Nanoseconds high{0};
  double duty() const {
    return static_cast<double>(high.count()) / static_cast<double>(period.count());
  }
};

/// A load on one device. Single-threaded use.
class Load {
 public:
  virtual ~Load() = default;

  /// "FMA kernel on NVIDIA H200, 132 multiprocessors".
  virtual std::string description() const = 0;
  /// PCI bus id of a GPU, by which its meter is found; empty for a CPU.
  virtual std::string pci_bus_id() const { return {}; }
  /// What the device is in before open(): "no context"; and after it: "context, nothing runs".
  virtual std::string closed_state() const = 0;
  virtual std::string open_state() const = 0;

  /// Gets ready, so that start() only has to start. The device does not work yet.
  virtual Result<void> open() = 0;
  /// Puts the device under the load for `length`, and returns at once with when the first period
  /// begins, within a millisecond. The load before must have ended.
  virtual Result<Instant> start(const Square& square, Nanoseconds length) = 0;
  /// Returns when the load has ended. Errors: those of the device.
  virtual Result<void> wait() = 0;

  /// How fast this host hands work to the device just now: launches of an empty kernel per second
  /// that a thread of its own manages in about `length`, after open(). Absent where the device is
  /// the host. Errors: those of the device.
  virtual Result<std::optional<double>> launches_per_second(Nanoseconds) { return std::nullopt; }
};

/// Multiplications and additions on all multiprocessors of a CUDA device, through the driver's
/// library alone. The square is kept by the GPU's own timer, within a microsecond, whatever the
/// host does meanwhile. `library`: empty for the driver's. Errors: not_found, unsupported, each
/// with the fix.
Result<std::unique_ptr<Load>> open_cuda(int device, Clock& clock, const std::string& library = {});

/// Threads that multiply and add, one for each logical CPU unless `threads` says otherwise.
std::unique_ptr<Load> make_cpu(int threads, Clock& clock);

/// The load of a device as the command line names it: "cpu", "cuda", "cuda:1".
Result<std::unique_ptr<Load>> open_load(const std::string& device, Clock& clock);

}  // namespace joulemark::load
