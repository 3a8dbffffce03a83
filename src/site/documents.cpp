#include "site/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "analysis/write.hpp"
#include "base/parallel.hpp"
#include "figure/svg.hpp"
#include "report/analysed.hpp"
#include "report/joined.hpp"
#include "report/predicted.hpp"
#include "score/analyses.hpp"
#include "site/models.hpp"
#include "store/select.hpp"

namespace joulemark::site {
namespace {

using analysis::Analysis;
using nlohmann::ordered_json;
using report::Joined;
using store::Record;

/// What analyses take; rows of `fixed` belong to `batch`, which takes all.
constexpr std::array<std::string_view, 3> kPolicies = {"batch_1", "min_energy", "throughput"};

/// One setup as index.json has it.
struct Setup {
  const Record* example = nullptr;
  std::set<std::string> policies;
  std::set<std::string> models;  ///< "architecture@size" that were measured
};
using Setups = std::map<std::string, Setup>;

Setups setups_of(std::span<const Joined> rows) {
  Setups setups;
  for (const Joined& j : rows) {
    const Record& r = *j.measured;
    Setup& setup = setups[r.setup];
    // A row that was measured knows what a failed or a predicted one may not.
    const bool is_better =
        setup.example == nullptr || (setup.example->status != "ok" && r.status == "ok");
    if (is_better) setup.example = &r;
    setup.policies.insert(r.policy);
    if (r.status == "ok") setup.models.insert(r.architecture + "@" + r.input_size);
  }
  return setups;
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json setups_json(const Setups& setups) {
  ordered_json list = ordered_json::array();
  for (const auto& [name, setup] : setups) {
    const Record& r = *setup.example;
    list.push_back({{"name", name},
                    {"device", r.device},
                    {"runtime", r.runtime},
                    {"format", text_or_null(r.format)},
                    {"precision", r.precision},
                    {"layout", r.layout},
                    {"policies", setup.policies},
                    {"models", setup.models.size()}});
  }
  return list;
}

ordered_json edition_json(const score::Edition& edition, const Letters& letters) {
  if (!letters.is_any) return nullptr;
  return {{"name", edition.name},
          {"draft", edition.is_draft},
          {"setup", edition.setup},
          {"policy", edition.policy}};
}

// --- analyses

/// What one analysis said, as the files that stand beside each other.
struct Said {
  std::size_t n = 0;  ///< of how many it speaks
  std::vector<std::pair<std::string, File>> files;
};

Error about(Error error, const Analysis& a, const std::string& of) {
  error.what = fmt::format("{} of {}: {}", a.name, of, error.what);
  return error;
}

Result<Said> said_by(const Analysis& a, const analysis::Input& input, const std::string& of,
                     const Wanted& wanted) {
  if (wanted.stop != nullptr && *wanted.stop) {
    return fail(ErrorKind::interrupted, "interrupted before all analyses were made");
  }
  const auto outcome = a.run(input);
  if (!outcome) return tl::unexpected(about(outcome.error(), a, of));
  Said said{outcome->n, {}};
  const auto add = [&](const std::string& name, std::string bytes) {
    said.files.emplace_back(name, File{std::move(bytes), type_of(name)});
  };
  add(fmt::format("{}.json", a.name), analysis::to_json(a, *outcome));
  add(fmt::format("{}.csv", a.name), analysis::to_csv(*outcome));
  for (const figure::Figure& f : outcome->figures) {
    auto drawn = figure::svg(f);
    if (!drawn) return tl::unexpected(about(drawn.error(), a, of));
    add(analysis::file_of(a, f), std::move(*drawn));
  }
  return said;
}

/// One analysis to be made.
struct Job {
  const Analysis* analysis;
  const analysis::Input* input;
  std::string of;  ///< for messages
  Result<Said> said = fail(ErrorKind::internal, "not made");
};

/// Makes all of them, several at a time.
void make(std::vector<Job>& jobs, const Wanted& wanted) {
  for_each_below(jobs.size(), wanted.threads, [&](std::size_t i) {
    Job& job = jobs[i];
    job.said = said_by(*job.analysis, *job.input, job.of, wanted);
  });
}

/// Rows of one setup or, for an empty one, of all; under one policy.
using Inputs = std::map<std::pair<std::string, std::string>, analysis::Input>;

Inputs inputs_of(const Setups& setups, std::span<const analysis::Row> rows) {
  Inputs inputs;
  for (const auto& [name, setup] : setups) {
    for (const std::string_view policy : kPolicies) {
      const std::string p(policy);
      if (!setup.policies.contains(p)) continue;
      analysis::Input input{{}, p};
      std::ranges::copy_if(rows, std::back_inserter(input.rows),
                           [&](const analysis::Row& row) { return row.setup == name; });
      inputs.emplace(std::pair(name, p), std::move(input));
      inputs.emplace(std::pair("", p), analysis::Input{{rows.begin(), rows.end()}, p});
    }
  }
  return inputs;
}

struct Analyses {
  Files files;
  ordered_json list = ordered_json::array();  ///< of index.json
};

Result<Analyses> analyses_of(const Setups& setups, std::span<const analysis::Row> rows,
                             const Wanted& wanted) {
  const Inputs inputs = inputs_of(setups, rows);
  std::vector<Job> jobs;
  for (const auto& [key, input] : inputs) {
    const auto& [setup, policy] = key;
    const std::string of = (setup.empty() ? "all setups" : setup) + ", policy " + policy;
    for (const Analysis& a : score::analyses()) {
      if (setup.empty() == a.of_all_setups) jobs.push_back({&a, &input, of});
    }
  }
  make(jobs, wanted);
  std::map<std::pair<const Analysis*, const analysis::Input*>, const Said*> made;
  for (const Job& job : jobs) {
    if (!job.said) return tl::unexpected(job.said.error());
    made[{job.analysis, job.input}] = &*job.said;
  }
  Analyses analyses;
  for (const auto& [key, input] : inputs) {
    const auto& [setup, policy] = key;
    if (setup.empty()) continue;
    const std::string folder = fmt::format("analyses/{}/{}/", folder_of(setup), policy);
    for (const Analysis& a : score::analyses()) {
      const analysis::Input& of = a.of_all_setups ? inputs.at({"", policy}) : input;
      const Said& said = *made.at({&a, &of});
      for (const auto& [name, file] : said.files) {
        analyses.files.emplace(fmt::format("{}{}{}", kApi, folder, name), file);
      }
      analyses.list.push_back({{"setup", setup},
                               {"policy", policy},
                               {"name", a.name},
                               {"label", a.label},
                               {"n", said.n},
                               {"path", fmt::format("{}{}.json", folder, a.name)}});
    }
  }
  return analyses;
}

/// The newest record of each configuration, and predictions where they are wanted.
std::vector<Record> records_to_show(std::span<const Record> records,
                                    const catalogue::Catalogue& catalogue, bool predicted) {
  auto shown = store::newest({records.begin(), records.end()});
  if (!predicted) return shown;
  auto more = report::predicted_records(shown, catalogue);
  shown.insert(shown.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  return shown;
}

}  // namespace

std::string folder_of(const std::string& setup) {
  std::string folder;
  for (const char c : setup) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                          (c == '.' && !folder.empty());
    folder += is_plain ? std::string(1, c) : fmt::format("~{:02X}", static_cast<unsigned char>(c));
  }
  return folder.empty() ? "~" : folder;
}

Result<Files> documents(std::span<const Record> records, const catalogue::Catalogue& catalogue,
                        const score::Edition& edition, const Wanted& wanted) {
  const auto shown = records_to_show(records, catalogue, wanted.predicted);
  const auto joined = report::join(shown, catalogue);
  const auto analysed = report::analysis_rows(records, catalogue);
  const Setups setups = setups_of(joined);
  const Letters letters = letters_of(joined, analysed, edition);
  auto analyses = analyses_of(setups, analysed, wanted);
  if (!analyses) return tl::unexpected(analyses.error());
  const ordered_json index = {
      {"schema", "joulemark.site/1"},
      {"joulemark", wanted.version},
      {"setups", setups_json(setups)},
      {"edition", edition_json(edition, letters)},
      {"database", wanted.database ? ordered_json("joulemark.sqlite") : ordered_json(nullptr)},
      {"analyses", std::move(analyses->list)}};
  Files files = std::move(analyses->files);
  const auto add = [&](std::string path, std::string bytes) {
    std::string type = type_of(path);
    files.emplace(std::move(path), File{std::move(bytes), std::move(type)});
  };
  add(kIndex, index.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  add(std::string(kApi) + "models.json", models_json(joined, letters, offsets_of(analysed)));
  return files;
}

}  // namespace joulemark::site
