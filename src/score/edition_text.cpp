#include "score/edition_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/utf8.hpp"

namespace joulemark::score {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kSchema = "joulemark.edition/1";
constexpr const char* kNext = "Fit one: joulemark score edition fit --out FILE";
/// Of a binary logarithm: no energy of an image is 2^1000 times another.
constexpr double kLargest = 1e3;

// --- to JSON

ordered_json json_of(const Curve& c) {
  ordered_json band = ordered_json::array();
  for (const Curve::Node& node : c.band) {
    band.push_back({{"error", node.error}, {"log2_ci95", node.log2_ci95}});
  }
  return {{"on", catalogue::test_set(c.set).column},
          {"c", c.c},
          {"gamma", c.gamma},
          {"floor", c.floor},
          {"least_error", c.least_error},
          {"most_error", c.most_error},
          {"members", c.members},
          {"band", std::move(band)}};
}

// --- from JSON

/// What is wrong with an edition, as nlohmann's readers throw it.
[[noreturn]] void refuse(const std::string& what) {
  throw json::other_error::create(501, what, nullptr);
}

void require(bool is_sound, const std::string& what) {
  if (!is_sound) refuse(what);
}

/// A finite number within limits.
double number(const json& from, const char* key, double low, double high) {
  const double value = from.at(key).get<double>();
  require(std::isfinite(value) && value >= low && value <= high,
          fmt::format("'{}' is no number from {} to {}", key, low, high));
  return value;
}

std::size_t count(const json& from, const char* key) {
  return static_cast<std::size_t>(number(from, key, 0.0, 1e9));
}

catalogue::TestSet set_of(const std::string& column) {
  const catalogue::TestSetName* set = catalogue::test_set_named(column);
  require(set != nullptr, fmt::format("'{}' is no set of test images", column));
  return set->set;
}

Curve curve_of(const json& j) {
  Curve c{set_of(j.at("on")),
          number(j, "c", -kLargest, kLargest),
          number(j, "gamma", 0.0, kLargest),
          number(j, "floor", 0.0, 1.0),
          number(j, "least_error", 0.0, 1.0),
          number(j, "most_error", 0.0, 1.0),
          count(j, "members"),
          {}};
  require(c.gamma > 0.0, "a curve does not rise with accuracy");
  require(c.floor < c.least_error && c.least_error < c.most_error,
          "a curve's floor, least and most error are not in this order");
  for (const json& node : j.at("band")) {
    c.band.push_back({number(node, "error", 0.0, 1.0), number(node, "log2_ci95", 0.0, kLargest)});
  }
  const auto is_before = [](const Curve::Node& a, const Curve::Node& b) {
    return a.error >= b.error;
  };
  require(!c.band.empty() && std::ranges::adjacent_find(c.band, is_before) == c.band.end(),
          "the nodes of a band are not in order");
  return c;
}

Edition edition_of(const json& j) {
  Edition e;
  e.name = j.at("name");
  e.is_draft = j.at("draft");
  e.made_on = j.at("made_on");
  e.setup = j.at("setup");
  e.policy = j.at("policy");
  e.newest_row = j.at("newest_row");
  e.models = count(j, "models");
  e.rows_sha256 = j.at("rows_sha256");
  e.boards = j.at("boards").get<std::vector<std::string>>();
  for (const json& curve : j.at("curves")) {
    e.curves.push_back(curve_of(curve));
    const auto same = [&](const Curve& other) { return other.set == e.curves.back().set; };
    require(std::ranges::count_if(e.curves, same) == 1, "two curves are of the same images");
  }
  for (const json& a : j.at("anchors")) {
    e.anchors.push_back(
        {a.at("architecture"), a.at("input_size"), number(a, "joules", 1e-300, 1e300)});
  }
  for (const json& o : j.at("offsets")) {
    e.offsets.push_back({o.at("setup"), number(o, "kappa", -kLargest, kLargest),
                         number(o, "kappa_ci95", 0.0, kLargest), count(o, "anchors")});
  }
  require(!e.name.empty() && !e.setup.empty() && !e.policy.empty(),
          "name, setup and policy are not all there");
  require(e.curve(catalogue::TestSet::imagenet) != nullptr, "there is no curve on ImageNet");
  return e;
}

}  // namespace

std::string to_text(const Edition& e) {
  ordered_json curves = ordered_json::array();
  for (const Curve& curve : e.curves) curves.push_back(json_of(curve));
  ordered_json anchors = ordered_json::array();
  for (const Anchor& a : e.anchors) {
    anchors.push_back(
        {{"architecture", a.architecture}, {"input_size", a.input_size}, {"joules", a.joules}});
  }
  ordered_json offsets = ordered_json::array();
  for (const Offset& o : e.offsets) {
    offsets.push_back({{"setup", o.setup},
                       {"kappa", o.kappa},
                       {"kappa_ci95", o.kappa_ci95},
                       {"anchors", o.anchors}});
  }
  const ordered_json j = {{"schema", kSchema},
                          {"name", e.name},
                          {"draft", e.is_draft},
                          {"made_on", e.made_on},
                          {"setup", e.setup},
                          {"policy", e.policy},
                          {"models", e.models},
                          {"newest_row", e.newest_row},
                          {"rows_sha256", e.rows_sha256},
                          {"boards", e.boards},
                          {"curves", std::move(curves)},
                          {"anchors", std::move(anchors)},
                          {"offsets", std::move(offsets)}};
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<Edition> from_text(std::string_view text) {
  try {
    const json j = json::parse(text);
    if (j.at("schema") != kSchema) {
      return fail(ErrorKind::newer_schema,
                  fmt::format("the edition is not of the form {}", kSchema), kNext);
    }
    return edition_of(j);
  } catch (const json::exception& e) {
    return fail(ErrorKind::invalid_input,
                fmt::format("this is no edition: {}", one_line(e.what(), 200)), kNext);
  }
}

}  // namespace joulemark::score
