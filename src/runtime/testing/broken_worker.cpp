// A worker that keeps to the protocol but for one fault, which $JOULEMARK_BROKEN_WORKER names:
//   other_version       it greets as protocol 2
//   devices             its devices are an object
//   other_id            its replies answer another request
//   list                its replies are lists
//   error_kind          its errors have a number for a kind and an object for a message
//   both                its replies hold a result and an error
//   twice               it sends every reply twice
//   pieces              it sends every byte of a reply on its own; that is no fault
//   huge_length         its frames announce 4 GiB
//   closes              it closes the connection and lives on
//   steps               a run says one step more than it stamped
//   no_steps            a run says no number of steps
//   stamps_future       completions are stamped an hour ahead
//   stamps_past         completions are stamped an hour ago
//   scribbles           it overwrites the header of the shared memory after every request
//   deaf                it reads nothing after the greeting
//   orphan              it starts a process that holds the connection, and dies
//   escapes             the same, and the process leaves its group; it ends with the connection

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

#include "joulemark/serve.hpp"

namespace {

using joulemark::protocol::Connection;
using joulemark::protocol::make_frame;
using joulemark::protocol::monotonic_ns;
using joulemark::protocol::SharedMemory;
using nlohmann::json;

constexpr int kProtocolFd = 3;
constexpr int kShmFd = 4;

bool asked_for(const char* fault) {
  const char* wanted = std::getenv("JOULEMARK_BROKEN_WORKER");
  return wanted != nullptr && std::strcmp(wanted, fault) == 0;
}

void write_all(const std::string& bytes, std::size_t at_once) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n =
        write(kProtocolFd, bytes.data() + done, std::min(at_once, bytes.size() - done));
    if (n < 0) std::exit(3);
    done += static_cast<std::size_t>(n);
  }
}

/// Three steps, stamped as asked for.
json run(SharedMemory& memory) {
  constexpr std::uint64_t kSteps = 3;
  constexpr std::uint64_t kHour = 3'600'000'000'000u;
  for (std::uint64_t i = 0; i < kSteps; ++i) {
    std::uint64_t at = monotonic_ns();
    if (asked_for("stamps_future")) at += kHour;
    if (asked_for("stamps_past")) at -= std::min(at, kHour);
    memory.completions()[i] = at;
  }
  memory.header().completions_written.store(kSteps, std::memory_order_release);
  if (asked_for("no_steps")) return json::object();
  return {{"steps", asked_for("steps") ? kSteps + 1 : kSteps}};
}

json answer(const json& request, SharedMemory& memory) {
  const std::string method = request.at("method");
  if (asked_for("error_kind") && method != "hello") {
    return {{"id", request["id"]}, {"error", {{"kind", 7}, {"message", json::object()}}}};
  }
  json result = json::object();
  if (method == "hello") {
    result = {{"protocol", asked_for("other_version") ? 2 : 1},
              {"worker", "broken"},
              {"runtime_version", "1"},
              {"formats", {"reference"}},
              {"devices", json::array({json{{"name", "cpu"}}})}};
    if (asked_for("devices")) result["devices"] = {{"name", "cpu"}};
  }
  if (method == "input") memory.remap();
  if (method == "run") result = run(memory);
  json reply = {{"id", request["id"]}, {"result", result}};
  if (asked_for("other_id")) reply["id"] = 4711;
  if (asked_for("both")) reply["error"] = {{"kind", "run_failed"}, {"message", "and yet"}};
  if (asked_for("list")) reply = json::array({reply});
  return reply;
}

[[noreturn]] void hold_the_connection() {
  if (asked_for("escapes")) setsid();
  char byte = 0;
  while (asked_for("orphan") || read(kProtocolFd, &byte, 1) > 0) {
    if (asked_for("orphan")) pause();
  }
  _exit(0);
}

void misbehave_before(const json& request) {
  if (request.at("method") == "hello") return;
  if (asked_for("closes")) {
    close(kProtocolFd);
    while (true) pause();
  }
  if (asked_for("orphan") || asked_for("escapes")) {
    if (fork() == 0) hold_the_connection();
    raise(SIGKILL);
  }
}

}  // namespace

int main() {
  SharedMemory memory(kShmFd);
  Connection connection(kProtocolFd);
  std::string payload;
  while (connection.receive(payload)) {
    const json request = json::parse(payload);
    misbehave_before(request);
    std::string frame = make_frame(answer(request, memory).dump());
    if (asked_for("scribbles")) std::memset(&memory.header().input_offset, 0xff, 32);
    if (asked_for("huge_length")) std::memset(frame.data() + 8, 0xff, 4);
    write_all(frame, asked_for("pieces") ? 1 : frame.size());
    if (asked_for("twice")) write_all(frame, frame.size());
    while (asked_for("deaf")) pause();
    if (request.at("method") == "bye") return 0;
  }
}
