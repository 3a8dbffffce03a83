#include "runtime/process_worker.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "joulemark/frame.hpp"
#include "runtime/child.hpp"
#include "runtime/folder.hpp"
#include "runtime/reply.hpp"
#include "runtime/shared_region.hpp"
#include "runtime/words.hpp"

namespace joulemark::runtime {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// Where the child finds what it inherits (see Child).
constexpr const char* kProtocolFd = "3";
constexpr const char* kShmFd = "4";

/// Paths and options are text of others: they may be no UTF-8, or too long for a frame.
Result<std::string> request_frame(const json& request) {
  std::string payload;
  try {
    payload = request.dump();
  } catch (const json::type_error&) {
    return fail(ErrorKind::invalid_input, "a path or an option for the worker is not UTF-8 text",
                "Give the folder of models a name in UTF-8");
  }
  if (payload.size() > protocol::kLargestPayload) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} bytes of options are too many for the worker", payload.size()),
                "Put them into a file and name it in --worker-options");
  }
  return protocol::make_frame(payload);
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
    if (!broken_ && !awaited_ && send("bye", json::object(), kByeTimeout)) child_.wait(kEndTimeout);
    child_.end();
    close(socket_);
  }

  Result<void> greet(Nanoseconds timeout) {
    auto hello = call("hello", {{"protocol", protocol::kVersion}}, timeout, read_hello);
    if (!hello) return tl::unexpected(hello.error());
    hello_ = std::move(*hello);
    return {};
  }

  const WorkerHello& hello() const override { return hello_; }
  pid_t pid() const override { return child_.pid(); }
  std::string log_tail() const override { return last_words(folder_.path() / "worker.log"); }

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
    auto loaded = call("load", params, timeout, read_loaded);
    if (loaded) loaded->load_time = clock_.now() - began;
    return loaded;
  }

  Result<void> set_input(std::span<const float> pixels, std::int64_t images,
                         Nanoseconds timeout) override {
    const auto logits = static_cast<std::size_t>(images * classes_);
    if (auto r = memory_.resize(pixels.size(), logits); !r) return r;
    std::copy(pixels.begin(), pixels.end(), memory_.input().begin());
    return call("input", {{"images", images}}, timeout, read_done);
  }

  Result<std::vector<float>> infer(std::int64_t batch, Nanoseconds timeout) override {
    if (auto done = call("infer", {{"batch", batch}}, timeout, read_done); !done)
      return tl::unexpected(done.error());
    const auto out = memory_.output();
    return std::vector<float>(out.begin(), out.end());
  }

  Result<void> start(std::int64_t batch, std::int64_t max_steps, int queue_depth) override {
    memory_.begin_run();
    last_stamp_ = clock_.now();
    waited_.reset();
    return send("run", {{"batch", batch}, {"max_steps", max_steps}, {"queue_depth", queue_depth}},
                kRunTimeout);
  }

  Result<RunState> poll(std::vector<Completion>& out) override {
    const auto payload = receive(0s);
    if (auto taken = collect(out); !taken) return tl::unexpected(taken.error());
    if (!payload) return tl::unexpected(payload.error());
    if (!*payload) return RunState::running;
    if (auto ended = end_run(**payload); !ended) return tl::unexpected(ended.error());
    return RunState::finished;
  }

  Result<void> stop(std::vector<Completion>& out, Nanoseconds timeout) override {
    memory_.ask_to_stop();
    if (!awaited_ && !broken_) return {};  // it had ended, and poll has said so
    // Several steps may still be in the queue: each completion shows that the worker is at work.
    Instant deadline = clock_.now() + timeout;
    while (true) {
      const std::size_t before = out.size();
      const auto payload = receive(std::clamp<Nanoseconds>(deadline - clock_.now(), 0s, 100ms));
      if (auto taken = collect(out); !taken) return taken;
      if (!payload) return tl::unexpected(payload.error());
      if (*payload) return end_run(**payload);
      if (is_interrupted()) return tl::unexpected(interrupted_error());
      if (out.size() > before) deadline = clock_.now() + timeout;
      if (clock_.now() >= deadline) return late("complete a step or end its run", timeout);
    }
  }

  std::optional<Nanoseconds> waited() const override { return waited_; }

 private:
  static constexpr Nanoseconds kRunTimeout = 10s;
  static constexpr Nanoseconds kByeTimeout = 100ms;
  static constexpr Nanoseconds kEndTimeout = 2s;

  template <class T>
  Result<T> call(const char* method, const json& params, Nanoseconds timeout,
                 Answer<T> (*read)(std::string_view, const Asked&)) {
    const Instant began = clock_.now();
    if (auto sent = send(method, params, timeout); !sent) return tl::unexpected(sent.error());
    const auto payload = await(began, timeout, fmt::format("answer '{}'", method));
    if (!payload) return tl::unexpected(payload.error());
    return settle(read(*payload, Asked{id_, name_}));
  }

  /// A worker that broke the protocol is given up.
  template <class T>
  Result<T> settle(Answer<T> answer) {
    return std::move(answer).map_error([&](const Refusal& refusal) {
      if (refusal.lost) broken_ = refusal.error;
      return refusal.error;
    });
  }

  /// The stamps that came since, checked.
  Result<void> collect(std::vector<Completion>& out) {
    const std::size_t before = out.size();
    if (auto taken = memory_.take_completions(out); !taken) return give_up(taken.error());
    const auto fresh = std::span<const Completion>(out).subspan(before);
    if (auto sound = check_stamps(fresh, last_stamp_, clock_.now()); !sound) {
      out.resize(before);
      return give_up(sound.error());
    }
    if (!fresh.empty()) last_stamp_ = fresh.back().at;
    return {};
  }

  Result<void> end_run(std::string_view payload) {
    const auto end = settle(read_run_end(payload, Asked{id_, name_}));
    if (!end) return tl::unexpected(end.error());
    waited_ = end->waited;
    if (end->steps == memory_.taken()) return {};
    return lost(ErrorKind::crashed, fmt::format("{} says it completed {} steps and stamped {}",
                                                name_, end->steps, memory_.taken()));
  }

  Result<void> send(const char* method, const json& params, Nanoseconds timeout) {
    if (broken_) return tl::unexpected(*broken_);
    auto frame = request_frame({{"id", id_ + 1}, {"method", method}, {"params", params}});
    if (!frame) return tl::unexpected(frame.error());
    ++id_;
    const Instant deadline = clock_.now() + timeout;
    for (std::string_view left = *frame; !left.empty();) {
      const ssize_t n = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
      if (n < 0 && errno != EINTR && errno != EAGAIN) return gone();
      if (n < 0 && is_interrupted()) return give_up(interrupted_error());
      if (n < 0 && clock_.now() >= deadline) return late(fmt::format("read '{}'", method), timeout);
      if (n < 0) wait_for(POLLOUT, 100ms);
    }
    awaited_ = true;
    return {};
  }

  /// Waits until `timeout` after `began` for the payload of the reply that is due. Errors: crashed,
  /// timed_out, interrupted.
  Result<std::string> await(Instant began, Nanoseconds timeout, const std::string& what) {
    const Instant deadline = began + timeout;
    while (true) {
      const Nanoseconds left = deadline - clock_.now();
      auto payload = receive(std::clamp<Nanoseconds>(left, 0s, 100ms));
      if (!payload) return tl::unexpected(payload.error());
      if (*payload) return std::move(**payload);
      if (is_interrupted()) return tl::unexpected(interrupted_error());
      if (clock_.now() >= deadline) return late(what, timeout);
    }
  }

  bool is_interrupted() const { return interrupted_ != nullptr && *interrupted_; }
  static Error interrupted_error() {
    return {ErrorKind::interrupted, "interrupted", "What was complete before is kept"};
  }

  /// True when the socket is ready for `events` within `patience`.
  bool wait_for(short events, Nanoseconds patience) {
    pollfd waiting{socket_, events, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    return ::poll(&waiting, 1, static_cast<int>(ms)) > 0;
  }

  /// One look at the socket, waiting at most `patience`. Holds a payload when one is complete.
  Result<std::optional<std::string>> receive(Nanoseconds patience) {
    if (broken_) return tl::unexpected(*broken_);
    // Asked first: what a process wrote before it ended is still there to be read.
    const bool ended = child_.ended().has_value();
    ssize_t n = -1;
    if (wait_for(POLLIN, patience)) {
      char chunk[65536];
      n = recv(socket_, chunk, sizeof chunk, MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return gone();
      if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    }
    if (ended && n < 0) return gone();
    const protocol::FrameView frame = protocol::parse_frame(buffer_);
    if (frame.status == protocol::FrameStatus::need_more) return std::nullopt;
    if (frame.status != protocol::FrameStatus::complete) {
      return lost(ErrorKind::crashed, fmt::format("{} sent something that is no frame", name_));
    }
    if (!awaited_) {
      return lost(ErrorKind::crashed, fmt::format("{} sent a reply that nothing asked for", name_));
    }
    awaited_ = false;
    std::string payload(frame.payload);
    buffer_.erase(0, frame.consumed);
    return payload;
  }

  /// The other end is closed: the process has ended or is about to.
  tl::unexpected<Error> gone() {
    const auto how = child_.wait(kEndTimeout);
    const std::string said = log_tail();
    return lost(ErrorKind::crashed,
                fmt::format("{} crashed ({}){}{}", name_, how.value_or("it closed its connection"),
                            said.empty() ? "" : ", last words: ", said));
  }

  tl::unexpected<Error> late(const std::string& what, Nanoseconds timeout) {
    child_.end();
    return lost(ErrorKind::timed_out,
                fmt::format("{} did not {} within {:.3g} s", name_, what, seconds(timeout)));
  }

  tl::unexpected<Error> lost(ErrorKind kind, std::string what) {
    return give_up({kind, std::move(what),
                    "Measure it alone to see whether it happens again; other models are not "
                    "affected"});
  }

  tl::unexpected<Error> give_up(Error error) {
    broken_ = std::move(error);
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
  Instant last_stamp_;                 ///< no stamp of this run may be before it
  std::optional<Nanoseconds> waited_;  ///< in the run that ended last
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

Result<std::unique_ptr<Worker>> StartingWorker::greet() && {
  if (auto greeted = greet_(); !greeted) return tl::unexpected(greeted.error());
  return std::move(worker_);
}

Result<StartingWorker> launch_worker(const WorkerProgram& program, const StartOptions& options,
                                     Clock& clock) {
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
  StartingWorker starting;
  starting.greet_ = [of = worker.get(), timeout = options.timeout] { return of->greet(timeout); };
  starting.worker_ = std::move(worker);
  return starting;
}

Result<std::unique_ptr<Worker>> start_worker(const WorkerProgram& program,
                                             const StartOptions& options, Clock& clock) {
  auto starting = launch_worker(program, options, clock);
  if (!starting) return tl::unexpected(starting.error());
  return std::move(*starting).greet();
}

}  // namespace joulemark::runtime
