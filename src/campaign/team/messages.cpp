#include "campaign/team/messages.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace joulemark::campaign::team {
namespace {

using nlohmann::json;

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

/// Whatever bytes a model's name or a library's message has.
std::string dump(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

/// So that a message fits into a packet: what is longer is an essay, of which nobody needs all.
std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 4096;
  return text.size() <= kMost ? text : text.substr(0, kMost) + " ...";
}

tl::unexpected<Error> wrong(const std::string& text) {
  return fail(ErrorKind::protocol, fmt::format("'{:.80}' is no message", text),
              "Was this program replaced while it ran?");
}

std::string policy_text(const measure::Policy& policy) {
  return policy.has_batch() ? std::to_string(policy.batch) : std::string(name(policy.kind));
}

json order_json(const Order& order) {
  json policies = json::array();
  for (const measure::Policy& policy : order.step.policies) policies.push_back(policy_text(policy));
  return {{"is", "order"},
          {"job", order.step.job},
          {"policies", std::move(policies)},
          {"no_artefact", shortened(order.no_artefact)}};
}

/// Throws what json throws, and Error for a policy.
Order read_order(const json& j) {
  Order order;
  if (!j.at("job").is_number_unsigned()) throw json::other_error::create(501, "no job", nullptr);
  order.step.job = j.at("job").get<std::size_t>();
  order.no_artefact = j.at("no_artefact").get<std::string>();
  for (const std::string text : j.at("policies")) {
    const auto policy = measure::parse_policy(text);
    if (!policy) throw json::other_error::create(501, "no policy", nullptr);
    order.step.policies.push_back(*policy);
  }
  return order;
}

Error read_error(const json& j) {
  return {kind_named(j.at("kind").get<std::string>()).value_or(ErrorKind::internal),
          j.at("what").get<std::string>(), j.at("next").get<std::string>()};
}

/// What `read` makes of the object that the text is, by its field "is".
template <class T, class Read>
Result<T> parse(const std::string& text, const Read& read) {
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return wrong(text);
  try {
    const std::optional<T> message = read(j, j.at("is").get<std::string>());
    if (message) return *message;
  } catch (const json::exception&) {
    return wrong(text);
  }
  return wrong(text);
}

}  // namespace

std::string to_text(const Task& task) {
  return dump(std::visit(Match{[](const MeasureIdle&) { return json{{"is", "idle"}}; },
                               [](const Order& order) { return order_json(order); }},
                         task));
}

std::string to_text(const News& news) {
  return dump(std::visit(
      Match{[](const Ready& n) { return json{{"is", "ready"}, {"kind", n.kind}}; },
            [](const Stage& n) {
              return json{
                  {"is", "stage"}, {"subject", shortened(n.subject)}, {"what", shortened(n.what)}};
            },
            [](const StoredRow& n) {
              return json{{"is", "row"}, {"status", n.status}, {"words", shortened(n.words)}};
            },
            [](const TaskDone&) { return json{{"is", "done"}}; },
            [](const Error& e) {
              return json{{"is", "error"},
                          {"kind", name(e.kind)},
                          {"what", shortened(e.what)},
                          {"next", shortened(e.next)}};
            }},
      news));
}

Result<Task> parse_task(const std::string& text) {
  return parse<Task>(text, [](const json& j, const std::string& is) -> std::optional<Task> {
    if (is == "idle") return MeasureIdle{};
    if (is == "order") return read_order(j);
    return std::nullopt;
  });
}

Result<News> parse_news(const std::string& text) {
  return parse<News>(text, [](const json& j, const std::string& is) -> std::optional<News> {
    if (is == "ready") return Ready{j.at("kind").get<std::string>()};
    if (is == "stage")
      return Stage{j.at("subject").get<std::string>(), j.at("what").get<std::string>()};
    if (is == "row")
      return StoredRow{j.at("status").get<std::string>(), j.at("words").get<std::string>()};
    if (is == "done") return TaskDone{};
    if (is == "error") return read_error(j);
    return std::nullopt;
  });
}

}  // namespace joulemark::campaign::team
