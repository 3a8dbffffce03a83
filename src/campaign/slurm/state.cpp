#include "campaign/slurm/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include <nlohmann/json.hpp>

namespace joulemark::campaign::slurm {
namespace {

using nlohmann::json;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

/// The pieces between `separator`, empty ones too.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// "CANCELLED" of "CANCELLED by 1000".
std::string first_word(std::string_view text) {
  const auto end = std::min(text.find(' '), text.find('+'));
  return std::string(text.substr(0, end));
}

/// Slurm's words for nothing.
std::string unless_none(std::string_view text) {
  const bool none = text == "None" || text == "(null)" || text == "None assigned" || text == "N/A";
  return std::string(none ? "" : text);
}

/// Of "3:0", exit code and signal, the first.
std::optional<std::int64_t> exit_code_of(std::string_view text) {
  return number_of(text.substr(0, text.find(':')));
}

// --- squeue --json: the same fields in every version, but not of the same form -------------------

const json& field(const json& j, const char* key) {
  static const json kNone;
  if (!j.is_object()) return kNone;
  const auto found = j.find(key);
  return found != j.end() ? *found : kNone;
}

/// 5, or since 23.02 {"set": true, "infinite": false, "number": 5}.
std::optional<std::int64_t> integer(const json& j, const char* key) {
  const json& value = field(j, key);
  if (value.is_object()) {
    const json& set = field(value, "set");
    if (set.is_boolean() && !set.get<bool>()) return std::nullopt;
    return integer(value, "number");
  }
  if (!value.is_number_integer()) return std::nullopt;
  const auto n = value.get<std::int64_t>();
  return n >= 0 ? std::optional(n) : std::nullopt;
}

/// "RUNNING", or since 23.11 ["RUNNING"], the state and then what goes with it.
std::string text(const json& j, const char* key) {
  const json* value = &field(j, key);
  if (value->is_array() && !value->empty()) value = &value->front();
  return value->is_string() ? value->get<std::string>() : "";
}

/// A wait status, or since 23.11 {"return_code": {...}, ...}.
std::optional<std::int64_t> exit_code(const json& j) {
  const json& value = field(j, "exit_code");
  if (value.is_object() && value.contains("return_code")) return integer(value, "return_code");
  const auto status = integer(j, "exit_code");
  return status ? std::optional(*status >> 8) : std::nullopt;
}

/// The array that a job is of, or itself.
std::int64_t array_of(const json& j) {
  const std::int64_t array = integer(j, "array_job_id").value_or(0);
  return array > 0 ? array : integer(j, "job_id").value_or(0);
}

bool is_wanted(const json& j, const Wanted& wanted) {
  if (text(j, "name") != wanted.name) return false;
  return wanted.jobs.contains(array_of(j)) || text(j, "current_working_directory") == wanted.folder;
}

/// Tasks that wait are one record of several numbers.
void add_tasks(const json& j, std::vector<Task>& tasks) {
  Task task;
  task.job = array_of(j);
  task.state = text(j, "job_state");
  task.reason = unless_none(text(j, "state_reason"));
  task.node = text(j, "nodes");
  task.restarts = integer(j, "restart_cnt");
  if (!is_active(task)) task.exit_code = exit_code(j);
  std::vector<std::int64_t> numbers = parse_array(text(j, "array_task_string"), kMostTasks);
  if (const auto own = integer(j, "array_task_id"); numbers.empty() && own) numbers = {*own};
  for (const std::int64_t number : numbers) {
    task.number = number;
    tasks.push_back(task);
  }
}

}  // namespace

bool is_active(const Task& task) {
  // Slurm grows new states; one that is not known is taken for one in which something may still
  // happen, so that nothing is submitted beside it.
  static const std::set<std::string> kOver = {
      "",          "COMPLETED", "FAILED",   "TIMEOUT",       "CANCELLED",     "NODE_FAIL",
      "PREEMPTED", "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY", "LAUNCH_FAILED", "REVOKED"};
  return !kOver.contains(task.state);
}

std::vector<std::int64_t> parse_array(std::string_view text, std::int64_t most) {
  std::set<std::int64_t> numbers;
  std::int64_t looked_at = 0;  // a text can name the same numbers again and again
  for (std::string_view part : split(text.substr(0, text.find('%')), ',')) {
    const auto colon = part.find(':');
    const auto step = colon == std::string_view::npos ? std::optional<std::int64_t>(1)
                                                      : number_of(part.substr(colon + 1));
    part = part.substr(0, colon);
    const auto dash = part.find('-');
    const auto first = number_of(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(part.substr(dash + 1));
    if (!first || !last || !step || *step < 1) return {};
    // No further than `most`, however far the text says.
    for (std::int64_t n = *first; n <= std::min(*last, most); n += std::min(*step, most + 1)) {
      if (++looked_at > most) break;
      if (n >= 1) numbers.insert(n);
    }
  }
  return {numbers.begin(), numbers.end()};
}

std::string array_text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (end - i > 1) text += fmt::format("-{}", numbers[end - 1]);
    i = end;
  }
  return text;
}

Result<std::vector<Task>> parse_squeue(std::string_view text_of_all, const Wanted& wanted) {
  std::vector<Task> tasks;
  // All jobs of the cluster are in the text, whatever was asked for (22.05): each is dropped as
  // soon as it was read. They are the objects of the list "jobs" of the whole.
  constexpr int kJob = 2;
  std::string list;
  const auto one = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) list = parsed.get<std::string>();
    if (depth != kJob || event != json::parse_event_t::object_end || list != "jobs") return true;
    if (is_wanted(parsed, wanted)) add_tasks(parsed, tasks);
    return false;
  };
  const json all = json::parse(text_of_all, one, false);
  if (!all.is_object() || !all.contains("jobs")) {
    return fail(ErrorKind::unsupported, "squeue --json gave no list of jobs",
                "Slurm 21.08 or newer has it, where its JSON plugin is installed");
  }
  const json& errors = field(all, "errors");
  if (errors.is_array() && !errors.empty()) {
    const std::string what = text(errors.front(), "description");
    return fail(ErrorKind::io,
                fmt::format("squeue: {}", what.empty() ? text(errors.front(), "error") : what),
                "`scontrol ping` says whether Slurm's controller is up");
  }
  return merged(std::move(tasks), {});
}

std::vector<Task> parse_sacct(std::string_view text_of_all, const Wanted& wanted) {
  std::vector<Task> tasks;
  for (const std::string_view line : split(text_of_all, '\n')) {
    const auto fields = split(line, '|');
    if (fields.size() != 5) continue;
    // "17_2", or "17_[3-8]" of tasks that wait.
    const auto between = fields[0].find('_');
    if (between == std::string_view::npos || fields[1] != wanted.name) continue;
    std::string numbers(fields[0].substr(between + 1));
    std::erase_if(numbers, [](char c) { return c == '[' || c == ']'; });
    Task task;
    task.job = number_of(fields[0].substr(0, between)).value_or(0);
    if (!wanted.jobs.contains(task.job)) continue;
    task.state = first_word(fields[2]);
    task.node = unless_none(fields[4]);
    if (!is_active(task)) task.exit_code = exit_code_of(fields[3]);
    for (const std::int64_t number : parse_array(numbers, kMostTasks)) {
      task.number = number;
      tasks.push_back(task);
    }
  }
  return merged(std::move(tasks), {});
}

std::vector<Task> parse_scontrol(std::string_view text_of_all, const Wanted& wanted) {
  std::vector<Task> tasks;
  for (const std::string_view line : split(text_of_all, '\n')) {
    // A value may hold spaces (a path): what then looks like a field comes after those asked for. A
    // name may too, but not ours.
    std::map<std::string_view, std::string_view> fields;
    for (const std::string_view word : split(line, ' ')) {
      const auto equals = word.find('=');
      if (equals != std::string_view::npos)
        fields.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
    const auto job = number_of(fields["ArrayJobId"]);
    const bool ours = job && (wanted.jobs.contains(*job) || fields["WorkDir"] == wanted.folder);
    if (!ours || fields["JobName"] != wanted.name) continue;
    Task task;
    task.job = *job;
    task.state = first_word(fields["JobState"]);
    task.reason = unless_none(fields["Reason"]);
    task.node = unless_none(fields["NodeList"]);
    task.restarts = number_of(fields["Restarts"]);
    if (!is_active(task)) task.exit_code = exit_code_of(fields["ExitCode"]);
    for (const std::int64_t number : parse_array(fields["ArrayTaskId"], kMostTasks)) {
      task.number = number;
      tasks.push_back(task);
    }
  }
  return merged(std::move(tasks), {});
}

std::vector<Task> merged(std::vector<Task> first, const std::vector<Task>& second) {
  first.insert(first.end(), second.begin(), second.end());
  const auto key = [](const Task& t) { return std::pair(t.job, t.number); };
  std::stable_sort(first.begin(), first.end(),
                   [&](const Task& a, const Task& b) { return key(a) < key(b); });
  const auto same = [&](const Task& a, const Task& b) { return key(a) == key(b); };
  first.erase(std::unique(first.begin(), first.end(), same), first.end());
  return first;
}

std::optional<std::int64_t> parse_time_limit(std::string_view text) {
  std::int64_t days = 0;
  const auto dash = text.find('-');
  const bool with_days = dash != std::string_view::npos;
  constexpr std::int64_t kMost = 1'000'000;
  if (with_days) {
    const auto read = number_of(text.substr(0, dash));
    if (!read || *read > kMost) return std::nullopt;
    days = *read;
    text.remove_prefix(dash + 1);
  }
  std::vector<std::int64_t> parts;
  for (const std::string_view part : split(text, ':')) {
    const auto read = number_of(part);
    if (!read || *read > kMost) return std::nullopt;
    parts.push_back(*read);
  }
  if (parts.size() > 3) return std::nullopt;
  // What is not written is 0: after days hours come first, else minutes, and of three hours.
  if (with_days || parts.size() == 3) {
    parts.resize(3, 0);
  } else {
    parts.insert(parts.begin(), 0);
    parts.resize(3, 0);
  }
  const std::int64_t seconds = ((days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2];
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

}  // namespace joulemark::campaign::slurm
