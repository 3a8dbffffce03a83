#include "failure_text.hpp"

namespace joulemark::torch_worker {
namespace {

constexpr std::string_view kInterpreter = "The following operation failed in the TorchScript";
constexpr std::string_view kReason = "RuntimeError: ";
constexpr std::string_view kOriginal = "Traceback of TorchScript, original code";

/// The line that begins at `from`.
std::string_view line_at(std::string_view text, std::size_t from) {
  return text.substr(from, text.find('\n', from) - from);
}

/// Of "/long/way/timm/layers/x.py(12): forward", the file and what its folder is called.
std::string_view without_the_way(std::string_view place) {
  const std::size_t file = place.rfind('/');
  if (file == std::string_view::npos || file == 0) return place;
  const std::size_t folder = place.rfind('/', file - 1);
  return folder == std::string_view::npos ? place : place.substr(folder + 1);
}

/// The line after the heading of the traceback of the original code; empty where there is none.
std::string_view innermost_place(std::string_view message) {
  const std::size_t heading = message.find(kOriginal);
  if (heading == std::string_view::npos) return {};
  const std::size_t end = message.find('\n', heading);
  return end == std::string_view::npos ? std::string_view() : line_at(message, end + 1);
}

}  // namespace

std::string failure_text(std::string_view message) {
  if (!message.starts_with(kInterpreter)) return std::string(line_at(message, 0));
  const std::size_t reason = message.rfind(kReason);
  if (reason == std::string_view::npos) return std::string(line_at(message, 0));
  std::string text(line_at(message, reason + kReason.size()));
  const std::string_view place = without_the_way(innermost_place(message));
  if (!place.empty()) text += " (" + std::string(place) + ")";
  return text;
}

}  // namespace joulemark::torch_worker
