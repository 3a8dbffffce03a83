#include "store/postgres_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <nlohmann/json.hpp>

#include "store/columns.hpp"
#include "store/said.hpp"
#include "store/select.hpp"

namespace joulemark::store {
namespace {

/// The shortest text that reads back equal. What is no number is unknown, as in a SQLite file.
pq::Value number(std::optional<double> value) {
  if (!value || std::isnan(*value)) return std::nullopt;
  return fmt::format("{}", *value);
}

pq::Value to_value(const Record& r, const Column& c) {
  if (const auto* f = std::get_if<Number>(&c.field)) return number(r.*(*f));
  if (const auto* n = std::get_if<Count>(&c.field)) {
    return r.*(*n) ? pq::Value(std::to_string(*(r.*(*n)))) : std::nullopt;
  }
  return storable(to_text(r, c));
}

/// One member of all windows as an array literal.
template <class Member>
std::string array_of(const std::vector<Window>& windows, Member member) {
  std::string text;
  for (const Window& w : windows) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", number(w.*member).value_or("NULL"));
  }
  return fmt::format("{{{}}}", text);
}

/// A database that is only read keeps the schema that it was written with.
pq::Answer<std::vector<std::string_view>> lacking_in(pq::Connection& c) {
  constexpr const char* kThere =
      "SELECT attname FROM pg_attribute WHERE attrelid = 'joulemark.record'::regclass"
      " AND NOT attisdropped";
  const auto there = c.query(kThere);
  if (!there) return tl::unexpected(there.error());
  std::vector<std::string_view> lacking;
  for (const std::string_view name : kLaterColumns) {
    const auto is_it = [&](const pq::Row& row) { return row[0] == name; };
    if (std::ranges::none_of(*there, is_it)) lacking.push_back(name);
  }
  return lacking;
}

std::string select_records(const std::vector<const Column*>& asked, Lacking lacking,
                           const char* where) {
  std::string names = "id";
  for (const Column* c : asked) names += ", " + in_select(*c, lacking);
  return fmt::format("SELECT {} FROM joulemark.record WHERE {} ORDER BY id", names, where);
}

Record to_record(const std::vector<const Column*>& asked, const pq::Row& row) {
  Record r;
  std::size_t i = 1;  // after the id
  for (const Column* c : asked) {
    const pq::Value& value = row[i++];
    from_text(r, *c, value ? std::string_view(*value) : std::string_view());
  }
  return r;
}

double to_double(const pq::Value& value) {
  return std::strtod(value.value_or("").c_str(), nullptr);
}

Window to_window(const pq::Row& row) {
  Window w{to_double(row[1]), to_double(row[2]), to_double(row[3]), to_double(row[4]),
           std::nullopt};
  if (row[5]) w.joules_integral = to_double(row[5]);
  return w;
}

constexpr const char* kWindowsOf =
    "SELECT record_id, start_s, seconds, joules, images, joules_integral FROM joulemark.window"
    " WHERE record_id = ANY ($1::bigint[]) ORDER BY record_id, number";

constexpr const char* kCalibrationColumns = "name, meter, device, device_id, made_at, json";

StoredCalibration to_calibration(const pq::Row& row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  return {text(0), text(1), text(2), text(3), text(4), text(5)};
}

}  // namespace

std::string storable(const std::string& text) {
  constexpr const char* kReplacement = "\xEF\xBF\xBD";
  using nlohmann::json;
  const auto is_plain = [](unsigned char c) { return c > 0 && c < 0x80; };  // ASCII but NUL
  if (std::all_of(text.begin(), text.end(), is_plain)) return text;
  const std::string valid =
      json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace))
          .get<std::string>();
  std::string out;
  for (const char c : valid) {
    if (c == '\0') {
      out += kReplacement;
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<pq::Value> parameters_of(const Record& r) {
  std::vector<pq::Value> values;
  for (const Column& c : columns()) values.push_back(to_value(r, c));
  values.emplace_back(array_of(r.windows, &Window::start_s));
  values.emplace_back(array_of(r.windows, &Window::seconds));
  values.emplace_back(array_of(r.windows, &Window::joules));
  values.emplace_back(array_of(r.windows, &Window::images));
  values.emplace_back(array_of(r.windows, &Window::joules_integral));
  return values;
}

std::vector<pq::Value> parameters_of(const StoredCalibration& c) {
  return {storable(c.id),        storable(c.meter),   storable(c.device),
          storable(c.device_id), storable(c.made_at), storable(c.json)};
}

const std::string& insert_record() {
  static const std::string kStatement = [] {
    std::string names;
    std::string values;
    std::size_t n = 0;
    for (const Column& c : columns()) {
      names += fmt::format("{}\"{}\"", n == 0 ? "" : ", ", c.name);
      values += fmt::format("{}${}", n == 0 ? "" : ", ", n + 1);
      ++n;
    }
    return fmt::format(
        "WITH added AS (INSERT INTO joulemark.record ({}) VALUES ({}) RETURNING id)"
        " INSERT INTO joulemark.window SELECT added.id, w.number - 1, w.start_s, w.seconds,"
        " w.joules, w.images, w.joules_integral FROM added, unnest(${}::float8[], ${}::float8[],"
        " ${}::float8[], ${}::float8[], ${}::float8[]) WITH ORDINALITY"
        " AS w (start_s, seconds, joules, images, joules_integral, number)",
        names, values, n + 1, n + 2, n + 3, n + 4, n + 5);
  }();
  return kStatement;
}

const std::string& insert_calibration() {
  static const std::string kStatement =
      fmt::format("INSERT INTO joulemark.calibration ({}) VALUES ($1, $2, $3, $4, $5, $6)",
                  kCalibrationColumns);
  return kStatement;
}

pq::Answer<std::vector<Record>> select(pq::Connection& c, const char* where,
                                       const std::vector<pq::Value>& parameters,
                                       const Filter& filter) {
  std::vector<Record> records;
  std::map<std::string, std::string> ids;  // by run
  const auto lacking = lacking_in(c);
  if (!lacking) return tl::unexpected(lacking.error());
  const auto asked = columns_to_read(filter, *lacking).all;
  auto read = c.each(select_records(asked, *lacking, where), parameters, [&](const pq::Row& row) {
    Record r = to_record(asked, row);
    if (!passes(r, filter)) return;
    if (!lacking->empty()) fill_later_columns(r);
    if (!filter.documents) forget_documents(r);
    if (filter.windows) ids[r.run] = row[0].value_or("");
    records.push_back(std::move(r));
  });
  if (!read) return tl::unexpected(read.error());
  if (filter.newest_only) records = newest(std::move(records));
  if (records.empty() || !filter.windows) return records;
  std::map<std::string, Record*> by_id;
  std::string wanted;
  for (Record& r : records) {
    const std::string& id = ids[r.run];
    wanted += fmt::format("{}{}", wanted.empty() ? "" : ",", id);
    by_id[id] = &r;
  }
  read = c.each(kWindowsOf, {fmt::format("{{{}}}", wanted)}, [&](const pq::Row& row) {
    by_id.at(row[0].value_or(""))->windows.push_back(to_window(row));
  });
  if (!read) return tl::unexpected(read.error());
  return records;
}

pq::Answer<std::vector<StoredCalibration>> select_calibrations(
    pq::Connection& c, const char* clause, const std::vector<pq::Value>& parameters) {
  const auto rows =
      c.query(fmt::format("SELECT {} FROM joulemark.calibration {}", kCalibrationColumns, clause),
              parameters);
  if (!rows) return tl::unexpected(rows.error());
  std::vector<StoredCalibration> all;
  for (const pq::Row& row : *rows) all.push_back(to_calibration(row));
  return all;
}

}  // namespace joulemark::store
