#include "artefact.hpp"

#include <openssl/sha.h>

#include <fstream>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include "reference_runtime.hpp"

namespace joulemark::reference_worker {
namespace {

using nlohmann::json;

constexpr std::int64_t kImages = 4;
constexpr std::int64_t kSide = 32;
constexpr std::int64_t kClasses = 10;

std::string sha256(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const unsigned char c : digest) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  return hex;
}

json write_file(const std::filesystem::path& folder, const std::string& name,
                const std::string& content) {
  std::ofstream out(folder / name, std::ios::binary);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + (folder / name).string());
  return {{"file", name}, {"sha256", sha256(content)}, {"bytes", content.size()}};
}

json write_tensor(const std::filesystem::path& folder, const std::string& name,
                  std::span<const float> values, const std::vector<std::int64_t>& shape) {
  json ref =
      write_file(folder, name, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  ref["dtype"] = "float32";
  ref["shape"] = shape;
  return ref;
}

}  // namespace

void make_artefact(const std::filesystem::path& models, const std::string& name,
                   const std::string& behaviour_json) {
  const json behaviour = json::parse(behaviour_json);
  const auto folder = models / name / "reference-fp32-contiguous-cpu";
  std::filesystem::create_directories(folder);

  std::mt19937 random(20261124);
  std::normal_distribution<float> normal;
  const std::int64_t values = 3 * kSide * kSide;
  std::vector<float> pixels(static_cast<std::size_t>(kImages * values));
  for (float& v : pixels) v = normal(random);
  const auto logits =
      project(pixels.data(), kImages, values, kClasses, behaviour.value("seed", std::uint64_t{1}));

  json artefact = write_file(folder, "model.json", behaviour.dump(1) + "\n");
  artefact["batch"] = nullptr;
  const json descriptor = {
      {"schema", "joulemark.descriptor/1"},
      {"name", name},
      {"architecture", name},
      {"tag", nullptr},
      {"input_size", {3, kSide, kSide}},
      {"mean", {0.485, 0.456, 0.406}},
      {"std", {0.229, 0.224, 0.225}},
      {"crop_pct", 1.0},
      {"interpolation", "bicubic"},
      {"classes", kClasses},
      {"parameters", kClasses * values},
      {"precision", "fp32"},
      {"layout", "contiguous"},
      {"format", "reference"},
      {"device", "cpu"},
      {"artefacts", json::array({artefact})},
      {"host", nullptr},
      {"weights",
       {{"origin", "live"}, {"seed", behaviour.value("seed", 1)}, {"reason", "a known function"}}},
      {"reference",
       {{"input", write_tensor(folder, "reference_input.f32", pixels, {kImages, 3, kSide, kSide})},
        {"output", write_tensor(folder, "reference_output.f32", logits, {kImages, kClasses})},
        {"made_with", "reference projection in float64"},
        {"images", "white noise, seed 20261124"}}},
      {"exporter",
       {{"joulemark_zoo", "reference"},
        {"torch", "none"},
        {"timm", "none"},
        {"python", "none"},
        {"exported_at", "2026-11-24T00:00:00Z"}}},
  };
  write_file(folder, "descriptor.json", descriptor.dump(1) + "\n");
}

}  // namespace joulemark::reference_worker
