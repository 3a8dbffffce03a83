#pragma once

#include <string>
#include <variant>

#include "base/result.hpp"
#include "campaign/crew.hpp"

/// What a run says to its members, and they to it: one message a packet, as JSON. Both ends are the
/// same program, so that it need not stay as it is.
namespace joulemark::campaign::team {

struct MeasureIdle {};
using Task = std::variant<MeasureIdle, Order>;

/// The device is open, and so is a database.
struct Ready {
  std::string kind;  ///< what artefacts are made for: "cuda"
};
struct Stage {
  std::string subject, what;
};
struct TaskDone {};
/// With an error the member ends.
using News = std::variant<Ready, Stage, StoredRow, TaskDone, Error>;

std::string to_text(const Task& task);
std::string to_text(const News& news);
/// Errors: protocol.
Result<Task> parse_task(const std::string& text);
Result<News> parse_news(const std::string& text);

}  // namespace joulemark::campaign::team
