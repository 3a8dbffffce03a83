#include "runtime/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

namespace joulemark::runtime {
namespace {

/// Where descriptors are parked while they are put in place, out of the way of their targets.
constexpr int kParked = 64;

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> result;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry = *e;
    const bool replaced = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
      return entry.substr(0, entry.find('=')) == change.first;
    });
    if (!replaced) result.emplace_back(entry);
  }
  for (const auto& [key, value] : changes) result.push_back(fmt::format("{}={}", key, value));
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

/// A descriptor of this process that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Made before the fork. Room for more CPUs than any kernel is built for.
struct CpuSet {
  explicit CpuSet(const std::vector<int>& cpus) : any(!cpus.empty()) {
    for (const int cpu : cpus)
      CPU_SET_S(static_cast<std::size_t>(cpu), sizeof bits,
                reinterpret_cast<cpu_set_t*>(bits.data()));
  }
  const cpu_set_t* get() const { return reinterpret_cast<const cpu_set_t*>(bits.data()); }
  bool any;
  std::array<unsigned long, 256> bits{};
};

/// What the child needs between fork and exec, where only async-signal-safe calls are allowed.
struct Prepared {
  const char* program;
  char* const* argv;
  char* const* envp;
  const std::vector<Descriptor>& descriptors;  ///< become 0, 1, 2, ...
  int failure;  ///< told why exec failed; closed by an exec that did not
  pid_t parent;
  const CpuSet& cpus;
};

/// errno, to the process that waits for it.
[[noreturn]] void give_up(const Prepared& p) {
  const int error = errno;
  static_cast<void>(!write(p.failure, &error, sizeof error));
  _exit(127);
}

[[noreturn]] void become(const Prepared& p) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != p.parent) _exit(127);  // the parent died before the line above took effect
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (const int s : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) sigaction(s, &standard, nullptr);
  int target = 0;
  for (const Descriptor& d : p.descriptors) dup2(d.get(), target++);
  // Not every library opens its files close-on-exec: a driver's would be open twice.
  close_range(static_cast<unsigned>(target), ~0U, CLOSE_RANGE_CLOEXEC);
  if (p.cpus.any && sched_setaffinity(0, sizeof p.cpus.bits, p.cpus.get()) != 0) give_up(p);
  execve(p.program, p.argv, p.envp);
  give_up(p);
}

/// The errno of an exec that failed; 0 when it did not, or when the child died before it.
int exec_error(int pipe) {
  int error = 0;
  ssize_t n = 0;
  while ((n = read(pipe, &error, sizeof error)) < 0 && errno == EINTR) {
  }
  return n == sizeof error ? error : 0;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const char* abbreviation = sigabbrev_np(WTERMSIG(status));
    return abbreviation != nullptr ? fmt::format("SIG{}", abbreviation)
                                   : fmt::format("signal {}", WTERMSIG(status));
  }
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

Result<Child> Child::start(const Command& command) {
  const auto io_error = [&](const char* what) {
    return fail(
        ErrorKind::io,
        fmt::format("cannot start {}: {}: {}", command.program.string(), what, strerror(errno)),
        "Check that the file is a program of this machine, and that memory and processes are left");
  };
  const Descriptor log(open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.get() < 0) return io_error("log");
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<int> inherited = {null.get(), log.get(), log.get()};
  inherited.insert(inherited.end(), command.descriptors.begin(), command.descriptors.end());
  std::vector<Descriptor> parked;
  for (const int fd : inherited) {
    parked.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, kParked));
    if (parked.back().get() < 0) return io_error("descriptors");
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return io_error("pipe");
  const Descriptor failure_read(ends[0]);
  Descriptor failure_write(fcntl(ends[1], F_DUPFD_CLOEXEC, kParked));
  close(ends[1]);
  if (failure_write.get() < 0) return io_error("descriptors");

  std::vector<std::string> arguments = {command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_with(command.environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const CpuSet cpus(command.cpus);
  const Prepared prepared{command.program.c_str(), argv.data(), envp.data(), parked,
                          failure_write.get(),     getpid(),    cpus};
  const pid_t pid = fork();
  if (pid == 0) become(prepared);
  if (pid < 0) return io_error("fork");
  Child child(pid);
  failure_write.reset();
  if (const int error = exec_error(failure_read.get()); error != 0) {
    errno = error;
    return io_error("exec");
  }
  return child;
}

Child::Child(Child&& other) noexcept : pid_(other.pid_), how_(std::move(other.how_)) {
  other.pid_ = -1;
}

Child::~Child() {
  if (pid_ > 0) end();
}

std::optional<std::string> Child::ended() {
  if (how_) return how_;
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_) {
    return std::nullopt;
  }
  // Compilers that a runtime started end with it. Only now, before it is reaped, is its number
  // certain to be no other process's group.
  kill(-pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  how_ = describe(status);
  return how_;
}

std::optional<std::string> Child::wait(Nanoseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return how_;
}

std::string Child::end() {
  while (!ended()) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);  // it may not have made its group yet
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  return *how_;
}

}  // namespace joulemark::runtime
