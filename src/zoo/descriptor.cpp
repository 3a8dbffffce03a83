#include "zoo/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "zoo/sha256.hpp"

namespace joulemark::zoo {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "joulemark.descriptor/1";
constexpr std::int64_t kLargestSide = 16384;

/// Thrown inside this file only: what is wrong with which field.
struct FieldError {
  std::string what;
};

[[noreturn]] void wrong(const std::string& field, const std::string& expected) {
  throw FieldError{fmt::format("'{}' {}", field, expected)};
}

const json& member(const json& object, const std::string& key, const std::string& field) {
  const auto found = object.find(key);
  if (found == object.end()) wrong(field, "is missing");
  return *found;
}

std::string text(const json& o, const std::string& key, const std::string& field) {
  const json& v = member(o, key, field);
  if (!v.is_string() || v.get_ref<const std::string&>().empty()) wrong(field, "is not a text");
  return v;
}

std::string one_of(const json& o, const std::string& key, const std::vector<std::string>& allowed) {
  const std::string value = text(o, key, key);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    wrong(key, fmt::format("is '{}', not one of {}", value, join_words(allowed)));
  }
  return value;
}

std::int64_t integer(const json& v, const std::string& field, std::int64_t low, std::int64_t high) {
  if (!v.is_number_integer()) wrong(field, "is not an integer");
  const bool too_big = v.is_number_unsigned() && v.get<std::uint64_t>() > std::uint64_t(high);
  if (too_big || v.get<std::int64_t>() < low || v.get<std::int64_t>() > high) {
    wrong(field, fmt::format("is not between {} and {}", low, high));
  }
  return v;
}

std::vector<std::int64_t> shape(const json& v, const std::string& field, std::size_t dimensions) {
  if (!v.is_array() || v.size() != dimensions) {
    wrong(field, fmt::format("is not a list of {} sizes", dimensions));
  }
  std::vector<std::int64_t> sizes;
  for (const json& n : v) sizes.push_back(integer(n, field, 1, std::int64_t{1} << 24));
  return sizes;
}

std::vector<double> three_numbers(const json& o, const std::string& field) {
  const json& v = member(o, field, field);
  if (!v.is_array() || v.size() != 3) wrong(field, "is not a list of 3 numbers");
  std::vector<double> numbers;
  for (const json& n : v) {
    if (!n.is_number() || !std::isfinite(n.get<double>()))
      wrong(field, "is not a list of 3 numbers");
    numbers.push_back(n);
  }
  return numbers;
}

/// A plain name: a descriptor must not be able to point out of its folder.
bool is_plain(const std::string& name) {
  const bool allowed = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  return allowed && name.find_first_not_of('.') != std::string::npos;
}

FileRef file_ref(const json& o, const std::string& field) {
  if (!o.is_object()) wrong(field, "is not an object");
  FileRef ref;
  ref.file = text(o, "file", field + ".file");
  if (!is_plain(ref.file)) wrong(field + ".file", "is not a plain file name");
  ref.sha256 = text(o, "sha256", field + ".sha256");
  const bool hex = std::all_of(ref.sha256.begin(), ref.sha256.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (ref.sha256.size() != 64 || !hex) wrong(field + ".sha256", "is not 64 hex digits");
  ref.bytes =
      integer(member(o, "bytes", field + ".bytes"), field + ".bytes", 0, std::int64_t{1} << 46);
  return ref;
}

TensorFile tensor_file(const json& o, const std::string& field, std::size_t dimensions) {
  TensorFile tensor;
  static_cast<FileRef&>(tensor) = file_ref(o, field);
  if (text(o, "dtype", field + ".dtype") != "float32") wrong(field + ".dtype", "is not float32");
  tensor.shape = shape(member(o, "shape", field + ".shape"), field + ".shape", dimensions);
  double values = 1.0;  // a product of sizes may leave 64 bits
  for (const auto n : tensor.shape) values *= static_cast<double>(n);
  if (values * 4.0 != static_cast<double>(tensor.bytes)) {
    wrong(field, fmt::format("has {} bytes, not 4 for each of {} values", tensor.bytes, values));
  }
  return tensor;
}

std::vector<Artefact> artefacts(const json& v) {
  if (!v.is_array() || v.empty()) wrong("artefacts", "is not a list of at least one");
  std::vector<Artefact> list;
  for (const json& o : v) {
    const std::string field = fmt::format("artefacts[{}]", list.size());
    Artefact a;
    static_cast<FileRef&>(a) = file_ref(o, field);
    const json& batch = member(o, "batch", field + ".batch");
    if (!batch.is_null()) a.batch = integer(batch, field + ".batch", 1, 65536);
    list.push_back(std::move(a));
  }
  return list;
}

Weights weights(const json& o) {
  if (!o.is_object()) wrong("weights", "is not an object");
  Weights w;
  w.origin = text(o, "origin", "weights.origin");
  if (w.origin != "live" && w.origin != "default" && w.origin != "pretrained")
    wrong("weights.origin", "is not live, default or pretrained");
  if (o.contains("seed")) w.seed = integer(o["seed"], "weights.seed", 0, INT64_MAX);
  if (o.contains("source")) w.source = text(o, "source", "weights.source");
  return w;
}

std::string exporter_line(const json& o) {
  if (!o.is_object()) wrong("exporter", "is not an object");
  const auto field = [&](const char* key) { return text(o, key, fmt::format("exporter.{}", key)); };
  std::string line =
      fmt::format("joulemark_zoo {}, torch {}, timm {}, Python {}, {}", field("joulemark_zoo"),
                  field("torch"), field("timm"), field("python"), field("exported_at"));
  const json settings = o.value("compiler", json::object());
  if (!settings.is_object()) wrong("exporter.compiler", "is not an object");
  for (const auto& [name, value] : settings.items()) {
    if (!value.is_boolean()) wrong("exporter.compiler." + name, "is not true or false");
    line += fmt::format(", {} {}", name, value.get<bool>() ? "on" : "off");
  }
  return line;
}

Descriptor read(const json& j) {
  if (!j.is_object()) throw FieldError{"it is not a JSON object"};
  if (text(j, "schema", "schema") != kSchema) wrong("schema", fmt::format("is not {}", kSchema));
  Descriptor d;
  d.name = text(j, "name", "name");
  d.architecture = text(j, "architecture", "architecture");
  if (!member(j, "tag", "tag").is_null()) d.tag = text(j, "tag", "tag");
  d.input_size = shape(member(j, "input_size", "input_size"), "input_size", 3);
  if (d.input_size[0] != 3 || d.input_size[1] > kLargestSide || d.input_size[2] > kLargestSide) {
    wrong("input_size", fmt::format("is not 3 x H x W with H and W up to {}", kLargestSide));
  }
  d.mean = three_numbers(j, "mean");
  d.std_dev = three_numbers(j, "std");
  const json& crop = member(j, "crop_pct", "crop_pct");
  if (!crop.is_number() || !(crop.get<double>() > 0.0)) wrong("crop_pct", "is not above 0");
  d.crop_pct = crop;
  d.interpolation = text(j, "interpolation", "interpolation");
  d.classes = integer(member(j, "classes", "classes"), "classes", 2, 1 << 24);
  d.parameters = integer(member(j, "parameters", "parameters"), "parameters", 1, INT64_MAX);
  d.precision = one_of(j, "precision", {"fp32", "tf32", "fp16", "bf16"});
  d.layout = one_of(j, "layout", {"contiguous", "channels_last"});
  d.format = one_of(j, "format", {"torchscript", "aoti", "reference"});
  d.device = one_of(j, "device", {"cpu", "cuda"});
  d.artefacts = artefacts(member(j, "artefacts", "artefacts"));
  d.weights = weights(member(j, "weights", "weights"));
  const json& reference = member(j, "reference", "reference");
  if (!reference.is_object()) wrong("reference", "is not an object");
  d.reference_input =
      tensor_file(member(reference, "input", "reference.input"), "reference.input", 4);
  d.reference_output =
      tensor_file(member(reference, "output", "reference.output"), "reference.output", 2);
  const auto& in = d.reference_input.shape;
  if (!std::equal(in.begin() + 1, in.end(), d.input_size.begin())) {
    wrong("reference.input.shape", "is not [N, input_size]");
  }
  if (d.reference_output.shape != std::vector<std::int64_t>{in[0], d.classes}) {
    wrong("reference.output.shape", "is not [N, classes]");
  }
  if (const auto error = reference.find("eager_error"); error != reference.end()) {
    const double value = error->is_number() ? error->get<double>() : -1.0;
    if (value < 0.0 || value > 1.0) wrong("reference.eager_error", "is not from 0 to 1");
    d.eager_error = value;
  }
  d.exporter = exporter_line(member(j, "exporter", "exporter"));
  return d;
}

std::string export_command(const std::string& name) {
  return fmt::format(
      "Export it: python -m joulemark_zoo export {} --out DIR, and pass --models DIR", name);
}

bool fits(const Descriptor& d, const Query& q) {
  const auto same = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return same(q.format, d.format) && same(q.precision, d.precision) && same(q.layout, d.layout) &&
         same(q.device, d.device);
}

bool is_called(const Descriptor& d, const std::string& name) {
  return matches(name, d.name) || matches(name, d.architecture) ||
         (d.tag && matches(name, d.architecture + "." + *d.tag));
}

}  // namespace

std::string Weights::label() const {
  const bool random = origin == "live" || origin == "default";
  return random ? fmt::format("{}:{}", origin, seed.value_or(0)) : origin;
}

std::string Descriptor::input_size_text() const {
  if (input_size.size() != 3) return {};
  return fmt::format("{}x{}", input_size[1], input_size[2]);
}

Result<Artefact> Descriptor::artefact_for(std::int64_t batch) const {
  std::vector<std::string> sizes;
  for (const Artefact& a : artefacts) {
    if (!a.batch || *a.batch == batch) return a;
    sizes.push_back(std::to_string(*a.batch));
  }
  return fail(ErrorKind::not_found,
              fmt::format("{} is compiled for batch {}, not {}", name, join_words(sizes), batch),
              fmt::format("Export it with --batch {}", batch));
}

Result<Descriptor> parse_descriptor(std::string_view content, const fs::path& folder) {
  const std::string where = (folder / "descriptor.json").string();
  const json j = json::parse(content, nullptr, /*allow_exceptions=*/false);
  if (j.is_discarded()) {
    return fail(ErrorKind::invalid_input, fmt::format("{} is not JSON", where),
                "It was cut off or edited: export the model again with --force");
  }
  try {
    Descriptor d = read(j);
    d.folder = folder;
    return d;
  } catch (const FieldError& e) {
    return fail(ErrorKind::invalid_input, fmt::format("{}: {}", where, e.what),
                "Export the model again with --force");
  } catch (const json::exception& e) {
    return fail(ErrorKind::invalid_input, fmt::format("{}: {}", where, e.what()),
                "Export the model again with --force");
  }
}

Result<Descriptor> read_descriptor(const fs::path& path) {
  const auto content = read_file(path);
  if (!content) {
    return fail(ErrorKind::not_found, fmt::format("cannot open {}", path.string()),
                "Check the path and its permissions");
  }
  return parse_descriptor(*content, path.parent_path());
}

Result<void> verify_file(const Descriptor& d, const FileRef& ref) {
  const fs::path path = d.folder / ref.file;
  const std::string again = fmt::format(
      "Export it again: python -m joulemark_zoo export {} --format {} --force", d.name, d.format);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return fail(ErrorKind::not_found, fmt::format("{} is missing", path.string()), again);
  if (size != static_cast<std::uintmax_t>(ref.bytes)) {
    return fail(
        ErrorKind::invalid_input,
        fmt::format("{} has {} bytes, its descriptor says {}", path.string(), size, ref.bytes),
        again);
  }
  const auto digest = sha256_of_file(path);
  if (!digest) return tl::unexpected(digest.error());
  if (*digest != ref.sha256) {
    return fail(ErrorKind::invalid_input,
                fmt::format("{} is not the file that its descriptor describes (another SHA-256)",
                            path.string()),
                again);
  }
  return {};
}

Result<std::vector<float>> read_tensor(const Descriptor& d, const TensorFile& tensor) {
  if (auto ok = verify_file(d, tensor); !ok) return tl::unexpected(ok.error());
  std::vector<float> values(static_cast<std::size_t>(tensor.bytes) / sizeof(float));
  std::ifstream in(d.folder / tensor.file, std::ios::binary);
  in.read(reinterpret_cast<char*>(values.data()), tensor.bytes);
  if (!in) {
    return fail(ErrorKind::io, fmt::format("cannot read {}", (d.folder / tensor.file).string()),
                "Check the disk");
  }
  return values;
}

Result<std::vector<Descriptor>> find(const fs::path& models, const Query& query) {
  std::error_code error;
  if (!fs::is_directory(models, error)) {
    return fail(ErrorKind::not_found,
                fmt::format("there is no folder of models '{}'", models.string()),
                export_command(query.name.empty() ? "MODEL" : query.name));
  }
  std::vector<Descriptor> called;
  std::vector<Descriptor> found;
  std::vector<std::string> names;
  // Deeper than models/<name>/<variant>/ there is nothing of ours.
  for (auto it = fs::recursive_directory_iterator(models, error); it != fs::end(it);
       it.increment(error)) {
    if (it.depth() > 2) it.disable_recursion_pending();
    const bool hidden = it->path().parent_path().filename().string().starts_with(".");
    if (it->path().filename() != "descriptor.json" || hidden) continue;
    auto d = read_descriptor(it->path());
    if (!d) {
      // A broken one matters only to who asks for it; its folder carries its name.
      const std::string folder = it->path().parent_path().parent_path().filename().string();
      if (query.name == folder) return tl::unexpected(d.error());
      continue;
    }
    names.push_back(d->name);
    if (!query.name.empty() && !is_called(*d, query.name)) continue;
    called.push_back(*d);
    if (fits(*d, query)) found.push_back(std::move(*d));
  }
  if (found.empty() && !called.empty()) {
    std::vector<std::string> variants;
    for (const Descriptor& d : called) {
      variants.push_back(fmt::format("{} {} {} {}", d.format, d.precision, d.layout, d.device));
    }
    return fail(
        ErrorKind::not_found,
        fmt::format("{} is exported as {}, not as asked for", query.name, join_words(variants)),
        export_command(query.name + " with other options"));
  }
  if (found.empty() && !query.name.empty()) {
    const auto near = nearest(query.name, names);
    const std::string hint = near.empty() ? "" : fmt::format("Did you mean {}? ", join_words(near));
    return fail(ErrorKind::not_found,
                fmt::format("there is no model '{}' in {}", query.name, models.string()),
                hint + export_command(query.name));
  }
  std::sort(found.begin(), found.end(), [](const Descriptor& a, const Descriptor& b) {
    return std::tie(a.name, a.folder) < std::tie(b.name, b.folder);
  });
  return found;
}

}  // namespace joulemark::zoo
