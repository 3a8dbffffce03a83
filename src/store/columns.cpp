#include "store/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "store/store.hpp"

namespace joulemark::store {
namespace {

using nlohmann::ordered_json;

constexpr auto kNone = "";

const auto& table() {
  using R = Record;
  static const std::array kColumns = {
      Column{"model", kNone, "architecture, with the tag of its weights where it has one",
             &R::model},
      Column{"architecture", kNone, "timm architecture", &R::architecture},
      Column{"input_size", "pixels", "height x width of one image", &R::input_size},
      Column{"setup", kNone, "name of device, runtime, precision and layout together", &R::setup},
      Column{"runtime", kNone, "inference runtime", &R::runtime},
      Column{"runtime_version", kNone, "its version, as it says itself", &R::runtime_version},
      Column{"device", kNone, "what the meter measures", &R::device},
      Column{"meter", kNone, "source of the joules", &R::meter},
      Column{"scope", kNone, "what the joules cover", &R::scope},
      Column{"precision", kNone, "fp32, tf32, fp16 or bf16", &R::precision},
      Column{"layout", kNone, "contiguous or channels_last", &R::layout},
      Column{"batch", "images", "images per inference", &R::batch},
      Column{"policy", kNone, "why this batch: batch_1, throughput, min_energy or fixed",
             &R::policy},
      Column{"energy_j_per_image", "J", "gross energy per image over all windows",
             &R::energy_j_per_image},
      Column{"energy_net_j_per_image", "J", "the same less idle power x time",
             &R::energy_net_j_per_image},
      Column{"ci95_rel", "1", "half width of the 95 % interval of energy_j_per_image, relative",
             &R::ci95_rel},
      Column{"systematic_rel", "1",
             "what repetition cannot show, relative; never mixed into ci95_rel",
             &R::systematic_rel},
      Column{"images_per_s", "1/s", "throughput over the same windows", &R::images_per_s},
      Column{"latency_ms_p50", "ms", "median time of one batch, queue kept full",
             &R::latency_ms_p50},
      Column{"latency_ms_p99", "ms", "99th percentile of the same", &R::latency_ms_p99},
      Column{"power_w", "W", "mean power over the windows", &R::power_w},
      Column{"windows", kNone, "number of windows", &R::windows_count},
      Column{"seconds", "s", "length of all windows together", &R::seconds},
      Column{"estimator_gap_rel", "1", "integral of power samples over counter, less one",
             &R::estimator_gap_rel},
      Column{"flags", kNone, "what a reader must know, separated by spaces", &R::flags},
      Column{"weights", kNone, "pretrained, live:SEED or default:SEED", &R::weights},
      Column{"status", kNone, "ok, or how it failed", &R::status},
      Column{"measured_at", kNone, "RFC 3339, UTC", &R::measured_at},
      Column{"method", kNone, "version of the method", &R::method},
      Column{"artefact_sha256", kNone, "digest of what was run", &R::artefact_sha256},
      Column{"run", kNone, "identifier of this row", &R::run},
      Column{"format", kNone, "torchscript, aoti or reference", &R::format},
      Column{"campaign", kNone,
             "identifier that the rows of one measure call, or of one campaign, share",
             &R::campaign},
      Column{"power_max_w", "W", "largest power sample within the windows", &R::power_max_w},
      Column{"energy_delay_js", "J s", "energy per image x time per image", &R::energy_delay_js},
      Column{"idle_w", "W", "idle power that the net energy leaves out", &R::idle_w},
      Column{"message", kNone, "the failure in words", &R::message},
      Column{"board", kNone, "identifier of the device, as its driver gives it", &R::board},
      Column{"temperature_c", "°C", "of the device: mean of the start and the end of the windows",
             &R::temperature_c},
      Column{"systematic_terms", "1", "the terms of systematic_rel", &R::systematic_terms, false},
      Column{"conditions", kNone, "state of device and host at start and end, JSON",
             &R::conditions_json, false},
      Column{"provenance", kNone, "versions, settings and what was decided, JSON",
             &R::provenance_json, false},
  };
  return kColumns;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return words;
}

std::map<std::string, double> terms_of(std::string_view text) {
  std::map<std::string, double> terms;
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object()) return terms;
  for (const auto& [term, value] : j.items()) {
    if (value.is_number()) terms[term] = value.get<double>();
  }
  return terms;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

ordered_json terms_json(const std::map<std::string, double>& terms) {
  ordered_json j = ordered_json::object();
  for (const auto& [term, value] : terms) j[term] = value;
  return j;
}

ordered_json value_json(const Record& r, const Column& column) {
  const auto or_null = [](const auto& v) { return v ? ordered_json(*v) : ordered_json(nullptr); };
  // The kinds of text that are unknown in a failed row are null there, not "".
  const auto text = [](const std::string& v) {
    return v.empty() ? ordered_json(nullptr) : ordered_json(v);
  };
  return std::visit(
      Overloaded{[&](Text f) { return text(r.*f); }, [&](Number f) { return or_null(r.*f); },
                 [&](Count f) { return or_null(r.*f); },
                 [&](Words f) { return ordered_json(joined(r.*f)); },
                 [&](Terms f) { return terms_json(r.*f); }},
      column.field);
}

ordered_json row_json(const Record& record) {
  ordered_json row = ordered_json::object();
  for (const Column& c : columns()) {
    if (c.exported) row[std::string(c.name)] = value_json(record, c);
  }
  return row;
}

/// Whether `passes` looks at it.
bool tells(const Filter& filter, std::string_view column) {
  if (column == "model" || column == "architecture") return !filter.model.empty();
  if (column == "setup") return !filter.setup.empty();
  if (column == "status") return !filter.status.empty();
  return column == "campaign" && !filter.campaign.empty();
}

/// Whether a store looks at it: windows are found by the run, the newest row by its configuration.
bool is_needed(const Filter& filter, std::string_view column) {
  constexpr std::string_view kConfiguration[] = {"model", "input_size", "setup", "policy", "batch"};
  if (column == "run") return filter.windows;
  return filter.newest_only &&
         std::ranges::find(kConfiguration, column) != std::end(kConfiguration);
}

}  // namespace

std::span<const Column> columns() { return table(); }

ColumnsToRead columns_to_read(const Filter& filter, Lacking lacking) {
  const bool has_all = filter.columns.empty();
  const bool has_documents = has_all && (filter.documents || !lacking.empty());
  const auto is_asked = [&](const Column& c) {
    if (!has_all) return std::ranges::find(filter.columns, c.name) != filter.columns.end();
    return has_documents || c.exported || !std::holds_alternative<Text>(c.field);
  };
  ColumnsToRead some;
  for (const Column& c : columns()) {
    if (tells(filter, c.name)) some.all.push_back(&c);
  }
  some.telling = some.all.size();
  for (const Column& c : columns()) {
    if (!tells(filter, c.name) && (is_asked(c) || is_needed(filter, c.name)))
      some.all.push_back(&c);
  }
  return some;
}

std::string in_select(const Column& column, Lacking lacking) {
  const bool is_there = std::ranges::find(lacking, column.name) == lacking.end();
  return std::string(is_there ? column.name : "NULL");
}

std::string to_text(const Record& r, const Column& column) {
  const auto shortest = [](const auto& v) { return v ? fmt::format("{}", *v) : std::string(); };
  return std::visit(
      Overloaded{[&](Text f) { return r.*f; }, [&](Number f) { return shortest(r.*f); },
                 [&](Count f) { return shortest(r.*f); }, [&](Words f) { return joined(r.*f); },
                 [&](Terms f) { return terms_json(r.*f).dump(); }},
      column.field);
}

void from_text(Record& r, const Column& column, std::string_view text) {
  const auto number = [&](auto& field) {
    typename std::remove_reference_t<decltype(field)>::value_type value{};
    const bool read =
        std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
    field = read ? std::optional(value) : std::nullopt;
  };
  std::visit(Overloaded{[&](Text f) { r.*f = text; }, [&](Number f) { number(r.*f); },
                        [&](Count f) { number(r.*f); }, [&](Words f) { r.*f = words_of(text); },
                        [&](Terms f) { r.*f = terms_of(text); }},
             column.field);
}

std::string to_csv(std::span<const Record> records) {
  std::string out;
  const auto line = [&](auto&& cell) {
    std::string separator;
    for (const Column& c : columns()) {
      if (!c.exported) continue;
      out += separator + csv_cell(cell(c));
      separator = ",";
    }
    out += '\n';
  };
  line([](const Column& c) { return std::string(c.name); });
  for (const Record& r : records) {
    line([&](const Column& c) { return to_text(r, c); });
  }
  return out;
}

std::string to_json(std::span<const Record> records, int indent) {
  ordered_json rows = ordered_json::array();
  for (const Record& r : records) rows.push_back(row_json(r));
  return rows.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

std::string to_full_json(const Record& record, int indent) {
  ordered_json row = row_json(record);
  row["systematic_terms"] = terms_json(record.systematic_terms);
  const auto parsed = [](const std::string& text) {
    const ordered_json j = ordered_json::parse(text, nullptr, false);
    return j.is_discarded() ? ordered_json(nullptr) : j;
  };
  row["conditions"] = parsed(record.conditions_json);
  row["provenance"] = parsed(record.provenance_json);
  ordered_json windows = ordered_json::array();
  for (const Window& w : record.windows) {
    windows.push_back({{"start_s", w.start_s},
                       {"seconds", w.seconds},
                       {"joules", w.joules},
                       {"images", w.images},
                       {"joules_integral", w.joules_integral ? ordered_json(*w.joules_integral)
                                                             : ordered_json(nullptr)}});
  }
  row["window_list"] = std::move(windows);
  return row.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace joulemark::store
