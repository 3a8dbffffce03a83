#include "runtime/reply.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/utf8.hpp"
#include "joulemark/frame.hpp"

namespace joulemark::runtime {
namespace {

using nlohmann::json;

/// Of a run's waiting time in seconds: far more than any run lasts, and it fits into nanoseconds.
constexpr double kLongestWait = 1e8;
constexpr const char* kReport = "Report this with the worker's log: it breaks the protocol";

tl::unexpected<Refusal> broken(ErrorKind kind, std::string what) {
  return tl::unexpected(Refusal{{kind, std::move(what), kReport}, true});
}

/// How a worker's own word for a failure is called here.
ErrorKind kind_of(std::string_view word) {
  if (word == "load_failed") return ErrorKind::load_failed;
  if (word == "out_of_memory") return ErrorKind::out_of_memory;
  return ErrorKind::crashed;
}

std::optional<std::string> text(const json& from, const char* field) {
  const auto found = from.find(field);
  if (found == from.end() || !found->is_string()) return std::nullopt;
  return one_line(found->get_ref<const std::string&>());
}

/// The plain values among the settings that a worker states, as a JSON object; empty without any.
std::string settings(const json& from) {
  constexpr std::size_t kMostSettings = 64;
  const auto found = from.find("settings");
  if (found == from.end() || !found->is_object() || found->size() > kMostSettings) return "";
  json plain = json::object();
  for (const auto& [name, value] : found->items()) {
    if (value.is_string()) {
      plain[one_line(name)] = one_line(value.get_ref<const std::string&>());
    } else if (value.is_number() || value.is_boolean()) {
      plain[one_line(name)] = value;
    }
  }
  return plain.empty() ? "" : plain.dump();
}

std::optional<std::int64_t> count(const json& from, const char* field) {
  const auto found = from.find(field);
  if (found == from.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() &&
      found->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  const auto value = found->get<std::int64_t>();
  return value < 0 ? std::nullopt : std::optional(value);
}

/// "joulemark-worker-torch: cannot open model.pt", from the first line of the worker's message.
std::string in_words(const json& error, const Asked& asked) {
  const auto message = error.find("message");
  if (message == error.end() || !message->is_string()) {
    return fmt::format("{} failed without saying why", asked.worker);
  }
  const std::string_view all = message->get_ref<const std::string&>();
  return fmt::format("{}: {}", asked.worker, one_line(all.substr(0, all.find('\n'))));
}

/// The result of a reply, in `reply`.
Answer<const json*> result_of(const json& reply, const Asked& asked) {
  if (!reply.is_object()) {
    return broken(ErrorKind::crashed, fmt::format("{} sent no JSON object", asked.worker));
  }
  const auto id = reply.find("id");
  if (id == reply.end() || !id->is_number_integer() || *id != asked.id) {
    return broken(ErrorKind::crashed,
                  fmt::format("{} sent a reply that nothing asked for", asked.worker));
  }
  const auto result = reply.find("result");
  const auto error = reply.find("error");
  if (error == reply.end() && result != reply.end() && result->is_object()) return &*result;
  if (error == reply.end() || !error->is_object() || result != reply.end()) {
    return broken(ErrorKind::crashed,
                  fmt::format("{} sent a reply that is neither result nor error", asked.worker));
  }
  const ErrorKind kind = kind_of(text(*error, "kind").value_or(""));
  return tl::unexpected(
      Refusal{{kind, in_words(*error, asked),
               "See the worker's message, and `joulemark doctor` for what this machine offers"}});
}

json parse(std::string_view payload) {
  return json::parse(payload, nullptr, /*allow_exceptions=*/false);
}

/// The devices of `hello`; absent when they are no list of named devices.
std::optional<std::vector<WorkerDevice>> devices_of(const json& hello) {
  const auto list = hello.find("devices");
  if (list == hello.end() || !list->is_array() || list->empty()) return std::nullopt;
  std::vector<WorkerDevice> devices;
  for (const json& d : *list) {
    const auto name = d.is_object() ? text(d, "name") : std::nullopt;
    if (!name || name->empty()) return std::nullopt;
    devices.push_back(
        {*name, text(d, "pci_bus_id").value_or(""), text(d, "description").value_or("")});
  }
  return devices;
}

std::optional<std::vector<std::string>> formats_of(const json& hello) {
  const auto list = hello.find("formats");
  if (list == hello.end() || !list->is_array()) return std::nullopt;
  std::vector<std::string> formats;
  for (const json& f : *list) {
    if (!f.is_string()) return std::nullopt;
    formats.push_back(one_line(f.get_ref<const std::string&>()));
  }
  return formats;
}

}  // namespace

Answer<WorkerHello> read_hello(std::string_view payload, const Asked& asked) {
  const json reply = parse(payload);
  const auto result = result_of(reply, asked);
  if (!result) return tl::unexpected(result.error());
  const json& said = **result;
  const auto version = count(said, "protocol");
  const auto wrong = [&](const char* field) {
    return broken(ErrorKind::protocol,
                  fmt::format("{} greeted without a sound '{}'", asked.worker, field));
  };
  if (!version) return wrong("protocol");
  if (*version != protocol::kVersion) {
    return broken(ErrorKind::protocol, fmt::format("{} speaks protocol {}, this program {}",
                                                   asked.worker, *version, protocol::kVersion));
  }
  const auto worker = text(said, "worker");
  if (!worker || worker->empty()) return wrong("worker");
  const auto runtime_version = text(said, "runtime_version");
  if (!runtime_version || runtime_version->empty()) return wrong("runtime_version");
  auto formats = formats_of(said);
  if (!formats) return wrong("formats");
  auto devices = devices_of(said);
  if (!devices) return wrong("devices");
  return WorkerHello{*worker, *runtime_version, std::move(*formats), std::move(*devices)};
}

Answer<Loaded> read_loaded(std::string_view payload, const Asked& asked) {
  const json reply = parse(payload);
  const auto result = result_of(reply, asked);
  if (!result) return tl::unexpected(result.error());
  Loaded loaded;
  loaded.device_memory_bytes = count(**result, "device_memory_bytes");
  loaded.host_memory_bytes = count(**result, "host_memory_bytes");
  loaded.settings_json = settings(**result);
  return loaded;
}

Answer<RunEnd> read_run_end(std::string_view payload, const Asked& asked) {
  const json reply = parse(payload);
  const auto result = result_of(reply, asked);
  if (!result) return tl::unexpected(result.error());
  const auto steps = count(**result, "steps");
  if (!steps) {
    return broken(ErrorKind::crashed,
                  fmt::format("{} ended a run without a number of steps", asked.worker));
  }
  RunEnd end{static_cast<std::uint64_t>(*steps), std::nullopt};
  const auto waited = (*result)->find("waited_s");
  if (waited != (*result)->end() && waited->is_number()) {
    const double seconds = *waited;
    if (seconds >= 0.0 && seconds <= kLongestWait) end.waited = from_seconds(seconds);
  }
  return end;
}

Answer<void> read_done(std::string_view payload, const Asked& asked) {
  const json reply = parse(payload);
  const auto result = result_of(reply, asked);
  if (!result) return tl::unexpected(result.error());
  return {};
}

}  // namespace joulemark::runtime
