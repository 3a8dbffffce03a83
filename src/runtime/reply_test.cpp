#include "runtime/reply.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

namespace joulemark::runtime {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

const Asked kAsked{7, "the worker"};

const std::string kHello = R"({"id": 7, "result": {"protocol": 1, "worker": "torch",
  "runtime_version": "2.13.0", "formats": ["torchscript", "aoti"], "pid": 99, "novelty": [{}],
  "devices": [{"name": "cpu", "pci_bus_id": "", "description": "CPU"},
              {"name": "cuda:0", "pci_bus_id": "0000:3b:00.0", "description": "NVIDIA H200"}]}})";

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

/// "lost, kind: what" or "kind: what" of a refusal, "a value" of a value.
template <class T>
std::string meaning(const Answer<T>& answer) {
  if (answer) return "a value";
  const auto& [error, lost] = answer.error();
  EXPECT_FALSE(error.next.empty());
  return (lost ? "lost, " : "") + std::string(name(error.kind)) + ": " + error.what;
}

std::string done(const std::string& payload) { return meaning(read_done(payload, kAsked)); }
std::string hello(const std::string& payload) { return meaning(read_hello(payload, kAsked)); }

TEST(Reply, HelloSaysWhatTheWorkerIs) {
  const auto said = read_hello(kHello, kAsked);
  ASSERT_TRUE(said) << meaning(said);
  EXPECT_EQ(said->worker, "torch");
  EXPECT_EQ(said->runtime_version, "2.13.0");
  EXPECT_THAT(said->formats, ElementsAre("torchscript", "aoti"));
  ASSERT_THAT(said->devices, SizeIs(2));
  EXPECT_EQ(said->devices[1].name, "cuda:0");
  EXPECT_EQ(said->devices[1].pci_bus_id, "0000:3b:00.0");
  EXPECT_EQ(said->devices[1].description, "NVIDIA H200");
}

TEST(Reply, HelloNeedsItsFieldsInTheirTypes) {
  EXPECT_THAT(hello(with(kHello, R"("protocol": 1)", R"("protocol": "1")")),
              AllOf(StartsWith("lost, protocol: "), HasSubstr("'protocol'")));
  EXPECT_THAT(hello(with(kHello, R"("protocol": 1)", R"("protocol": 2)")),
              AllOf(StartsWith("lost, protocol: "), HasSubstr("speaks protocol 2")));
  EXPECT_THAT(hello(with(kHello, R"("worker": "torch")", R"("worker": null)")),
              HasSubstr("'worker'"));
  EXPECT_THAT(hello(with(kHello, R"("runtime_version": "2.13.0")", R"("runtime_version": 2.13)")),
              HasSubstr("'runtime_version'"));
  EXPECT_THAT(hello(with(kHello, R"("formats": ["torchscript")", R"("formats": [7)")),
              HasSubstr("'formats'"));
  EXPECT_THAT(hello(with(kHello, R"({"name": "cpu")", R"({"title": "cpu")")),
              HasSubstr("'devices'"));
  EXPECT_THAT(hello(with(kHello, R"("devices": [)", R"("devices": ["cpu", )")),
              HasSubstr("'devices'"));
  EXPECT_THAT(hello(R"({"id": 7, "result": {}})"), StartsWith("lost, protocol: "));
}

TEST(Reply, LoadMayReportMemory) {
  const auto loaded = read_loaded(
      R"({"id": 7, "result": {"host_memory_bytes": 1048576, "device_memory_bytes": 12}})", kAsked);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->host_memory_bytes, 1048576);
  EXPECT_EQ(loaded->device_memory_bytes, 12);
}

TEST(Reply, LoadMayStateSettingsOfPlainValues) {
  const auto settings = [](const std::string& stated) {
    return read_loaded(R"({"id": 7, "result": {"settings": )" + stated + "}}", kAsked)
        ->settings_json;
  };
  EXPECT_EQ(settings(R"({"fuser": false, "library": "9.1", "threads": 2})"),
            R"({"fuser":false,"library":"9.1","threads":2})");
  EXPECT_EQ(settings(R"({"nested": {"a": 1}, "list": [1], "none": null, "x": 1.5})"),
            R"({"x":1.5})");
  EXPECT_EQ(settings(R"({"text": "two\nlines"})").find('\n'), std::string::npos);
  for (const char* nothing : {"{}", "[]", "7", "null", R"({"nested": {}})"}) {
    EXPECT_EQ(settings(nothing), "") << nothing;
  }
  std::string many = "{";
  for (int i = 0; i < 65; ++i) many += (i ? ", \"" : "\"") + std::to_string(i) + "\": 1";
  EXPECT_EQ(settings(many + "}"), "");
}

TEST(Reply, MemoryThatIsNoCountIsNotKnown) {
  for (const char* bytes : {"-1", "1.5", "\"many\"", "null", "18446744073709551615", "[]"}) {
    const auto loaded = read_loaded(
        std::string(R"({"id": 7, "result": {"host_memory_bytes": )") + bytes + "}}", kAsked);
    ASSERT_TRUE(loaded) << bytes;
    EXPECT_EQ(loaded->host_memory_bytes, std::nullopt) << bytes;
  }
}

TEST(Reply, ARunSaysItsSteps) {
  const auto plain = read_run_end(R"({"id": 7, "result": {"steps": 12}})", kAsked);
  EXPECT_EQ(plain->steps, 12U);
  EXPECT_EQ(plain->waited, std::nullopt);
  const auto waited = read_run_end(R"({"id": 7, "result": {"steps": 1, "waited_s": 0.5}})", kAsked);
  EXPECT_EQ(waited->waited, std::chrono::milliseconds(500));
  for (const char* unknown : {"-1", "1e300", "\"1\"", "null"}) {
    const auto end = read_run_end(
        fmt::format(R"({{"id": 7, "result": {{"steps": 1, "waited_s": {}}}}})", unknown), kAsked);
    EXPECT_EQ(end->waited, std::nullopt) << unknown;
  }
  EXPECT_THAT(meaning(read_run_end(R"({"id": 7, "result": {}})", kAsked)),
              StartsWith("lost, crashed: "));
  EXPECT_THAT(meaning(read_run_end(R"({"id": 7, "result": {"steps": -1}})", kAsked)),
              StartsWith("lost, crashed: "));
}

TEST(Reply, AnErrorKeepsItsKindAndTheFirstLineOfItsMessage) {
  const auto error = [](const std::string& kind) {
    return done(R"({"id": 7, "error": {"kind": ")" + kind +
                R"(", "message": "no room\nat line 3 of forward"}})");
  };
  EXPECT_EQ(error("load_failed"), "load_failed: the worker: no room");
  EXPECT_EQ(error("out_of_memory"), "out_of_memory: the worker: no room");
  EXPECT_EQ(error("run_failed"), "crashed: the worker: no room");
  EXPECT_EQ(error("invalid_request"), "crashed: the worker: no room");
  EXPECT_EQ(error("of_the_next_version"), "crashed: the worker: no room");
}

TEST(Reply, AMessageIsFitForATerminal) {
  EXPECT_EQ(
      done(R"({"id": 7, "error": {"kind": "load_failed", "message": "\u001b[2Jgone\u0000"}})"),
      "load_failed: the worker: [2Jgone");
}

/// A worker may be broken or hostile: no type of anything is taken for granted.
TEST(Reply, AnErrorWithFieldsOfOtherTypesIsStillAnError) {
  EXPECT_EQ(done(R"({"id": 7, "error": {"kind": 3, "message": ["x"]}})"),
            "crashed: the worker failed without saying why");
  EXPECT_EQ(done(R"({"id": 7, "error": {"kind": {"a": null}, "message": 4}})"),
            "crashed: the worker failed without saying why");
  EXPECT_EQ(done(R"({"id": 7, "error": {}})"), "crashed: the worker failed without saying why");
}

TEST(Reply, MustAnswerTheRequest) {
  for (const char* payload :
       {R"({"id": 8, "result": {}})", R"({"result": {}})", R"({"id": "7", "result": {}})",
        R"({"id": 7.0, "result": {}})", R"({"id": null, "error": {"kind": "run_failed"}})",
        R"({"id": {"id": 7}, "result": {}})"}) {
    EXPECT_THAT(done(payload), AllOf(StartsWith("lost, crashed: "), HasSubstr("nothing asked for")))
        << payload;
  }
}

TEST(Reply, IsEitherAResultOrAnError) {
  for (const char* payload :
       {R"({"id": 7})", R"({"id": 7, "result": {}, "error": {}})", R"({"id": 7, "result": []})",
        R"({"id": 7, "result": null})", R"({"id": 7, "error": "run_failed"})",
        R"({"id": 7, "error": null})"}) {
    EXPECT_THAT(done(payload), AllOf(StartsWith("lost, crashed: "), HasSubstr("neither")))
        << payload;
  }
}

TEST(Reply, IsAJsonObject) {
  for (const char* payload :
       {"", "{", "[]", "null", "7", "\"text\"", "\xff\xfe", "{\"id\": 7} x"}) {
    EXPECT_THAT(done(payload), AllOf(StartsWith("lost, crashed: "), HasSubstr("no JSON object")))
        << payload;
  }
}

TEST(Reply, MayBeNestedAsDeeplyAsAFrameAllows) {
  const std::string depth(500'000, '[');
  EXPECT_THAT(done(depth), StartsWith("lost, crashed: "));
  const std::string closed = depth + std::string(500'000, ']');
  EXPECT_THAT(done(R"({"id": 7, "error": {"kind": )" + closed + "}}"), StartsWith("crashed: "));
  EXPECT_EQ(done(R"({"id": 7, "result": {"deep": )" + closed + "}}"), "a value");
}

}  // namespace
}  // namespace joulemark::runtime
