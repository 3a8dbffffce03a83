#include "calibrate/text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace joulemark::calibrate {
namespace {

using meter::Calibration;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kSchema = "joulemark.calibration/1";

/// One visitor for both directions: what is written is what is read.
class Writer {
 public:
  explicit Writer(ordered_json& to) : to_(to) {}
  void member(const char* key, const std::string& value) { to_[key] = value; }
  void member(const char* key, const double& value) { to_[key] = value; }
  void member(const char* key, const bool& value) { to_[key] = value; }
  void member(const char* key, const std::size_t& value) { to_[key] = value; }
  void member(const char* key, const std::vector<double>& value) { to_[key] = value; }
  void member(const char* key, const std::optional<double>& value) {
    if (value) to_[key] = *value;
  }

 private:
  ordered_json& to_;
};

class Reader {
 public:
  explicit Reader(const json& from) : from_(from) {}
  template <class T>
  void member(const char* key, T& value) {
    if (!from_.contains(key))
      throw json::out_of_range::create(0, fmt::format("'{}' is missing", key), &from_);
    from_.at(key).get_to(value);
  }
  void member(const char* key, std::optional<double>& value) {
    if (from_.contains(key)) value = from_.at(key).get<double>();
  }

 private:
  const json& from_;
};

template <class C, class V>
void visit_head(C& c, V v) {
  v.member("id", c.id);
  v.member("made_at", c.made_at);
  v.member("joulemark", c.joulemark_version);
  v.member("meter", c.meter);
  v.member("device", c.device);
  v.member("device_id", c.device_id);
  v.member("driver", c.driver);
  v.member("load", c.load);
  v.member("seconds", c.seconds);
}
template <class U, class V>
void visit_updates(U& u, V v) {
  v.member("seen", u.seen);
  v.member("period_s", u.period_s);
  v.member("period_ci95_s", u.period_ci95_s);
  v.member("jitter_s", u.jitter_s);
  v.member("resolved_s", u.resolved_s);
  v.member("resolution_j", u.resolution_j);
}
template <class Q, class V>
void visit_query(Q& q, V v) {
  v.member("channel", q.channel);
  v.member("rested", q.rested);
  v.member("count", q.count);
  v.member("wall_s", q.wall_s);
  v.member("worst_wall_s", q.worst_wall_s);
  v.member("cpu_s", q.cpu_s);
}
template <class S, class V>
void visit_state(S& s, V v) {
  v.member("name", s.name);
  v.member("watts", s.watts);
  v.member("ci95_rel", s.ci95_rel);
  v.member("counter_noise_rel", s.counter_noise_rel);
  v.member("sample_noise_rel", s.sample_noise_rel);
  v.member("gap_rel", s.gap_rel);
}
template <class R, class V>
void visit_response(R& r, V v) {
  v.member("channel", r.channel);
  v.member("lag_s", r.lag_s);
  v.member("lag_spread_s", r.lag_spread_s);
  v.member("rise_s", r.rise_s);
}
template <class A, class V>
void visit_aliasing(A& a, V v) {
  v.member("period_s", a.period_s);
  v.member("duty", a.duty);
  v.member("reference_w", a.reference_w);
  v.member("watts", a.watts);
  v.member("worst_rel", a.worst_rel);
}

template <class H, class V>
void visit_host(H& h, V v) {
  v.member("probes", h.probes);
  v.member("launches_per_s", h.launches_per_s);
  v.member("spread_rel", h.spread_rel);
}

template <class Items, class Visit>
ordered_json list(const Items& items, const Visit& visit) {
  auto all = ordered_json::array();
  for (const auto& item : items) {
    auto one = ordered_json::object();
    visit(item, Writer(one));
    all.push_back(std::move(one));
  }
  return all;
}

template <class Items, class Visit>
void read_list(const json& from, Items& items, const Visit& visit) {
  for (const json& one : from) {
    typename Items::value_type item;
    visit(item, Reader(one));
    items.push_back(std::move(item));
  }
}

/// What a meter of this world could be found to have; arithmetic with anything else could overflow.
bool sound(const Calibration& c) {
  const auto within = [](double value, double low, double high) {
    return value >= low && value <= high;
  };
  constexpr double kMinute = 60.0;
  if (c.updates.period_s && !within(*c.updates.period_s, 1e-6, kMinute)) return false;
  for (const auto& q : c.queries) {
    if (!within(q.wall_s, 0.0, kMinute)) return false;
  }
  for (const auto& r : c.responses) {
    if (!within(r.lag_s, -kMinute, kMinute)) return false;
  }
  for (const auto& s : c.states) {
    if (s.gap_rel && !within(*s.gap_rel, -1.0, 10.0)) return false;
  }
  if (c.host && !within(c.host->spread_rel, 0.0, 100.0)) return false;
  return std::all_of(c.aliasing.begin(), c.aliasing.end(),
                     [&](const auto& a) { return within(a.worst_rel, 0.0, 100.0); });
}

std::string in_ms(double s) { return fmt::format("{:.4g} ms", 1e3 * s); }
std::string in_percent(double share) { return fmt::format("{:.2g} %", 100.0 * share); }

void line(std::string& out, const std::string& term, const std::string& value) {
  out += fmt::format("  {:<34} {}\n", term, value);
}

void describe_updates(const Calibration& c, std::string& out) {
  const auto& u = c.updates;
  if (u.period_s) {
    const std::string ci =
        u.period_ci95_s ? fmt::format(" ± {} (95 %)", in_ms(*u.period_ci95_s)) : "";
    line(out, "update period",
         fmt::format("{}{}, {} updates seen", in_ms(*u.period_s), ci, u.seen));
    if (u.jitter_s && u.resolved_s && *u.jitter_s <= *u.resolved_s) {
      line(out, "jitter of the updates", "does not show: below " + in_ms(*u.resolved_s));
    } else if (u.jitter_s) {
      line(out, "jitter of the updates", in_ms(*u.jitter_s));
    }
  } else if (u.seen > 0) {
    line(out, "update period", "none: readings are fresh");
  }
  line(out, "resolution",
       u.resolution_j ? fmt::format("{:.4g} J", *u.resolution_j) : "does not show");
}

void describe_queries(const Calibration& c, std::string& out) {
  for (const auto& q : c.queries) {
    line(out, fmt::format("a query of {}{}", q.channel, q.rested ? ", rested" : ""),
         fmt::format("{} (worst {}), {} of CPU time", in_ms(q.wall_s), in_ms(q.worst_wall_s),
                     in_ms(q.cpu_s)));
  }
}

void describe_states(const Calibration& c, std::string& out) {
  for (const auto& s : c.states) {
    std::string words = fmt::format("{:.4g} W", s.watts);
    if (s.ci95_rel) words += fmt::format(" ± {} (95 %)", in_percent(*s.ci95_rel));
    if (s.counter_noise_rel)
      words += fmt::format(", counter varies by {}", in_percent(*s.counter_noise_rel));
    if (s.sample_noise_rel)
      words += fmt::format(", samples by {}", in_percent(*s.sample_noise_rel));
    if (s.gap_rel) words += fmt::format(", integral - counter {:+.2f} %", 100.0 * *s.gap_rel);
    line(out, s.name, words);
  }
}

void describe_responses(const Calibration& c, std::string& out) {
  for (const auto& r : c.responses) {
    std::string words = in_ms(r.lag_s);
    if (r.lag_spread_s) words += fmt::format(" ± {}", in_ms(*r.lag_spread_s));
    if (r.rise_s) words += fmt::format(", as a running mean over {}", in_ms(*r.rise_s));
    line(out, fmt::format("lag of {}", r.channel), words);
  }
  if (c.responses.empty()) line(out, "lag", "the load does not show in this meter");
}

void describe_aliasing(const Calibration& c, std::string& out) {
  for (const auto& a : c.aliasing) {
    line(out, fmt::format("square of {}, duty {:.2g}", in_ms(a.period_s), a.duty),
         fmt::format("misread by up to {}, of {:.4g} W", in_percent(a.worst_rel), a.reference_w));
  }
}

void describe_host(const Calibration& c, std::string& out) {
  if (!c.host) return;
  line(out, "the host's launches",
       fmt::format("{:.3g} a second, their time varies by {}, {} spells seen",
                   c.host->launches_per_s, in_percent(c.host->spread_rel), c.host->probes));
}

}  // namespace

std::string to_json(const Calibration& c) {
  ordered_json j = {{"schema", kSchema}};
  visit_head(c, Writer(j));
  auto updates = ordered_json::object();
  visit_updates(c.updates, Writer(updates));
  j["updates"] = std::move(updates);
  j["queries"] = list(c.queries, [](const auto& x, auto v) { visit_query(x, v); });
  j["states"] = list(c.states, [](const auto& x, auto v) { visit_state(x, v); });
  j["responses"] = list(c.responses, [](const auto& x, auto v) { visit_response(x, v); });
  j["aliasing"] = list(c.aliasing, [](const auto& x, auto v) { visit_aliasing(x, v); });
  if (c.host) {
    auto host = ordered_json::object();
    visit_host(*c.host, Writer(host));
    j["host"] = std::move(host);
  }
  return j.dump(1, ' ', false, json::error_handler_t::replace);
}

Result<Calibration> from_json(const std::string& text) {
  try {
    const json j = json::parse(text);
    if (!j.is_object() || j.value("schema", "") != kSchema) {
      return fail(ErrorKind::invalid_input, fmt::format("this is no {}", kSchema),
                  "Calibrate again");
    }
    Calibration c;
    visit_head(c, Reader(j));
    visit_updates(c.updates, Reader(j.at("updates")));
    read_list(j.at("queries"), c.queries, [](auto& x, auto v) { visit_query(x, v); });
    read_list(j.at("states"), c.states, [](auto& x, auto v) { visit_state(x, v); });
    read_list(j.at("responses"), c.responses, [](auto& x, auto v) { visit_response(x, v); });
    read_list(j.at("aliasing"), c.aliasing, [](auto& x, auto v) { visit_aliasing(x, v); });
    if (j.contains("host")) {
      Calibration::Host host;
      visit_host(host, Reader(j.at("host")));
      c.host = host;
    }
    if (!sound(c)) {
      return fail(ErrorKind::invalid_input, "a calibration has a figure that no meter can have",
                  "Calibrate again");
    }
    return c;
  } catch (const json::exception& e) {
    return fail(ErrorKind::invalid_input, fmt::format("a calibration cannot be read: {}", e.what()),
                "Calibrate again");
  }
}

std::string to_words(const Calibration& c) {
  std::string out = fmt::format("{} of {}, {}\n", c.meter, c.device, c.made_at);
  describe_updates(c, out);
  describe_queries(c, out);
  describe_states(c, out);
  describe_responses(c, out);
  describe_aliasing(c, out);
  describe_host(c, out);
  line(out, "under", fmt::format("{}; {:.0f} s in all", c.load, c.seconds));
  return out;
}

}  // namespace joulemark::calibrate
