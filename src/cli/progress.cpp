#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace joulemark::cli {
namespace {

/// Rounded as a person says it: seconds below a minute and a half, then minutes.
std::string about(double seconds) {
  if (seconds < 90.0) return fmt::format("about {:.0f} s left", std::ceil(seconds / 5.0) * 5.0);
  return fmt::format("about {:.0f} min left", std::ceil(seconds / 60.0));
}

std::size_t terminal_width(std::FILE* out) {
  winsize size{};
  const bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(Clock& clock, std::size_t total, bool terminal, std::FILE* out)
    : clock_(clock), total_(total), terminal_(terminal), out_(out) {}

Progress Progress::on_stderr(Clock& clock, std::size_t total) {
  return Progress(clock, total, isatty(STDERR_FILENO) == 1, stderr);
}

std::string Progress::position() const {
  std::string text = fmt::format("{}/{}", done_, total_);
  // A campaign exports a whole lot before its first row: that is not the pace of those after it.
  if (done_ > 1 && done_ < total_) {
    const double each = seconds(clock_.now() - first_) / static_cast<double>(done_ - 1);
    text += ", " + about(each * static_cast<double>(total_ - done_));
  }
  return text;
}

void Progress::stage(const std::string& subject, const std::string& what) {
  if (!terminal_) return;
  std::string line = fmt::format("[{}] {}: {}", position(), subject, what);
  line.resize(
      std::min(line.size(), terminal_width(out_) - 1));  // a wrapped line cannot be rewritten
  fmt::print(out_, "\r\033[K{}", line);
  std::fflush(out_);
}

void Progress::finished(const std::string& summary) {
  if (++done_ == 1) first_ = clock_.now();
  clear();
  fmt::print(out_, "[{}] {}\n", position(), summary);
  std::fflush(out_);
}

void Progress::note(const std::string& what) {
  clear();
  fmt::print(out_, "joulemark: {}\n", what);
  std::fflush(out_);
}

void Progress::clear() {
  if (!terminal_) return;
  fmt::print(out_, "\r\033[K");
  std::fflush(out_);
}

}  // namespace joulemark::cli
