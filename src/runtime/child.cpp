#include "runtime/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace joulemark::runtime {
namespace {

/// First descriptor that the child gets; 0 to 2 are its standard streams.
constexpr int kFirstDescriptor = 3;
/// Where descriptors are parked while they are put in place, out of the way of their targets.
constexpr int kParked = 64;

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> result;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string entry = *e;
    const bool replaced = [&] {
      for (const auto& [key, value] : changes) {
        if (entry.starts_with(key + "=")) return true;
      }
      return false;
    }();
    if (!replaced) result.push_back(entry);
  }
  for (const auto& [key, value] : changes) result.push_back(key + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

/// Between fork and exec only async-signal-safe calls are allowed: everything is prepared before.
[[noreturn]] void become(const char* program, char* const* argv, char* const* envp,
                         const std::vector<int>& descriptors, int log, int null, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above took effect
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (const int s : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) sigaction(s, &standard, nullptr);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  int target = kFirstDescriptor;
  for (const int fd : descriptors) dup2(fd, target++);
  execve(program, argv, envp);
  _exit(127);
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const char* abbreviation = sigabbrev_np(WTERMSIG(status));
    return abbreviation != nullptr ? fmt::format("SIG{}", abbreviation)
                                   : fmt::format("signal {}", WTERMSIG(status));
  }
  if (WEXITSTATUS(status) == 127) return "exit code 127: it cannot be executed on this machine";
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

Result<Child> Child::start(const Command& command) {
  const auto io_error = [&](const char* what) {
    return fail(
        ErrorKind::io,
        fmt::format("cannot start {}: {}: {}", command.program.string(), what, strerror(errno)),
        "Check that the file is executable and that the machine has memory and processes left");
  };
  const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return io_error("log");
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::vector<int> parked;
  for (const int fd : command.descriptors) parked.push_back(fcntl(fd, F_DUPFD_CLOEXEC, kParked));

  std::vector<std::string> arguments = {command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_with(command.environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0)
    become(command.program.c_str(), argv.data(), envp.data(), parked, log, null, parent);

  const int error = errno;
  for (const int fd : parked) close(fd);
  close(log);
  close(null);
  errno = error;
  if (pid < 0) return io_error("fork");
  return Child(pid);
}

Child::Child(Child&& other) noexcept : pid_(other.pid_), how_(std::move(other.how_)) {
  other.pid_ = -1;
}

Child::~Child() {
  if (pid_ > 0) finish(Nanoseconds(0));
}

std::optional<std::string> Child::ended() {
  if (how_) return how_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) how_ = describe(status);
  return how_;
}

std::string Child::finish(Nanoseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (!how_) {
    kill(-pid_, SIGKILL);  // the whole group: compilers that a runtime started, too
    kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    how_ = describe(status);
  }
  return *how_;
}

}  // namespace joulemark::runtime
