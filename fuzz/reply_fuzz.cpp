#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.hpp"
#include "runtime/reply.hpp"
#include "runtime/words.hpp"

namespace {

namespace runtime = joulemark::runtime;
using joulemark::ErrorKind;

void require(bool holds) {
  if (!holds) std::abort();
}

/// One line of text that a terminal shows and JSON can hold.
void require_text(std::string_view text) {
  require(text == joulemark::one_line(text, text.size()));
}

template <class T>
bool read(const runtime::Answer<T>& answer) {
  if (answer) return true;
  const joulemark::Error& error = answer.error().error;
  require(!error.what.empty() && !error.next.empty());
  require_text(error.what);
  // What a worker says is never the end of a command but a row, or a worker that is not used.
  require(joulemark::is_configuration_failure(error.kind) || error.kind == ErrorKind::protocol);
  return false;
}

}  // namespace

/// A reply comes from a process that may be broken or hostile: any bytes give a value that keeps
/// its promises, or an error that says what to do.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const runtime::Asked asked{7, "worker"};
  const auto hello = runtime::read_hello(payload, asked);
  if (read(hello)) {
    require(!hello->worker.empty() && !hello->runtime_version.empty() && !hello->devices.empty());
    require_text(hello->worker);
    require_text(hello->runtime_version);
    for (const auto& d : hello->devices) {
      require(!d.name.empty());
      require_text(d.name);
    }
  }
  const auto loaded = runtime::read_loaded(payload, asked);
  if (read(loaded)) {
    require(loaded->device_memory_bytes.value_or(0) >= 0);
    require(loaded->host_memory_bytes.value_or(0) >= 0);
  }
  const bool done = read(runtime::read_done(payload, asked));
  require(done == loaded.has_value());
  require(done || !hello);
  const auto end = runtime::read_run_end(payload, asked);
  if (read(end)) {
    require(done);
    require(!end->waited || end->waited->count() >= 0);
  }
  return 0;
}
