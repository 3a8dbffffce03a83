#include "store/postgres_schema.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "store/postgres_explain.hpp"
#include "store/select.hpp"

namespace joulemark::store {
namespace {

/// Each entry takes the schema from its index to the next version. Entries are never edited: a
/// change is a new entry. The columns are those of the SQLite file, under the same names.
constexpr std::array kMigrations = {
    R"(CREATE TABLE joulemark.record (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         run text NOT NULL UNIQUE, campaign text NOT NULL,
         model text NOT NULL, architecture text NOT NULL, input_size text NOT NULL, setup text NOT NULL,
         runtime text NOT NULL, runtime_version text NOT NULL, device text NOT NULL,
         meter text NOT NULL, scope text NOT NULL, "precision" text NOT NULL, layout text NOT NULL,
         format text NOT NULL, batch bigint, policy text NOT NULL,
         energy_j_per_image float8, energy_net_j_per_image float8, ci95_rel float8,
         systematic_rel float8, images_per_s float8, latency_ms_p50 float8, latency_ms_p99 float8,
         power_w float8, power_max_w float8, energy_delay_js float8, idle_w float8,
         windows bigint, seconds float8, estimator_gap_rel float8,
         flags text NOT NULL, weights text NOT NULL, status text NOT NULL, message text NOT NULL,
         measured_at text NOT NULL, method text NOT NULL, artefact_sha256 text NOT NULL,
         systematic_terms text NOT NULL, conditions text NOT NULL, provenance text NOT NULL);
       CREATE INDEX record_campaign ON joulemark.record (campaign);
       CREATE TABLE joulemark.window (
         record_id bigint NOT NULL REFERENCES joulemark.record (id), number integer NOT NULL,
         start_s float8 NOT NULL, seconds float8 NOT NULL, joules float8 NOT NULL,
         images float8 NOT NULL, joules_integral float8, PRIMARY KEY (record_id, number));
       CREATE TABLE joulemark.calibration (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,
         meter text NOT NULL, device text NOT NULL, device_id text NOT NULL,
         made_at text NOT NULL, json text NOT NULL);)",
    // The meter's identifier within a text that may be no JSON, which no cast says without an error
    // before version 16.
    R"sql(ALTER TABLE joulemark.record ADD COLUMN board text NOT NULL DEFAULT '';
       UPDATE joulemark.record SET board =
         coalesce(substring(provenance FROM '"meter":\{[^{}]*?"device_id":"([^"\\]*)"'), '');)sql",
    // Start and end are objects that hold no other; both have to say it.
    R"sql(ALTER TABLE joulemark.record ADD COLUMN temperature_c float8;
       UPDATE joulemark.record SET temperature_c = (
         substring(conditions FROM '"start":\{[^{}]*?"temperature_c":(-?[0-9]+(?:\.[0-9]+)?)[,}]')::float8 +
         substring(conditions FROM '"end":\{[^{}]*?"temperature_c":(-?[0-9]+(?:\.[0-9]+)?)[,}]')::float8) / 2;)sql"};
constexpr int kSchema = static_cast<int>(kMigrations.size());
constexpr int kOldestServer = 120000;

constexpr const char* kBegin =
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
    " pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',"
    " current_setting('fsync'),"
    // A stricter setting of the server's stays.
    " set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN"
    " ('off', 'local') THEN 'on' ELSE current_setting('synchronous_commit') END, false),"
    " set_config('extra_float_digits', '3', false),"
    // A host that is gone without a word gives its device free after a minute, not after two hours.
    " set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false),"
    " set_config('lock_timeout', '10s', false)";

/// Asked as a whole, since either may be there without the other in another program's schema.
constexpr const char* kFind =
    "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'joulemark'),"
    " EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'joulemark' AND c.relname = 'migration')";
constexpr const char* kVersion = "SELECT coalesce(max(version), 0) FROM joulemark.migration";
constexpr const char* kMayAdd =
    "SELECT bool_and(has_table_privilege('joulemark.' || name, 'SELECT') AND"
    " has_table_privilege('joulemark.' || name, 'INSERT'))"
    " FROM unnest(ARRAY['record', 'window', 'calibration']) AS name";
/// Two that open a new database at once: one makes it, the other waits and finds it made.
constexpr const char* kLock =
    "SELECT pg_advisory_xact_lock(hashtextextended('joulemark schema', 0))";

bool is_true(const pq::Value& value) { return value == "t"; }
int to_int(const pq::Value& value) { return std::atoi(value.value_or("0").c_str()); }

pq::Answer<int> find_version(pq::Connection& c) {
  const auto rows = c.query(kVersion);
  if (!rows) return tl::unexpected(rows.error());
  return to_int(rows->front()[0]);
}

/// Within a transaction.
pq::Answer<void> apply_migrations(pq::Connection& c) {
  constexpr const char* kOurs =
      "CREATE SCHEMA IF NOT EXISTS joulemark;"
      "CREATE TABLE IF NOT EXISTS joulemark.migration (version integer PRIMARY KEY,"
      " applied_at timestamptz NOT NULL DEFAULT now())";
  if (auto locked = c.query(kLock); !locked) return tl::unexpected(locked.error());
  // Where it is there already this needs no permission.
  const auto found = c.query(kFind);
  if (!found) return tl::unexpected(found.error());
  if (!is_true(found->front()[1])) {
    if (auto made = c.query(kOurs); !made) return tl::unexpected(made.error());
  }
  const auto version = find_version(c);
  if (!version) return tl::unexpected(version.error());
  for (int v = *version; v < kSchema; ++v) {
    auto done = c.query(kMigrations[static_cast<std::size_t>(v)]);
    if (done) {
      done =
          c.query("INSERT INTO joulemark.migration (version) VALUES ($1)", {std::to_string(v + 1)});
    }
    if (!done) return tl::unexpected(done.error());
  }
  return {};
}

pq::Answer<void> migrate(pq::Connection& c) {
  if (auto begun = c.query("BEGIN"); !begun) return tl::unexpected(begun.error());
  auto applied = apply_migrations(c);
  const auto ended = c.query(applied ? "COMMIT" : "ROLLBACK");
  if (!applied) return applied;
  if (!ended) return tl::unexpected(ended.error());
  return {};
}

}  // namespace

pq::Answer<ServerFacts> begin_session(pq::Connection& connection, Mode mode) {
  if (mode == Mode::read) {
    const auto set = connection.query("SET default_transaction_read_only = on");
    if (!set) return tl::unexpected(set.error());
  }
  const auto rows = connection.query(kBegin);
  if (!rows) return tl::unexpected(rows.error());
  const pq::Row& row = rows->front();
  return ServerFacts{to_int(row[0]), row[1].value_or(""), is_true(row[2]), row[3] == "off"};
}

Result<void> check_server(const ServerFacts& facts, Mode mode, const std::string& place) {
  if (facts.version < kOldestServer) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is a PostgreSQL {}", place, facts.version / 10000),
                "Version 12 or newer is needed");
  }
  // In other encodings there are texts that cannot be stored: names of devices, words of runtimes.
  if (facts.encoding != "UTF8") {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} is a database in {}, not in UTF-8", place, facts.encoding),
                "Make one that is: createdb -E UTF8 -T template0 NAME");
  }
  if (mode == Mode::write && facts.read_only) {
    return tl::unexpected(explain({"25006", "", false}, place));
  }
  return {};
}

Result<void> prepare_schema(pq::Connection& connection, Mode mode, const std::string& place) {
  const auto or_error = [&](const pq::Failure& f) { return tl::unexpected(explain(f, place)); };
  const auto found = connection.query(kFind);
  if (!found) return or_error(found.error());
  const bool schema = is_true(found->front()[0]);
  const bool ours = is_true(found->front()[1]);
  if (schema && !ours) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} has a schema 'joulemark' of another program", place),
                "Choose another database with --db");
  }
  if (!schema && mode == Mode::read) return tl::unexpected(nothing_measured(place));
  const auto version = schema ? find_version(connection) : pq::Answer<int>(0);
  if (!version) return or_error(version.error());
  if (*version > kSchema) {
    return fail(ErrorKind::newer_schema,
                fmt::format("{} was made by a newer joulemark (schema {}, this one knows {})",
                            place, *version, kSchema),
                "Use that version, or choose another place with --db");
  }
  if (mode == Mode::read) return {};
  if (*version < kSchema) {
    if (auto done = migrate(connection); !done) return or_error(done.error());
  }
  const auto allowed = connection.query(kMayAdd);
  if (!allowed) return or_error(allowed.error());
  if (is_true(allowed->front()[0])) return {};
  return or_error({"42501", "this user may not add rows", false});
}

}  // namespace joulemark::store
