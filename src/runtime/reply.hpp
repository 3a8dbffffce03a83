#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

#include "base/result.hpp"
#include "runtime/worker.hpp"

/// What a worker's reply means. A worker may be broken or hostile: any bytes are read as a value or
/// as a typed error, never as an exception.
namespace joulemark::runtime {

/// The request that a reply must answer.
struct Asked {
  std::int64_t id = 0;
  std::string_view worker;  ///< its name, for messages
};

/// Why a reply holds no value.
struct Refusal {
  Error error;
  bool lost = false;  ///< the worker broke the protocol: nothing that it says later means anything
};

template <class T>
using Answer = tl::expected<T, Refusal>;

Answer<WorkerHello> read_hello(std::string_view payload, const Asked& asked);
/// The memory that the worker reports; the time is the caller's.
Answer<Loaded> read_loaded(std::string_view payload, const Asked& asked);
/// What a worker says of a run that has ended.
struct RunEnd {
  std::uint64_t steps = 0;
  std::optional<Nanoseconds> waited;  ///< for the device; absent where the worker does not say
};
Answer<RunEnd> read_run_end(std::string_view payload, const Asked& asked);
/// A reply that says no more than that the request was done.
Answer<void> read_done(std::string_view payload, const Asked& asked);

}  // namespace joulemark::runtime
