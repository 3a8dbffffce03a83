#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace joulemark::zoo {

/// A file that belongs to a descriptor, by name relative to the descriptor's folder.
struct FileRef {
  std::string file;
  std::string sha256;  ///< lower-case hex
  std::int64_t bytes = 0;
};

/// One executable form of the model. `batch` absent: runs any batch size.
struct Artefact : FileRef {
  std::optional<std::int64_t> batch;
};

/// A float32 little-endian row-major tensor on disk.
struct TensorFile : FileRef {
  std::vector<std::int64_t> shape;
};

/// Where the weights came from; see docs/method for what random weights do to energy.
struct Weights {
  std::string origin;                ///< "pretrained", "live" or "default"
  std::optional<std::int64_t> seed;  ///< of random weights
  std::string source;                ///< hub name of pretrained weights
  /// The exported form: "pretrained", "live:SEED" or "default:SEED".
  std::string label() const;
};

/// The C++ reading of descriptor.json (docs/schema/descriptor.schema.json is normative).
struct Descriptor {
  std::filesystem::path folder;
  std::string name;          ///< as the user asked for it
  std::string architecture;  ///< timm architecture
  std::optional<std::string> tag;
  std::vector<std::int64_t> input_size;  ///< {3, H, W}
  std::vector<double> mean, std_dev;
  double crop_pct = 0.0;
  std::string interpolation;
  std::int64_t classes = 0;
  std::int64_t parameters = 0;
  std::string precision;  ///< "fp32" | "tf32" | "fp16" | "bf16"
  std::string layout;     ///< "contiguous" | "channels_last"
  std::string format;     ///< "torchscript" | "aoti" | "reference"
  std::string device;     ///< "cpu" | "cuda": what it was made for
  std::vector<Artefact> artefacts;
  Weights weights;
  TensorFile reference_input;   ///< [N, 3, H, W]
  TensorFile reference_output;  ///< [N, classes], logits of the float32 eager model
  /// Largest relative error of eager's own logits in this precision against reference_output, over
  /// the images; absent in descriptors that do not say.
  std::optional<double> eager_error;
  std::string exporter;  ///< one line: package, torch, timm versions and time

  /// The artefact that can run `batch`; not_found names the batches that exist.
  Result<Artefact> artefact_for(std::int64_t batch) const;
  /// "224x224", as rows have it; empty where it is not known.
  std::string input_size_text() const;
};

/// Reads and validates one descriptor: every field present and in range, file names plain.
/// Errors: not_found, invalid_input (with the field and what was expected), io.
Result<Descriptor> read_descriptor(const std::filesystem::path& path);

/// Same, from text: the fuzz target's entry. `folder` is only recorded.
Result<Descriptor> parse_descriptor(std::string_view content, const std::filesystem::path& folder);

/// Checks presence, size and SHA-256 of one referenced file.
/// Errors: not_found (missing), invalid_input (truncated, or another digest), with the export
/// command.
Result<void> verify_file(const Descriptor& d, const FileRef& ref);

/// Loads a float32 tensor after verify_file.
Result<std::vector<float>> read_tensor(const Descriptor& d, const TensorFile& tensor);

/// What the user asked for; empty fields do not filter.
struct Query {
  std::string name{};  ///< architecture, architecture.tag or a glob of either
  std::string format{}, precision{}, layout{}, device{};
};

/// All descriptors under `models` that match, sorted by name then format. An unknown name is
/// not_found, suggesting the nearest names and the export command.
Result<std::vector<Descriptor>> find(const std::filesystem::path& models, const Query& query);

}  // namespace joulemark::zoo
