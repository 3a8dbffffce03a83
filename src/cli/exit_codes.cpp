#include <fmt/format.h>

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace joulemark::cli {
namespace {

struct Meaning {
  ExitCode code;
  std::string_view text;
};

constexpr std::array kMeanings = {
    Meaning{kOk, "done"},
    Meaning{kInternal, "a fault of joulemark: please report it"},
    Meaning{kUsage, "wrong use or wrong input"},
    Meaning{kSomeFailed, "some configurations failed; their rows say why, the others are kept"},
    Meaning{kNothingMeasured, "every configuration failed"},
    Meaning{kNotFound, "no such model, run, file or folder"},
    Meaning{kPermission, "not permitted; the message says how to allow it"},
    Meaning{kStoreProblem,
            "the database cannot be used (full, read-only, newer, busy), or the port of serve"},
    Meaning{kUnavailable,
            "this machine lacks a meter, driver or runtime that is needed, or this build its page"},
    Meaning{kInterrupted, "interrupted; what was complete is kept"},
};

}  // namespace

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_input:
      return kUsage;
    case ErrorKind::not_found:
      return kNotFound;
    case ErrorKind::permission_denied:
      return kPermission;
    case ErrorKind::io:
    case ErrorKind::storage_full:
    case ErrorKind::read_only:
    case ErrorKind::newer_schema:
    case ErrorKind::busy:
      return kStoreProblem;
    case ErrorKind::unsupported:
    case ErrorKind::meter_lost:
      return kUnavailable;
    case ErrorKind::interrupted:
      return kInterrupted;
    case ErrorKind::load_failed:
    case ErrorKind::wrong_output:
    case ErrorKind::out_of_memory:
    case ErrorKind::timed_out:
    case ErrorKind::crashed:
    case ErrorKind::unstable:
    case ErrorKind::export_failed:
      return kNothingMeasured;
    case ErrorKind::protocol:
    case ErrorKind::internal:
      return kInternal;
  }
  return kInternal;
}

std::string exit_codes_help() {
  std::string text = "Exit codes:\n";
  for (const Meaning& m : kMeanings) text += fmt::format("  {:<4}{}\n", int{m.code}, m.text);
  return text;
}

int report_error(const Error& error, bool json) {
  fmt::print(stderr, "joulemark: {}\n", error.message());
  if (json) {
    const nlohmann::ordered_json j = {
        {"error", {{"kind", name(error.kind)}, {"what", error.what}, {"next", error.next}}}};
    fmt::print("{}\n", j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return exit_code(error.kind);
}

int print_and_end(std::string_view text, bool json, int code) {
  const auto written = write_out(text);
  return written ? code : report_error(written.error(), json);
}

}  // namespace joulemark::cli
