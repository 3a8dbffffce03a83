// Tables and facts that come from elsewhere: no text may end the program, what is refused says what
// to do, and what is read can be written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "catalogue/build.hpp"
#include "catalogue/csv.hpp"
#include "catalogue/facts.hpp"
#include "catalogue/tables.hpp"
#include "catalogue/testing/small.hpp"

namespace {

namespace catalogue = joulemark::catalogue;

void require(bool condition) {
  if (!condition) std::abort();
}

template <class T>
void require_next_step(const joulemark::Result<T>& result) {
  require(result || (!result.error().what.empty() && !result.error().next.empty()));
}

void csv_reads_back(const std::string& text) {
  const auto csv = catalogue::Csv::parse("t.csv", text);
  require_next_step(csv);
  if (!csv) return;
  std::string again;
  const auto write = [&](std::span<const std::string_view> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      again += (i > 0 ? "," : "") + joulemark::csv_cell(std::string(cells[i]));
    }
    again += '\n';
  };
  write(csv->header());
  for (std::size_t i = 0; i < csv->size(); ++i) write(csv->row(i).cells);
  const auto second = catalogue::Csv::parse("t.csv", again);
  require(second && second->size() == csv->size());
  for (std::size_t i = 0; i < csv->size(); ++i) {
    require(std::ranges::equal(second->row(i).cells, csv->row(i).cells));
  }
}

/// A folder of sound tables but for one, which is `text`.
void builds(const std::string& text, const std::string& file) {
  auto tables = catalogue::testing::small_tables();
  for (catalogue::Input& table : tables) {
    if (table.name == file) table.text = text;
  }
  const auto built = catalogue::build(tables, {"facts", catalogue::testing::kSmallFacts, "abc"});
  require_next_step(built);
  if (!built) return;
  const catalogue::Texts texts = catalogue::to_texts(built->catalogue);
  const auto again = catalogue::from_texts({texts.begin(), texts.end()});
  require(again && catalogue::to_texts(*again) == texts);
}

void builds_with_facts(const std::string& text) {
  const auto built = catalogue::build(catalogue::testing::small_tables(), {"facts", text, "abc"});
  require_next_step(built);
}

void reads_table(const std::string& text, const std::string& file) {
  const auto built = catalogue::build(catalogue::testing::small_tables(),
                                      {"facts", catalogue::testing::kSmallFacts, "abc"});
  catalogue::Texts texts = catalogue::to_texts(built->catalogue);
  texts[file] = text;
  const auto read = catalogue::from_texts({texts.begin(), texts.end()});
  require_next_step(read);
  if (!read) return;
  const catalogue::Texts again = catalogue::to_texts(*read);
  require(catalogue::from_texts({again.begin(), again.end()}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  csv_reads_back(text);
  // What the text begins with says what it may be.
  if (text.starts_with("{")) {
    builds_with_facts(text);
    reads_table(text, "SOURCE.json");
    return 0;
  }
  if (text.starts_with("model,img_size")) builds(text, "results-imagenet.csv");
  if (text.starts_with("model,infer"))
    builds(text, "benchmark-infer-amp-nchw-pt291-cu130-5090.csv");
  if (text.starts_with("model,pretraining,")) reads_table(text, "weights.csv");
  if (text.starts_with("model,pretrain\n")) builds(text, "model_metadata-in1k.csv");
  if (text.starts_with("model,input_size")) reads_table(text, "accuracy.csv");
  if (text.starts_with("architecture,input_size,gmacs")) reads_table(text, "costs.csv");
  if (text.starts_with("architecture,input_size,rtx")) reads_table(text, "speeds.csv");
  if (text.starts_with("family,")) reads_table(text, "families.csv");
  return 0;
}
