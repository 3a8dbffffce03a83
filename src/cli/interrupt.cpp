#include "cli/interrupt.hpp"

#include <csignal>

namespace joulemark::cli {
namespace {

std::atomic<bool> g_interrupted{false};

std::atomic<bool> g_told_to_stop{false};

void on_signal(int) { g_interrupted = true; }
void on_stop(int) { g_told_to_stop = true; }

}  // namespace

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A full disk under a file-size limit shall be an error, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
}

void catch_stop() {
  struct sigaction action{};
  action.sa_handler = on_stop;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
}

const std::atomic<bool>& interrupted() { return g_interrupted; }

const std::atomic<bool>& told_to_stop() { return g_told_to_stop; }

}  // namespace joulemark::cli
