#include "runtime/process_worker.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>

#include <nlohmann/json.hpp>

#include "joulemark/frame.hpp"
#include "runtime/child.hpp"
#include "runtime/folder.hpp"
#include "runtime/shared_region.hpp"

namespace joulemark::runtime {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// Where the child finds what it inherits (see Child).
constexpr const char* kProtocolFd = "3";
constexpr const char* kShmFd = "4";

/// How a worker's own words for a failure are called here.
ErrorKind kind_of(const std::string& worker_kind) {
  if (worker_kind == "load_failed") return ErrorKind::load_failed;
  if (worker_kind == "out_of_memory") return ErrorKind::out_of_memory;
  if (worker_kind == "run_failed") return ErrorKind::crashed;
  return ErrorKind::protocol;
}

std::string last_lines(const std::filesystem::path& log) {
  constexpr std::streamoff kMost = 600;
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMost));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class ProcessWorker final : public Worker {
 public:
  ProcessWorker(WorkerFolder folder, SharedRegion memory, Child child, int socket, Clock& clock,
                std::string name, const std::atomic<bool>* interrupted)
      : folder_(std::move(folder)),
        memory_(std::move(memory)),
        child_(std::move(child)),
        socket_(socket),
        clock_(clock),
        name_(std::move(name)),
        interrupted_(interrupted) {}

  ~ProcessWorker() override {
    if (!broken_ && !awaited_) {
      static_cast<void>(send("bye", json::object()));
      child_.finish(2s);
    } else {
      child_.finish(0s);
    }
    close(socket_);
  }

  Result<void> greet(Nanoseconds timeout) {
    const auto reply = call("hello", {{"protocol", protocol::kVersion}}, timeout);
    if (!reply) return tl::unexpected(reply.error());
    try {
      if (reply->at("protocol") != protocol::kVersion) {
        return lost(ErrorKind::protocol,
                    fmt::format("{} speaks protocol {}, this program {}", name_,
                                reply->at("protocol").dump(), protocol::kVersion));
      }
      reply->at("worker").get_to(hello_.worker);
      reply->at("runtime_version").get_to(hello_.runtime_version);
      reply->at("formats").get_to(hello_.formats);
      for (const json& d : reply->at("devices")) {
        hello_.devices.push_back(
            {d.at("name"), d.value("pci_bus_id", ""), d.value("description", "")});
      }
    } catch (const json::exception& e) {
      return lost(ErrorKind::protocol, fmt::format("{} greeted wrongly: {}", name_, e.what()));
    }
    return {};
  }

  const WorkerHello& hello() const override { return hello_; }
  pid_t pid() const override { return child_.pid(); }
  std::string log_tail() const override { return last_lines(log_path()); }

  Result<Loaded> load(const LoadRequest& r, Nanoseconds timeout) override {
    json params = {
        {"artefact", r.artefact},   {"format", r.format},   {"device", r.device},
        {"precision", r.precision}, {"layout", r.layout},   {"input_shape", r.input_shape},
        {"classes", r.classes},     {"threads", r.threads}, {"cuda_graph", r.cuda_graph}};
    if (!r.options_json.empty()) {
      params["options"] = json::parse(r.options_json, nullptr, /*allow_exceptions=*/false);
      if (!params["options"].is_object()) {
        return fail(ErrorKind::invalid_input, "the worker's options are not a JSON object",
                    "Write --worker-options '{\"key\": value}'");
      }
    }
    classes_ = r.classes;
    const Instant began = clock_.now();
    const auto reply = call("load", params, timeout);
    if (!reply) return tl::unexpected(reply.error());
    Loaded loaded;
    loaded.load_time = clock_.now() - began;
    const auto bytes = [&](const char* key) -> std::optional<std::int64_t> {
      const auto found = reply->find(key);
      if (found == reply->end() || !found->is_number_integer()) return std::nullopt;
      return found->get<std::int64_t>();
    };
    loaded.device_memory_bytes = bytes("device_memory_bytes");
    loaded.host_memory_bytes = bytes("host_memory_bytes");
    return loaded;
  }

  Result<void> set_input(std::span<const float> pixels, std::int64_t images,
                         Nanoseconds timeout) override {
    images_ = images;
    const auto logits = static_cast<std::size_t>(images * classes_);
    if (auto r = memory_.resize(pixels.size(), logits); !r) return r;
    std::copy(pixels.begin(), pixels.end(), memory_.input().begin());
    const auto reply = call("input", {{"images", images}}, timeout);
    if (!reply) return tl::unexpected(reply.error());
    return {};
  }

  Result<std::vector<float>> infer(std::int64_t batch, Nanoseconds timeout) override {
    const auto reply = call("infer", {{"batch", batch}}, timeout);
    if (!reply) return tl::unexpected(reply.error());
    const auto out = memory_.output();
    return std::vector<float>(out.begin(), out.end());
  }

  Result<void> start(std::int64_t batch, std::int64_t max_steps, int queue_depth) override {
    memory_.begin_run();
    return send("run", {{"batch", batch}, {"max_steps", max_steps}, {"queue_depth", queue_depth}});
  }

  Result<RunState> poll(std::vector<Completion>& out) override {
    const auto reply = receive(0s);
    if (auto taken = memory_.take_completions(out); !taken) return tl::unexpected(taken.error());
    if (!reply) return tl::unexpected(reply.error());
    return reply->has_value() ? RunState::finished : RunState::running;
  }

  Result<void> stop(std::vector<Completion>& out, Nanoseconds timeout) override {
    memory_.ask_to_stop();
    const auto reply = await(timeout, "end its run");
    if (!reply) return tl::unexpected(reply.error());
    return memory_.take_completions(out);
  }

 private:
  std::filesystem::path log_path() const { return folder_.path() / "worker.log"; }

  Result<json> call(const char* method, const json& params, Nanoseconds timeout) {
    if (auto sent = send(method, params); !sent) return tl::unexpected(sent.error());
    return await(timeout, fmt::format("answer '{}'", method));
  }

  Result<void> send(const char* method, const json& params) {
    if (broken_) return tl::unexpected(*broken_);
    const json request = {{"id", ++id_}, {"method", method}, {"params", params}};
    const std::string frame = protocol::make_frame(request.dump());
    for (std::size_t done = 0; done < frame.size();) {
      const ssize_t n = ::send(socket_, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return gone();
      done += static_cast<std::size_t>(n);
    }
    awaited_ = true;
    return {};
  }

  /// Waits for the reply that is due. Errors: what the worker answered, crashed, timed_out,
  /// interrupted.
  Result<json> await(Nanoseconds timeout, const std::string& what) {
    const Instant deadline = clock_.now() + timeout;
    while (true) {
      const Nanoseconds left = deadline - clock_.now();
      auto reply = receive(std::clamp<Nanoseconds>(left, 0s, 100ms));
      if (!reply) return tl::unexpected(reply.error());
      if (*reply) return std::move(**reply);
      if (interrupted_ != nullptr && *interrupted_) {
        return tl::unexpected(
            Error{ErrorKind::interrupted, "interrupted", "What was complete before is kept"});
      }
      if (clock_.now() >= deadline) {
        return lost(ErrorKind::timed_out,
                    fmt::format("{} did not {} within {:.0f} s", name_, what, seconds(timeout)));
      }
    }
  }

  /// One look at the socket, waiting at most `patience`. Holds the reply when it is complete.
  Result<std::optional<json>> receive(Nanoseconds patience) {
    if (broken_) return tl::unexpected(*broken_);
    pollfd waiting{socket_, POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    if (::poll(&waiting, 1, static_cast<int>(ms)) > 0) {
      char chunk[65536];
      const ssize_t n = recv(socket_, chunk, sizeof chunk, MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return gone();
      if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    }
    const protocol::FrameView frame = protocol::parse_frame(buffer_);
    if (frame.status == protocol::FrameStatus::need_more) return std::nullopt;
    if (frame.status != protocol::FrameStatus::complete) {
      return lost(ErrorKind::crashed, fmt::format("{} sent something that is no frame", name_));
    }
    const json reply = json::parse(frame.payload, nullptr, /*allow_exceptions=*/false);
    buffer_.erase(0, frame.consumed);
    return interpret(reply);
  }

  Result<std::optional<json>> interpret(const json& reply) {
    const bool fits = reply.is_object() && reply.contains("id") && reply["id"] == id_ && awaited_;
    if (!fits) {
      return lost(ErrorKind::crashed, fmt::format("{} sent a reply that nothing asked for", name_));
    }
    awaited_ = false;
    if (reply.contains("result") && reply["result"].is_object()) return reply["result"];
    const json error = reply.value("error", json::object());
    const std::string message = error.is_object() ? error.value("message", "no message") : "";
    return fail(kind_of(error.is_object() ? error.value("kind", "") : ""),
                fmt::format("{}: {}", name_, message.substr(0, message.find('\n'))),
                "See the worker's message, and `joulemark doctor` for what this machine offers");
  }

  /// The other end is closed: the process has ended or is about to.
  tl::unexpected<Error> gone() {
    const std::string how = child_.finish(2s);
    const std::string said = log_tail();
    return lost(ErrorKind::crashed, fmt::format("{} crashed ({}){}{}", name_, how,
                                                said.empty() ? "" : ", last words: ", said));
  }

  tl::unexpected<Error> lost(ErrorKind kind, std::string what) {
    if (kind == ErrorKind::timed_out) child_.finish(0s);
    broken_ =
        Error{kind, std::move(what),
              "Measure it alone to see whether it happens again; other models are not affected"};
    return tl::unexpected(*broken_);
  }

  WorkerFolder folder_;  // first in, last out: the process must be gone before its folder
  SharedRegion memory_;
  Child child_;
  int socket_;
  Clock& clock_;
  std::string name_;
  const std::atomic<bool>* interrupted_;
  WorkerHello hello_;
  std::string buffer_;
  std::int64_t id_ = 0;
  bool awaited_ = false;  ///< a request is out whose reply has not come
  std::int64_t classes_ = 0;
  std::int64_t images_ = 0;
  std::optional<Error> broken_;
};

Command command_for(const WorkerProgram& program, const StartOptions& options,
                    const WorkerFolder& folder, int socket, int shm) {
  Command command;
  command.program = program.path;
  command.arguments = {"--protocol-fd", kProtocolFd, "--shm-fd", kShmFd};
  command.descriptors = {socket, shm};
  command.log = folder.path() / "worker.log";
  // Whatever a runtime unpacks or compiles goes where it is removed with the worker.
  command.environment = {{"TMPDIR", folder.path().string()},
                         {"TORCHINDUCTOR_CACHE_DIR", (folder.path() / "inductor").string()}};
  if (options.threads > 0) {
    const std::string n = std::to_string(options.threads);
    command.environment.emplace_back("OMP_NUM_THREADS", n);
    command.environment.emplace_back("MKL_NUM_THREADS", n);
  }
  return command;
}

}  // namespace

Result<std::unique_ptr<Worker>> start_worker(const WorkerProgram& program,
                                             const StartOptions& options, Clock& clock) {
  auto folder = WorkerFolder::create(options.temporary_root.empty() ? temporary_root()
                                                                    : options.temporary_root);
  if (!folder) return tl::unexpected(folder.error());
  auto memory = SharedRegion::create();
  if (!memory) return tl::unexpected(memory.error());
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ErrorKind::io, fmt::format("cannot make a socket pair: {}", strerror(errno)),
                "Close other programs: this process may be out of descriptors");
  }
  auto child = Child::start(command_for(program, options, *folder, ends[1], memory->descriptor()));
  close(ends[1]);
  if (!child) {
    close(ends[0]);
    return tl::unexpected(child.error());
  }
  auto worker = std::make_unique<ProcessWorker>(
      std::move(*folder), std::move(*memory), std::move(*child), ends[0], clock,
      program.path.filename().string(), options.interrupted);
  if (auto greeted = worker->greet(options.timeout); !greeted) {
    return tl::unexpected(greeted.error());
  }
  return worker;
}

}  // namespace joulemark::runtime
