#include "zoo/descriptor.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include <nlohmann/json.hpp>

namespace joulemark::zoo {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

json sound() {
  const std::string digest(64, 'a');
  return {
      {"schema", "joulemark.descriptor/1"},
      {"name", "resnet18"},
      {"architecture", "resnet18"},
      {"tag", "a1_in1k"},
      {"input_size", {3, 2, 2}},
      {"mean", {0.485, 0.456, 0.406}},
      {"std", {0.229, 0.224, 0.225}},
      {"crop_pct", 0.95},
      {"interpolation", "bicubic"},
      {"classes", 5},
      {"parameters", 11689512},
      {"precision", "fp32"},
      {"layout", "contiguous"},
      {"format", "torchscript"},
      {"device", "cpu"},
      {"artefacts", {{{"file", "model.pt"}, {"sha256", digest}, {"bytes", 7}, {"batch", nullptr}}}},
      {"host", nullptr},
      {"weights", {{"origin", "live"}, {"seed", 7}}},
      {"reference",
       {{"input",
         {{"file", "in.f32"},
          {"sha256", digest},
          {"bytes", 192},
          {"dtype", "float32"},
          {"shape", {4, 3, 2, 2}}}},
        {"output",
         {{"file", "out.f32"},
          {"sha256", digest},
          {"bytes", 80},
          {"dtype", "float32"},
          {"shape", {4, 5}}}},
        {"made_with", "cpu float32 eager"},
        {"eager_error", 0.0625},
        {"images", "synthetic-1/f:seed=1"}}},
      {"exporter",
       {{"joulemark_zoo", "0.1.0"},
        {"torch", "2.13.0"},
        {"timm", "1.0.31"},
        {"python", "3.11.2"},
        {"exported_at", "2026-11-24T10:00:00Z"}}},
  };
}

Result<Descriptor> parse(const json& j) { return parse_descriptor(j.dump(), "/models/x"); }

std::string refusal(const std::function<void(json&)>& change) {
  json j = sound();
  change(j);
  const auto parsed = parse(j);
  if (parsed) return "(accepted)";
  EXPECT_EQ(parsed.error().kind, ErrorKind::invalid_input);
  EXPECT_FALSE(parsed.error().next.empty());
  return parsed.error().what;
}

TEST(ParseDescriptor, ReadsEveryField) {
  const auto d = parse(sound());
  ASSERT_TRUE(d) << d.error().message();
  EXPECT_EQ(d->name, "resnet18");
  EXPECT_EQ(d->tag, "a1_in1k");
  EXPECT_THAT(d->input_size, ElementsAre(3, 2, 2));
  EXPECT_THAT(d->std_dev, ElementsAre(0.229, 0.224, 0.225));
  EXPECT_EQ(d->parameters, 11689512);
  EXPECT_EQ(d->artefacts.at(0).batch, std::nullopt);
  EXPECT_EQ(d->weights.label(), "live:7");
  EXPECT_THAT(d->reference_output.shape, ElementsAre(4, 5));
  EXPECT_THAT(d->exporter, AllOf(HasSubstr("torch 2.13.0"), HasSubstr("2026-11-24")));
  EXPECT_EQ(d->eager_error, 0.0625);
  EXPECT_EQ(d->folder, "/models/x");
}

TEST(ParseDescriptor, SettingsOfTheCompilerAreOfTheExporter) {
  json j = sound();
  j["exporter"]["compiler"] = {{"layout_optimization", false}};
  EXPECT_THAT(parse(j)->exporter, EndsWith(", layout_optimization off"));
  j["exporter"]["compiler"] = {{"layout_optimization", "off"}};
  EXPECT_THAT(parse(j).error().what, HasSubstr("exporter.compiler.layout_optimization"));
  j["exporter"]["compiler"] = 3;
  EXPECT_THAT(parse(j).error().what, HasSubstr("'exporter.compiler' is not an object"));
}

TEST(ParseDescriptor, TheErrorOfEagerMayBeUnknown) {
  json j = sound();
  j["reference"].erase("eager_error");
  EXPECT_EQ(parse(j)->eager_error, std::nullopt);
}

TEST(ParseDescriptor, NamesTheMissingField) {
  const json whole = sound();
  for (const auto& [key, value] : whole.items()) {
    if (key == "host") continue;  // of interest to the worker's machine only
    const std::string field = key;
    EXPECT_THAT(refusal([&](json& j) { j.erase(field); }), HasSubstr("'" + field)) << field;
  }
}

TEST(ParseDescriptor, RefusesAFieldOfAnotherType) {
  const json whole = sound();
  for (const auto& [key, value] : whole.items()) {
    if (key == "host") continue;
    const std::string field = key;
    for (const json& other : {json(true), json::object({{"a", 1}}), json::array({1})}) {
      EXPECT_THAT(refusal([&](json& j) { j[field] = other; }), HasSubstr("'" + field)) << field;
    }
  }
}

TEST(ParseDescriptor, RefusesValuesOutOfRange) {
  EXPECT_THAT(refusal([](json& j) { j["input_size"] = {3, 0, 2}; }), HasSubstr("input_size"));
  EXPECT_THAT(refusal([](json& j) { j["input_size"] = {1, 2, 2}; }), HasSubstr("3 x H x W"));
  EXPECT_THAT(refusal([](json& j) { j["classes"] = 1; }), HasSubstr("classes"));
  EXPECT_THAT(refusal([](json& j) { j["classes"] = 18446744073709551615u; }),
              HasSubstr("is not between"));
  EXPECT_THAT(refusal([](json& j) { j["precision"] = "int3"; }),
              HasSubstr("not one of fp32, tf32, fp16 and bf16"));
  EXPECT_THAT(refusal([](json& j) { j["crop_pct"] = 0; }), HasSubstr("crop_pct"));
  EXPECT_THAT(refusal([](json& j) { j["schema"] = "joulemark.descriptor/2"; }),
              HasSubstr("joulemark.descriptor/1"));
  EXPECT_THAT(refusal([](json& j) { j["artefacts"] = json::array(); }), HasSubstr("artefacts"));
  EXPECT_THAT(refusal([](json& j) { j["artefacts"][0]["batch"] = 0; }),
              HasSubstr("artefacts[0].batch"));
  EXPECT_THAT(refusal([](json& j) { j["artefacts"][0]["sha256"] = "AB"; }), HasSubstr("hex"));
  EXPECT_THAT(refusal([](json& j) { j["reference"]["input"]["bytes"] = 191; }),
              HasSubstr("reference.input"));
  for (const json& error : {json(-0.1), json(1.5), json("small"), json(nullptr)}) {
    EXPECT_THAT(refusal([&](json& j) { j["reference"]["eager_error"] = error; }),
                HasSubstr("reference.eager_error"));
  }
  EXPECT_THAT(refusal([](json& j) { j["reference"]["output"]["shape"] = {5, 4}; }),
              HasSubstr("[N, classes]"));
}

TEST(ParseDescriptor, RefusesNamesThatLeaveTheFolder) {
  for (const char* name : {"../model.pt", "/etc/passwd", "a/b", "..", ".", "", "a\nb"}) {
    EXPECT_THAT(refusal([&](json& j) { j["artefacts"][0]["file"] = name; }),
                HasSubstr("artefacts[0].file"))
        << name;
  }
}

TEST(ParseDescriptor, RefusesTextThatIsNotJson) {
  const std::string whole = sound().dump();
  const auto cut = parse_descriptor(std::string_view(whole).substr(0, whole.size() / 2), "/m");
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message(), AllOf(HasSubstr("not JSON"), HasSubstr("--force")));
  EXPECT_FALSE(parse_descriptor("", "/m"));
  EXPECT_FALSE(parse_descriptor("[]", "/m"));
}

TEST(ArtefactFor, ChoosesByBatch) {
  json j = sound();
  auto& list = j["artefacts"];
  list[0]["batch"] = 1;
  list.push_back(list[0]);
  list[1]["batch"] = 64;
  list[1]["file"] = "model-64.pt2";
  const auto d = parse(j);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->artefact_for(64)->file, "model-64.pt2");
  const auto none = d->artefact_for(2);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_THAT(none.error().message(), AllOf(HasSubstr("1 and 64"), HasSubstr("--batch 2")));
}

/// A folder of models on disk, removed afterwards.
class Folder : public ::testing::Test {
 protected:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "zoo-test-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Folder() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  static void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  fs::path add(const std::string& name, const std::string& variant, const json& j) {
    const fs::path folder = root_ / name / variant;
    write(folder / "descriptor.json", j.dump());
    return folder;
  }

  fs::path root_;
};

TEST_F(Folder, VerifiesSizeAndDigest) {
  Descriptor d = *parse(sound());
  d.folder = root_;
  // printf abc | sha256sum (also the first example of FIPS 180-2).
  const FileRef ref{"abc.bin", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    3};
  const auto missing = verify_file(d, ref);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_THAT(missing.error().next, HasSubstr("joulemark_zoo export resnet18"));

  write(root_ / "abc.bin", "abc");
  EXPECT_TRUE(verify_file(d, ref));

  write(root_ / "abc.bin", "ab");
  EXPECT_THAT(verify_file(d, ref).error().what, HasSubstr("2 bytes"));
  write(root_ / "abc.bin", "abd");
  EXPECT_THAT(verify_file(d, ref).error().what, HasSubstr("SHA-256"));
}

TEST_F(Folder, ReadsTensorsThatMatchTheirDigest) {
  Descriptor d = *parse(sound());
  d.folder = root_;
  const float values[] = {1.0f, -2.5f};
  write(root_ / "t.f32", std::string(reinterpret_cast<const char*>(values), sizeof values));
  TensorFile tensor;
  tensor.file = "t.f32";
  tensor.bytes = 8;
  tensor.shape = {1, 2};
  tensor.sha256 = std::string(64, '0');
  EXPECT_EQ(read_tensor(d, tensor).error().kind, ErrorKind::invalid_input);
  // printf '\x00\x00\x80\x3f\x00\x00\x20\xc0' | sha256sum
  tensor.sha256 = "48943f7a0ea247f8e3c9386d0c5822fe181d323a9289980426638cc4e72a43e1";
  const auto read = read_tensor(d, tensor);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(*read, ElementsAre(1.0f, -2.5f));
}

TEST_F(Folder, FindsByNameGlobTagAndVariant) {
  json fp16 = sound();
  fp16["precision"] = "fp16";
  json other = sound();
  other["name"] = other["architecture"] = "resnet50";
  other["tag"] = nullptr;
  add("resnet18", "a", sound());
  add("resnet18", "b", fp16);
  add("resnet50", "a", other);

  EXPECT_EQ(find(root_, {})->size(), 3u);
  EXPECT_EQ(find(root_, {.name = "resnet18"})->size(), 2u);
  EXPECT_EQ(find(root_, {.name = "resnet18.a1_in1k"})->size(), 2u);
  EXPECT_EQ(find(root_, {.name = "resnet*"})->size(), 3u);
  const auto half = find(root_, {.name = "resnet*", .precision = "fp16"});
  ASSERT_TRUE(half);
  ASSERT_EQ(half->size(), 1u);
  EXPECT_EQ(half->front().folder, root_ / "resnet18" / "b");
}

TEST_F(Folder, SuggestsNamesAndTheExport) {
  add("resnet18", "a", sound());
  const auto unknown = find(root_, {.name = "resnet81"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_found);
  EXPECT_THAT(unknown.error().message(), AllOf(HasSubstr("Did you mean resnet18?"),
                                               HasSubstr("joulemark_zoo export resnet81")));
  const auto variant = find(root_, {.name = "resnet18", .precision = "bf16"});
  ASSERT_FALSE(variant);
  EXPECT_THAT(variant.error().what, HasSubstr("torchscript fp32 contiguous cpu"));
  EXPECT_EQ(find(root_ / "nowhere", {}).error().kind, ErrorKind::not_found);
}

TEST_F(Folder, ABrokenDescriptorStopsOnlyWhoAsksForIt) {
  add("resnet18", "a", sound());
  write(root_ / "broken" / "a" / "descriptor.json", "{");
  EXPECT_EQ(find(root_, {.name = "resnet18"})->size(), 1u);
  EXPECT_EQ(find(root_, {.name = "broken"}).error().kind, ErrorKind::invalid_input);
}

TEST_F(Folder, PassesOverFoldersInTheMaking) {
  add("resnet18", "a", sound());
  add("resnet18", ".b-half", sound());
  EXPECT_EQ(find(root_, {})->size(), 1u);
}

}  // namespace
}  // namespace joulemark::zoo
