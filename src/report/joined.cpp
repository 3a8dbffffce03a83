#include "report/joined.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/table.hpp"
#include "store/columns.hpp"

namespace joulemark::report {
namespace {

using nlohmann::ordered_json;
using store::Record;

// --- joining

/// What tells one configuration from another, whatever the weights.
auto configuration_of(const Record& r) {
  const std::int64_t fixed = r.policy == "fixed" ? r.batch.value_or(0) : 0;
  return std::tuple(r.architecture, r.input_size, r.setup, r.policy, fixed);
}

/// Which of the records of one configuration says what weights with this tag take.
const Record* chosen(const std::vector<const Record*>& of_one, std::string_view tag) {
  const auto worth = [&](const Record* r) {
    const int value = r->status == "ok" ? 2 : r->status == kPredicted ? 1 : 0;
    return std::tuple(value, tag_of(*r) == tag, std::string_view(r->measured_at));
  };
  return *std::max_element(of_one.begin(), of_one.end(),
                           [&](const Record* a, const Record* b) { return worth(a) < worth(b); });
}

Joined row_of(const std::vector<const Record*>& of_one, const std::string& tag,
              const catalogue::Catalogue& c) {
  const Record& r = *of_one.front();
  Joined row{tag.empty() ? r.architecture : r.architecture + "." + tag, chosen(of_one, tag)};
  row.architecture = c.architecture(r.architecture);
  if (row.architecture == nullptr) return row;
  row.family = c.family(row.architecture->family);
  row.weights = c.weights_of(r.architecture, tag);
  if (const auto size = side(r.input_size)) {
    row.tested = c.evaluation(r.architecture, tag, *size);
    row.cost = c.cost(r.architecture, *size);
  }
  return row;
}

/// Those that were tested at this size, and those that were measured; "" where there are none.
std::set<std::string> tags_of(const std::vector<const Record*>& of_one,
                              const catalogue::Catalogue& c) {
  std::set<std::string> tags;
  const Record& r = *of_one.front();
  const auto size = side(r.input_size);
  for (const catalogue::Evaluation& e : c.evaluations_of(r.architecture)) {
    if (size && e.size == *size) tags.insert(e.tag);
  }
  for (const Record* each : of_one) {
    if (const std::string tag = tag_of(*each); !tag.empty()) tags.insert(tag);
  }
  if (tags.empty()) tags.insert("");
  return tags;
}

// --- columns of what is published

/// Not known, a number or a text.
using Value = std::variant<std::monostate, double, std::string>;
struct Column {
  JoinedColumn words;
  std::function<Value(const Joined&)> value;
};

Value text(const std::string& t) { return t.empty() ? Value() : Value(t); }
Value date(const std::optional<catalogue::Month>& m) {
  return m ? Value(catalogue::to_text(*m)) : Value();
}
constexpr const char* kPublished = "published";

void add_accuracy(std::vector<Column>& columns, const catalogue::TestSetName& set) {
  const auto accuracy = [s = set.set](const Joined& j) {
    return j.tested != nullptr ? j.tested->accuracy(s) : std::nullopt;
  };
  using Top = double catalogue::Accuracy::*;
  for (const auto& [name, top] : {std::pair<const char*, Top>{"top1", &catalogue::Accuracy::top1},
                                  {"top5", &catalogue::Accuracy::top5}}) {
    const std::string column = fmt::format("{}_{}", set.column, name);
    columns.push_back(
        {{column, "%", fmt::format("accuracy on {}", set.title)}, [=](const Joined& j) -> Value {
           const auto a = accuracy(j);
           return a ? Value((*a).*top) : Value();
         }});
    columns.push_back({{column + "_ci95", "%",
                        fmt::format("half width of its 95 % interval, of {} images", set.images)},
                       [=, images = set.images](const Joined& j) -> Value {
                         const auto a = accuracy(j);
                         return a ? Value(catalogue::sampling_ci95((*a).*top, images)) : Value();
                       }});
  }
  columns.push_back({{fmt::format("{}_origin", set.column), "", "published: others tested it"},
                     [=](const Joined& j) { return accuracy(j) ? Value(kPublished) : Value(); }});
}

void add_network(std::vector<Column>& columns) {
  const auto of_cost = [](double catalogue::Cost::* field) {
    return [=](const Joined& j) { return j.cost != nullptr ? Value(j.cost->*field) : Value(); };
  };
  columns.push_back(
      {{"parameters_m", "1e6", "parameters of the tested network, published"}, [](const Joined& j) {
         return j.architecture != nullptr ? Value(j.architecture->parameters_m) : Value();
       }});
  columns.push_back({{"gmacs", "1e9", "multiplications with addition for one image, published"},
                     of_cost(&catalogue::Cost::gmacs)});
  columns.push_back({{"activations_m", "1e6", "outputs of convolutions and products, published"},
                     of_cost(&catalogue::Cost::activations_m)});
  columns.push_back(
      {{"counted_parameters_m", "1e6",
        "of the network that gmacs and activations_m are about; the same as parameters_m, or they "
        "are of another network"},
       of_cost(&catalogue::Cost::counted_parameters_m)});
}

void add_family(std::vector<Column>& columns) {
  const auto of_family = [](auto read) {
    return [=](const Joined& j) { return j.family != nullptr ? read(*j.family) : Value(); };
  };
  columns.push_back({{"family", "", "architectures that one paper introduced"},
                     of_family([](const catalogue::Family& f) { return text(f.name); })});
  columns.push_back(
      {{"kind", "", std::string(catalogue::kKindNames)}, of_family([](const catalogue::Family& f) {
         return text(std::string(catalogue::name(f.kind)));
       })});
  columns.push_back({{"architecture_date", "", "year and month of that paper"},
                     of_family([](const catalogue::Family& f) { return date(f.date); })});
  columns.push_back({{"architecture_paper", "", "its arXiv identifier"},
                     of_family([](const catalogue::Family& f) { return text(f.paper); })});
}

void add_weights(std::vector<Column>& columns) {
  const auto of_weights = [](auto read) {
    return [=](const Joined& j) { return j.weights != nullptr ? read(*j.weights) : Value(); };
  };
  columns.push_back({{"recipe_date", "", "year and month of the paper of the weights' recipe"},
                     of_weights([](const catalogue::Weights& w) { return date(w.date); })});
  columns.push_back({{"recipe_paper", "", "its arXiv identifier"},
                     of_weights([](const catalogue::Weights& w) { return text(w.paper); })});
  columns.push_back({{"pretraining", "", "data before or beside ImageNet-1k"},
                     of_weights([](const catalogue::Weights& w) { return text(w.pretraining); })});
  columns.push_back({{"licence", "", "of the weights, as timm states it"},
                     of_weights([](const catalogue::Weights& w) { return text(w.licence); })});
}

/// What stands before the columns of a record.
std::vector<Column> subject_columns() {
  return {
      {{"model", "", "architecture.tag: whose accuracy this row has"},
       [](const Joined& j) { return text(j.model); }},
      {{"measured_model", "", "what was run: the same architecture, perhaps other weights"},
       [](const Joined& j) {
         return j.measured->status == kPredicted ? Value() : text(j.measured->model);
       }},
      {{"energy_origin", "", "measured, estimated, simulated or predicted"}, [](const Joined& j) {
         return j.measured->energy_j_per_image ? text(std::string(origin(*j.measured))) : Value();
       }}};
}

/// What stands behind them.
std::vector<Column> published_columns() {
  std::vector<Column> columns;
  for (const catalogue::TestSetName& set : catalogue::test_sets()) add_accuracy(columns, set);
  add_network(columns);
  add_family(columns);
  add_weights(columns);
  return columns;
}

bool is_of_record(const store::Column& c) { return c.exported && c.name != "model"; }

std::string cell(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  const auto* words = std::get_if<std::string>(&value);
  return words != nullptr ? *words : "";
}

ordered_json json(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const auto* words = std::get_if<std::string>(&value);
  return words != nullptr ? ordered_json(*words) : ordered_json(nullptr);
}

std::string line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + csv_cell(cells[i]);
  return out + "\n";
}

}  // namespace

std::vector<Joined> join(std::span<const Record> records, const catalogue::Catalogue& catalogue) {
  std::map<decltype(configuration_of(records.front())), std::vector<const Record*>> configurations;
  for (const Record& r : records) configurations[configuration_of(r)].push_back(&r);
  std::vector<Joined> rows;
  for (const auto& [key, of_one] : configurations) {
    for (const std::string& tag : tags_of(of_one, catalogue)) {
      rows.push_back(row_of(of_one, tag, catalogue));
    }
  }
  const auto order = [](const Joined& j) {
    const Record& r = *j.measured;
    return std::tuple(std::string_view(j.model), side(r.input_size).value_or(0),
                      std::string_view(r.input_size), std::string_view(r.setup),
                      std::string_view(r.policy), r.batch.value_or(0));
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Joined& a, const Joined& b) { return order(a) < order(b); });
  return rows;
}

std::vector<JoinedColumn> joined_columns() {
  std::vector<JoinedColumn> columns;
  for (const Column& c : subject_columns()) columns.push_back(c.words);
  for (const store::Column& c : store::columns()) {
    if (!is_of_record(c)) continue;
    columns.push_back({std::string(c.name), std::string(c.unit), std::string(c.meaning)});
  }
  for (const Column& c : published_columns()) columns.push_back(c.words);
  return columns;
}

std::string joined_csv(std::span<const Joined> rows) {
  const auto before = subject_columns();
  const auto behind = published_columns();
  std::vector<std::string> names;
  for (const JoinedColumn& c : joined_columns()) names.push_back(c.name);
  std::string out = line(names);
  for (const Joined& row : rows) {
    std::vector<std::string> cells;
    for (const Column& c : before) cells.push_back(cell(c.value(row)));
    for (const store::Column& c : store::columns()) {
      if (is_of_record(c)) cells.push_back(store::to_text(*row.measured, c));
    }
    for (const Column& c : behind) cells.push_back(cell(c.value(row)));
    out += line(cells);
  }
  return out;
}

nlohmann::ordered_json joined_cells(const Joined& row) {
  static const std::vector<Column> kBefore = subject_columns();
  static const std::vector<Column> kBehind = published_columns();
  ordered_json cells = ordered_json::array();
  for (const Column& c : kBefore) cells.push_back(json(c.value(row)));
  auto record = ordered_json::parse(store::to_json(std::span(row.measured, 1), -1));
  for (const auto& [name, value] : record.at(0).items()) {
    if (name != "model") cells.push_back(std::move(value));
  }
  for (const Column& c : kBehind) cells.push_back(json(c.value(row)));
  return cells;
}

std::string joined_json(std::span<const Joined> rows) {
  const auto columns = joined_columns();
  ordered_json list = ordered_json::array();
  for (const Joined& row : rows) {
    ordered_json cells = joined_cells(row);
    ordered_json object = ordered_json::object();
    for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i].name] = cells.at(i);
    list.push_back(std::move(object));
  }
  return list.dump(1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<std::int64_t> side(const std::string& input_size) {
  const auto x = input_size.find('x');
  if (x == std::string::npos || input_size.substr(0, x) != input_size.substr(x + 1)) return {};
  std::int64_t value = 0;
  for (const char c : input_size.substr(0, x)) {
    if (c < '0' || c > '9' || value > 100000) return {};
    value = value * 10 + (c - '0');
  }
  return value;
}

std::string tag_of(const Record& r) {
  const bool tagged = r.model.starts_with(r.architecture + ".");
  return tagged ? r.model.substr(r.architecture.size() + 1) : "";
}

}  // namespace joulemark::report
