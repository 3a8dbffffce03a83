#include "report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "catalogue/published.hpp"
#include "figure/text.hpp"
#include "report/flags.hpp"
#include "report/joined.hpp"
#include "report/picture.hpp"
#include "report/style.hpp"
#include "report/table.hpp"

namespace joulemark::report {
namespace {

using figure::escape;
using store::Record;

/// A measured record with what the page says about it.
struct Entry {
  Record record;
  std::size_t rank = 0;  ///< 1 is the least energy per image
  std::optional<catalogue::Published> published;
};

struct Page {
  std::vector<Entry> measured;  ///< in the order of rank
  std::vector<Record> failed;
  std::vector<std::string> setups;  ///< of the measured, in the order of the alphabet
  std::vector<std::string> common;  ///< flags that all measured carry: said once
};

std::optional<catalogue::Published> look_up(const Record& r) {
  const auto size = side(r.input_size);
  if (!size) return std::nullopt;
  return catalogue::published(r.architecture, tag_of(r), *size);
}

Page arrange(std::span<const Record> records) {
  Page page;
  page.common = common_flags(records);
  std::set<std::string> setups;
  for (Record& r : ranked(records)) {
    if (r.status != "ok" || !r.energy_j_per_image) {
      page.failed.push_back(std::move(r));
      continue;
    }
    setups.insert(r.setup);
    auto published = look_up(r);
    page.measured.push_back({std::move(r), page.measured.size() + 1, std::move(published)});
  }
  page.setups.assign(setups.begin(), setups.end());
  return page;
}

std::string list_of(std::span<const Record> records, std::string Record::* field) {
  std::set<std::string> values;
  for (const Record& r : records) {
    if (!(r.*field).empty()) values.insert(r.*field);
  }
  return escape(fmt::format("{}", fmt::join(values, ", ")));
}

/// "2026-11-24T10:15:12Z" as "2026-11-24 10:15 UTC"; another text as it is.
std::string when(const std::string& rfc3339) {
  const bool utc = rfc3339.size() == 20 && rfc3339[10] == 'T' && rfc3339.back() == 'Z';
  return escape(utc ? rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 5) + " UTC" : rfc3339);
}

std::string policy_in_words(const std::string& policy) {
  if (policy == "batch_1") return "one image at a time";
  if (policy == "throughput") return "the smallest batch with nearly full throughput";
  if (policy == "min_energy") return "the batch of least energy";
  return "a batch that was chosen";
}

std::string scope_in_words(const std::string& scope) {
  static const std::map<std::string, const char*> kWords = {
      {"gpu_board", "the whole GPU board: chip, memory and regulators, not the host"},
      {"gpu_mig_slice", "the whole GPU board, although only a slice of it was used"},
      {"cpu_package", "the CPU packages, without memory"},
      {"cpu_package_dram", "the CPU packages and their memory"},
      {"cpu_estimate", "an estimate from CPU time and a power model"},
      {"simulated", "a replayed or synthetic trace"}};
  const auto found = kWords.find(scope);
  return found == kWords.end() ? scope : found->second;
}

bool is_measured(const Record& r) { return origin(r) == kMeasured; }

std::string heading(std::span<const Record> records, const std::string& title) {
  std::string first;
  std::string last;
  for (const Record& r : records) {
    if (first.empty() || r.measured_at < first) first = r.measured_at;
    last = std::max(last, r.measured_at);
  }
  std::string out = fmt::format("<header><h1>{}</h1>", escape(title));
  if (records.empty()) return out + "<p class=\"lead\">There are no measurements yet.</p></header>";
  const auto unreal = records.size() - static_cast<std::size_t>(std::count_if(
                                           records.begin(), records.end(), is_measured));
  out +=
      fmt::format("<p class=\"lead\">{} on {}, {}, with {}.</p>",
                  unreal < records.size() ? "Measured" : "Run", list_of(records, &Record::device),
                  when(first) == when(last) ? when(first) : when(first) + " to " + when(last),
                  list_of(records, &Record::runtime));
  if (unreal > 0) {
    std::set<std::string> instead;
    for (const Record& r : records) {
      if (!is_measured(r)) instead.insert(scope_in_words(r.scope));
    }
    out += fmt::format(
        "<p class=\"notice\"><b>{} of these joules {} measured.</b> What stands "
        "here is {}.</p>",
        unreal < records.size() ? "Some" : "None", unreal < records.size() ? "were not" : "was",
        escape(fmt::format("{}", fmt::join(instead, "; or "))));
  }
  return out + "</header>";
}

Point to_point(const Entry& e) {
  const Record& r = e.record;
  const double ci = r.ci95_rel.value_or(0.0);
  return {r.architecture,
          std::to_string(e.rank),
          r.policy,
          *r.energy_j_per_image,
          e.published->top1,
          ci,
          std::hypot(ci, r.systematic_rel.value_or(0.0))};
}

/// One point per entry of `setup` that has a published accuracy; an empty setup means all.
std::vector<Point> points_of(const Page& page, const std::string& setup) {
  std::vector<Point> points;
  for (const Entry& e : page.measured) {
    const bool wanted = setup.empty() || e.record.setup == setup;
    // The scale is logarithmic: what is not above 0 has no place on it.
    if (wanted && e.published && *e.record.energy_j_per_image > 0.0) points.push_back(to_point(e));
  }
  return points;
}

std::string legend(std::span<const Point> points) {
  std::set<std::string> policies;
  for (const Point& p : points) policies.insert(p.policy);
  std::string out = "<ul class=\"key-list\">";
  for (const std::string& policy : policies) {
    out += fmt::format("<li>{} {}</li>", policy_mark(policy), policy_in_words(policy));
  }
  return out + "<li>thick bar: 95 % interval</li><li>thin bar: with the systematic term</li></ul>";
}

std::string not_in_picture(const Page& page) {
  std::set<std::string> names;
  for (const Entry& e : page.measured) {
    if (!e.published) names.insert(e.record.model + " at " + e.record.input_size);
  }
  if (names.empty()) return {};
  return fmt::format("<p>Not in the picture, as no accuracy is published for them: {}.</p>",
                     escape(fmt::format("{}", fmt::join(names, ", "))));
}

/// The same picture for three widths of the page; the style sheet shows one. Scaling one picture
/// would make its letters too small to read on the others.
struct Width {
  const char* name = nullptr;
  PictureSize size;
};
constexpr std::array kWidths = {Width{"wide", {1160, 560, true}}, Width{"middle", {720, 480, true}},
                                Width{"narrow", {360, 440, false}}};

std::string pictures(const Page& page) {
  const std::vector<Point> all = points_of(page, "");
  if (all.empty()) return not_in_picture(page);
  const Axes axes = axes_for(all);  // shared, so that setups can be compared by eye
  std::string out = "<section><h2>Energy and accuracy</h2>" + legend(all);
  for (std::size_t i = 0; i < page.setups.size(); ++i) {
    const std::vector<Point> points = points_of(page, page.setups[i]);
    if (points.empty()) continue;
    out += fmt::format("<figure><figcaption>{}</figcaption>", escape(page.setups[i]));
    for (const Width& width : kWidths) {
      out += fmt::format("<div class=\"{}\">{}</div>", width.name,
                         picture(points, axes, width.size, fmt::format("{}-{}", width.name, i)));
    }
    out += "</figure>";
  }
  out += "<p class=\"narrow\">The numbers are those of the table.</p>";
  return out + not_in_picture(page) + "</section>";
}

struct Cell {
  const char* label;
  std::string content;  ///< HTML
  const char* kind;     ///< class of the cell
};

/// The tag only where it is not that of the model's own name.
std::string accuracy_cell(const Entry& e) {
  if (!e.published) return {};
  const auto& p = *e.published;
  const std::string whose =
      p.tag_as_asked
          ? ""
          : fmt::format("<span class=\"sub\">of {}; of these weights none is published</span>",
                        escape(p.tag));
  return fmt::format("<span>{:.1f} %{}</span>", p.top1, whose);
}

/// Four significant digits: "412.3", "97390".
std::string rate(double images_per_s) {
  return images_per_s < 999.95 ? fmt::format("{:#.4g}", images_per_s)
                               : fmt::format("{:.0f}", images_per_s);
}

std::string model_cell(const Record& r, bool several_setups) {
  const std::string setup =
      several_setups ? fmt::format("<span class=\"sub\">{}</span>", escape(r.setup)) : "";
  return fmt::format("<span>{}<span class=\"sub\">{}, {}</span>{}</span>", escape(r.model),
                     escape(r.input_size), escape(r.weights), setup);
}

std::string energy_cell(const Record& r) {
  std::string out = "<span>" + escape(si(*r.energy_j_per_image, "J"));
  if (r.ci95_rel) {
    out += fmt::format(" <span class=\"ci\">± {}</span>", escape(percent(*r.ci95_rel)));
  }
  if (r.systematic_rel) {
    out += fmt::format("<span class=\"sub\">systematic ± {}</span>",
                       escape(percent(*r.systematic_rel)));
  }
  return out + "</span>";
}

std::vector<Cell> cells_of(const Entry& e, const Page& page) {
  const Record& r = e.record;
  const auto number = [](const std::optional<double>& v, const char* unit) {
    return v ? escape(si(*v, unit)) : std::string();
  };
  return {
      {"rank", std::to_string(e.rank), "n"},
      {"model", model_cell(r, page.setups.size() > 1), "name"},
      {"batch", fmt::format("<span>{} {}</span>", policy_mark(r.policy), escape(batch_in_words(r))),
       "w"},
      {"energy per image", energy_cell(r), "n"},
      {"net of idle", number(r.energy_net_j_per_image, "J"), "n"},
      {"images/s", r.images_per_s ? rate(*r.images_per_s) : "", "n"},
      {"power", number(r.power_w, "W"), "n"},
      {"top-1", accuracy_cell(e), "n"},
      {"remarks, run",
       fmt::format("<span>{}<code>{}</code></span>",
                   escape(flags_in_words(own_flags(r, page.common))), escape(r.run)),
       ""},
  };
}

std::string ranking(const Page& page) {
  if (page.measured.empty()) return {};
  std::string head;
  for (const Cell& c : cells_of(page.measured.front(), page)) {
    head += fmt::format(R"(<th scope="col" class="{}">{}</th>)", c.kind, c.label);
  }
  std::string body;
  for (const Entry& e : page.measured) {
    body += "<tr>";
    for (const Cell& c : cells_of(e, page)) {
      body += fmt::format(R"(<td class="{}" data-label="{}">{}</td>)", c.kind, c.label, c.content);
    }
    body += "</tr>\n";
  }
  const std::string of_all = page.common.empty() ? ""
                                                 : fmt::format("<p>All rows: {}.</p>",
                                                               escape(flags_in_words(page.common)));
  return fmt::format(
      "<section><h2>Ranking</h2>{}<table class=\"cards\"><thead><tr>{}</tr></thead>"
      "<tbody>\n{}</tbody></table></section>",
      of_all, head, body);
}

std::string failures(const Page& page) {
  if (page.failed.empty()) return {};
  std::string body;
  for (const Record& r : page.failed) {
    body += fmt::format(
        "<tr><td class=\"name\" data-label=\"model\">{}</td><td data-label=\"batch\">{}</td>"
        "<td data-label=\"what\">{}</td><td data-label=\"why\"><span>{}<code>{}</code></span></td>"
        "</tr>\n",
        escape(r.model), escape(batch_in_words(r)), escape(r.status), escape(r.message),
        escape(r.run));
  }
  return "<section><h2>Not measured</h2><table class=\"cards\"><thead><tr><th scope=\"col\">model"
         "</th><th scope=\"col\">batch</th><th scope=\"col\">what</th><th scope=\"col\">why</th>"
         "</tr></thead><tbody>\n" +
         body + "</tbody></table></section>";
}

std::string reading_guide(const Page& page) {
  if (page.measured.empty()) return {};
  std::set<std::string> flags;
  for (const Entry& e : page.measured) {
    flags.insert(e.record.flags.begin(), e.record.flags.end());
  }
  std::string out =
      "<section><h2>How to read this</h2>"
      "<p><b>Energy per image</b> is everything that the meter saw while images were classified, "
      "divided by their number. <b>Net of idle</b> leaves out what the device draws when it does "
      "nothing.</p>"
      "<p><b>±</b> is the 95 % interval of repeating the measurement under the same conditions. "
      "Two results whose intervals overlap cannot be told apart by it. What repeating cannot show, "
      "such as the sensor's own accuracy, is the systematic term: the thin bar in the picture. It "
      "shifts all results of one meter together and hardly changes their order.</p>"
      "<p>A <b>batch</b> of 1 is what a single request costs; a large batch is what an image costs "
      "when there are many. The same model appears under both.</p>";
  if (!flags.empty()) {
    out += "<h3>Remarks</h3><ul>";
    for (const std::string& flag : flags) {
      const std::string_view meaning = flag_meaning(flag);
      out += fmt::format("<li><b>{}</b>{}{}</li>", escape(flag_in_words(flag)),
                         meaning.empty() ? "" : ": ", escape(meaning));
    }
    out += "</ul>";
  }
  return out + "</section>";
}

std::string origins(std::span<const Record> records, const Page& page) {
  if (page.measured.empty()) return {};
  std::map<std::string, std::set<std::string>> meters;  // what it covers -> meter on device
  for (const Entry& e : page.measured) {
    meters[e.record.scope].insert(fmt::format("{} on {}", e.record.meter, e.record.device));
  }
  std::string covered;
  for (const auto& [scope, names] : meters) {
    covered += fmt::format("<dd>{}: {}</dd>", escape(fmt::format("{}", fmt::join(names, ", "))),
                           escape(scope_in_words(scope)));
  }
  return fmt::format(
      "<section><h2>Where the numbers come from</h2><dl>"
      "<dt>Energy, power</dt>{}"
      "<dt>Images per second</dt><dd>completions that the runtime's process stamped, over the same "
      "windows as the energy</dd>"
      "<dt>Runtime</dt><dd>{}, version {}</dd>"
      "<dt>Top-1</dt><dd>{}</dd>"
      "<dt>Method</dt><dd>version {}; every window, condition and setting of a row: "
      "<code>joulemark show RUN</code></dd></dl></section>",
      covered, list_of(records, &Record::runtime), list_of(records, &Record::runtime_version),
      escape(catalogue::source()), list_of(records, &Record::method));
}

}  // namespace

std::string html(std::span<const Record> records, const std::string& title) {
  const Page page = arrange(records);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{}</title><style>{}</style></head>\n<body><main>",
      escape(title), kStyle);
  out += heading(records, title);
  out += pictures(page);
  out += ranking(page);
  out += failures(page);
  out += reading_guide(page);
  out += origins(records, page);
  return out + "</main></body></html>\n";
}

}  // namespace joulemark::report
