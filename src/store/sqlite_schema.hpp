#pragma once

#include <array>

/// The tables of a SQLite file; docs/database.md says what their columns are.
namespace joulemark::store {

/// Each entry takes the database from its index to the next version. Entries are never edited: a
/// change of the schema is a new entry.
inline constexpr std::array kSqliteMigrations = {
    R"(CREATE TABLE record (
         id INTEGER PRIMARY KEY,
         run TEXT NOT NULL UNIQUE, campaign TEXT NOT NULL,
         model TEXT NOT NULL, architecture TEXT NOT NULL, input_size TEXT NOT NULL, setup TEXT NOT NULL,
         runtime TEXT NOT NULL, runtime_version TEXT NOT NULL, device TEXT NOT NULL,
         meter TEXT NOT NULL, scope TEXT NOT NULL, precision TEXT NOT NULL, layout TEXT NOT NULL,
         format TEXT NOT NULL, batch INTEGER, policy TEXT NOT NULL,
         energy_j_per_image REAL, energy_net_j_per_image REAL, ci95_rel REAL, systematic_rel REAL,
         images_per_s REAL, latency_ms_p50 REAL, latency_ms_p99 REAL, power_w REAL, power_max_w REAL,
         energy_delay_js REAL, idle_w REAL, windows INTEGER, seconds REAL, estimator_gap_rel REAL,
         flags TEXT NOT NULL, weights TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL,
         measured_at TEXT NOT NULL, method TEXT NOT NULL, artefact_sha256 TEXT NOT NULL,
         systematic_terms TEXT NOT NULL, conditions TEXT NOT NULL, provenance TEXT NOT NULL);
       CREATE TABLE window (
         record_id INTEGER NOT NULL REFERENCES record(id), number INTEGER NOT NULL,
         start_s REAL NOT NULL, seconds REAL NOT NULL, joules REAL NOT NULL, images REAL NOT NULL,
         joules_integral REAL, PRIMARY KEY (record_id, number)) WITHOUT ROWID;)",
    R"(CREATE TABLE calibration (
         id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
         meter TEXT NOT NULL, device TEXT NOT NULL, device_id TEXT NOT NULL,
         made_at TEXT NOT NULL, json TEXT NOT NULL);)",
    // The table is made anew, because a column that is added comes last: to reach it SQLite would
    // walk through the pages of conditions and provenance, which the most of a row is.
    R"(CREATE TABLE record_3 (
         id INTEGER PRIMARY KEY,
         run TEXT NOT NULL UNIQUE, campaign TEXT NOT NULL,
         model TEXT NOT NULL, architecture TEXT NOT NULL, input_size TEXT NOT NULL, setup TEXT NOT NULL,
         runtime TEXT NOT NULL, runtime_version TEXT NOT NULL, device TEXT NOT NULL, board TEXT NOT NULL,
         meter TEXT NOT NULL, scope TEXT NOT NULL, precision TEXT NOT NULL, layout TEXT NOT NULL,
         format TEXT NOT NULL, batch INTEGER, policy TEXT NOT NULL,
         energy_j_per_image REAL, energy_net_j_per_image REAL, ci95_rel REAL, systematic_rel REAL,
         images_per_s REAL, latency_ms_p50 REAL, latency_ms_p99 REAL, power_w REAL, power_max_w REAL,
         energy_delay_js REAL, idle_w REAL, windows INTEGER, seconds REAL, estimator_gap_rel REAL,
         flags TEXT NOT NULL, weights TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL,
         measured_at TEXT NOT NULL, method TEXT NOT NULL, artefact_sha256 TEXT NOT NULL,
         systematic_terms TEXT NOT NULL, conditions TEXT NOT NULL, provenance TEXT NOT NULL);
       INSERT INTO record_3
         SELECT id, run, campaign, model, architecture, input_size, setup, runtime, runtime_version, device,
           CASE WHEN json_valid(provenance)
                THEN coalesce(json_extract(provenance, '$.meter.device_id'), '') ELSE '' END,
           meter, scope, precision, layout, format, batch, policy,
           energy_j_per_image, energy_net_j_per_image, ci95_rel, systematic_rel,
           images_per_s, latency_ms_p50, latency_ms_p99, power_w, power_max_w,
           energy_delay_js, idle_w, windows, seconds, estimator_gap_rel,
           flags, weights, status, message, measured_at, method, artefact_sha256,
           systematic_terms, conditions, provenance FROM record;
       DROP TABLE record;
       ALTER TABLE record_3 RENAME TO record;)",
    // Which setups there are, and the rows of one, without a walk through all of them.
    "CREATE INDEX record_setup ON record (setup);",
    // Anew for the same reason.
    R"(CREATE TABLE record_5 (
         id INTEGER PRIMARY KEY,
         run TEXT NOT NULL UNIQUE, campaign TEXT NOT NULL,
         model TEXT NOT NULL, architecture TEXT NOT NULL, input_size TEXT NOT NULL, setup TEXT NOT NULL,
         runtime TEXT NOT NULL, runtime_version TEXT NOT NULL, device TEXT NOT NULL, board TEXT NOT NULL,
         meter TEXT NOT NULL, scope TEXT NOT NULL, precision TEXT NOT NULL, layout TEXT NOT NULL,
         format TEXT NOT NULL, batch INTEGER, policy TEXT NOT NULL,
         energy_j_per_image REAL, energy_net_j_per_image REAL, ci95_rel REAL, systematic_rel REAL,
         images_per_s REAL, latency_ms_p50 REAL, latency_ms_p99 REAL, power_w REAL, power_max_w REAL,
         energy_delay_js REAL, idle_w REAL, temperature_c REAL, windows INTEGER, seconds REAL, estimator_gap_rel REAL,
         flags TEXT NOT NULL, weights TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL,
         measured_at TEXT NOT NULL, method TEXT NOT NULL, artefact_sha256 TEXT NOT NULL,
         systematic_terms TEXT NOT NULL, conditions TEXT NOT NULL, provenance TEXT NOT NULL);
       INSERT INTO record_5
         SELECT id, run, campaign, model, architecture, input_size, setup, runtime, runtime_version, device,
           board, meter, scope, precision, layout, format, batch, policy,
           energy_j_per_image, energy_net_j_per_image, ci95_rel, systematic_rel,
           images_per_s, latency_ms_p50, latency_ms_p99, power_w, power_max_w, energy_delay_js, idle_w,
           CASE WHEN json_valid(conditions)
                  AND json_type(conditions, '$.start.temperature_c') IN ('integer', 'real')
                  AND json_type(conditions, '$.end.temperature_c') IN ('integer', 'real')
                THEN (json_extract(conditions, '$.start.temperature_c') +
                      json_extract(conditions, '$.end.temperature_c')) / 2.0 END,
           windows, seconds, estimator_gap_rel,
           flags, weights, status, message, measured_at, method, artefact_sha256,
           systematic_terms, conditions, provenance FROM record;
       DROP TABLE record;
       ALTER TABLE record_5 RENAME TO record;
       CREATE INDEX record_setup ON record (setup);)"};
inline constexpr int kSchemaWithCalibrations = 2;
inline constexpr int kSchemaWithBoards = 3;
inline constexpr int kSchemaWithTemperatures = 5;
/// Marks the file as ours ("JMRK"), for file(1) and against strangers' databases.
inline constexpr int kApplicationId = 0x4a4d524b;

}  // namespace joulemark::store
