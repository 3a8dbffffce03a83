#include "joulemark/service.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "joulemark/frame.hpp"
#include "runtime/shared_region.hpp"

/// The worker's side of the protocol, as far as it is the same for every worker in C++.
namespace joulemark::protocol {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

/// Records what it is told; a step of it takes no time.
class Recorder final : public Runtime {
 public:
  json hello() override { return {{"worker", "recorder"}}; }
  json load(const LoadSpec& s) override {
    spec = s;
    if (on_load) on_load();
    return {{"host_memory_bytes", 5}};
  }
  void set_input(const float*, std::int64_t images) override {
    calls.push_back("input " + std::to_string(images));
  }
  void infer(std::int64_t batch, float* logits) override {
    calls.push_back("infer " + std::to_string(batch));
    logits[0] = 3;
  }
  void prepare(std::int64_t batch) override { calls.push_back("prepare " + std::to_string(batch)); }
  void submit() override {
    calls.emplace_back("submit");
    ++in_queue;
    deepest = std::max(deepest, in_queue);
    if (on_submit) on_submit();
  }
  void wait_oldest() override {
    calls.emplace_back("wait");
    --in_queue;
  }

  LoadSpec spec;
  std::vector<std::string> calls;
  int in_queue = 0;
  int deepest = 0;
  std::function<void()> on_load, on_submit;
};

class Serving : public ::testing::Test {
 protected:
  Serving()
      : region_(std::move(*runtime::SharedRegion::create())),
        memory_(region_.descriptor()),
        service_(recorder_, memory_) {}

  json reply(const std::string& payload) {
    const json answer = json::parse(service_.answer(payload));
    EXPECT_NE(answer.contains("result"), answer.contains("error")) << answer;
    return answer;
  }

  json ask(const std::string& method, const json& params = json::object()) {
    return reply(json{{"id", 1}, {"method", method}, {"params", params}}.dump());
  }

  /// "kind: message" of an error.
  static std::string error(const json& answer) {
    if (!answer.contains("error")) return "no error: " + answer.dump();
    return answer["error"].at("kind").get<std::string>() + ": " +
           answer["error"].at("message").get<std::string>();
  }

  static json load_params() {
    return {{"artefact", "/m"},    {"format", "f"},          {"device", "cuda:0"},
            {"precision", "fp32"}, {"layout", "contiguous"}, {"input_shape", {3, 2, 2}},
            {"classes", 5}};
  }

  void make_ready(const std::string& device = "cuda:0") {
    json params = load_params();
    params["device"] = device;
    ASSERT_TRUE(ask("load", params).contains("result"));
    ASSERT_TRUE(region_.resize(12, 5));
    ASSERT_TRUE(ask("input", {{"images", 1}}).contains("result"));
    recorder_.calls.clear();
  }

  json run(std::int64_t steps, std::int64_t depth) {
    region_.begin_run();
    return ask("run", {{"batch", 4}, {"max_steps", steps}, {"queue_depth", depth}});
  }

  runtime::SharedRegion region_;
  SharedMemory memory_;
  Recorder recorder_;
  Service service_;
};

TEST_F(Serving, EchoesTheNumberOfTheRequest) {
  EXPECT_EQ(reply(R"({"id": -5, "method": "hello", "params": {}})")["id"], -5);
  EXPECT_EQ(reply(R"({"id": 9223372036854775807, "method": "none", "params": {}})")["id"],
            9223372036854775807);
}

TEST_F(Serving, AddsTheVersionAndTheProcessToTheGreeting) {
  const json hello = ask("hello")["result"];
  EXPECT_EQ(hello["worker"], "recorder");
  EXPECT_EQ(hello["protocol"], 1);
  EXPECT_EQ(hello["pid"], getpid());
}

TEST_F(Serving, RefusesWhatIsNoRequest) {
  for (const char* payload : {"", "{", "[]", "7", "\xff"}) {
    const json answer = reply(payload);
    EXPECT_THAT(error(answer), HasSubstr("invalid_request: a request is a JSON object"));
    EXPECT_EQ(answer["id"], nullptr);
  }
  EXPECT_THAT(error(reply(R"({"method": "hello", "params": {}})")), HasSubstr("'id' is missing"));
  EXPECT_THAT(error(reply(R"({"id": "1", "method": "hello", "params": {}})")), HasSubstr("'id'"));
  EXPECT_THAT(error(reply(R"({"id": 18446744073709551615, "method": "hello", "params": {}})")),
              HasSubstr("'id'"));
  EXPECT_THAT(error(reply(R"({"id": 1, "params": {}})")), HasSubstr("'method' is missing"));
  EXPECT_THAT(error(reply(R"({"id": 1, "method": [], "params": {}})")), HasSubstr("'method'"));
  EXPECT_THAT(error(reply(R"({"id": 1, "method": "hello"})")), HasSubstr("'params' is missing"));
  EXPECT_THAT(error(reply(R"({"id": 1, "method": "hello", "params": []})")), HasSubstr("'params'"));
  EXPECT_THAT(error(ask("dance")), HasSubstr("invalid_request: unknown method 'dance'"));
}

TEST_F(Serving, HandsTheRuntimeWhatToLoad) {
  json params = load_params();
  params.update({{"threads", 3}, {"cuda_graph", true}, {"options", {{"a", 1}}}, {"novelty", 0}});
  EXPECT_EQ(ask("load", params)["result"]["host_memory_bytes"], 5);
  EXPECT_EQ(recorder_.spec.artefact, "/m");
  EXPECT_EQ(recorder_.spec.device, "cuda:0");
  EXPECT_THAT(recorder_.spec.input_shape, ElementsAre(3, 2, 2));
  EXPECT_EQ(recorder_.spec.classes, 5);
  EXPECT_EQ(recorder_.spec.threads, 3);
  EXPECT_TRUE(recorder_.spec.cuda_graph);
  EXPECT_EQ(recorder_.spec.options["a"], 1);
}

TEST_F(Serving, NamesTheFieldThatIsMissingOrOfAnotherType) {
  const json whole = load_params();
  for (const auto& [key, value] : whole.items()) {
    json params = whole;
    params.erase(key);
    EXPECT_EQ(error(ask("load", params)), "invalid_request: '" + key + "' is missing");
    params[key] = true;
    EXPECT_THAT(error(ask("load", params)), HasSubstr("invalid_request: '" + key + "' is not"));
  }
  const auto refused = [&](const char* key, const json& value) {
    json params = whole;
    params[key] = value;
    return error(ask("load", params));
  };
  EXPECT_THAT(refused("classes", 0), HasSubstr("'classes' is not an integer from 1 to"));
  EXPECT_THAT(refused("classes", 5.5), HasSubstr("'classes'"));
  EXPECT_THAT(refused("input_shape", {3, 2}), HasSubstr("'input_shape'"));
  EXPECT_THAT(refused("input_shape", {3, 2, 65537}), HasSubstr("'input_shape'"));
  EXPECT_THAT(refused("threads", -1), HasSubstr("'threads'"));
  EXPECT_THAT(refused("cuda_graph", 1), HasSubstr("'cuda_graph'"));
  EXPECT_THAT(refused("options", "{}"), HasSubstr("'options'"));
}

TEST_F(Serving, AsksTheRuntimeForNothingBeforeItsTime) {
  const json run_params = {{"batch", 1}, {"max_steps", 1}, {"queue_depth", 1}};
  EXPECT_EQ(error(ask("input", {{"images", 1}})), "invalid_request: no model is loaded");
  EXPECT_EQ(error(ask("infer", {{"batch", 1}})), "invalid_request: no model is loaded");
  EXPECT_EQ(error(ask("run", run_params)), "invalid_request: no model is loaded");
  ASSERT_TRUE(ask("load", load_params()).contains("result"));
  EXPECT_EQ(error(ask("infer", {{"batch", 1}})), "invalid_request: no input was given");
  EXPECT_EQ(error(ask("run", run_params)), "invalid_request: no input was given");
  EXPECT_THAT(recorder_.calls, SizeIs(0));
}

TEST_F(Serving, LoadingAgainForgetsModelAndInput) {
  make_ready();
  ASSERT_TRUE(ask("load", load_params()).contains("result"));
  EXPECT_EQ(error(ask("infer", {{"batch", 1}})), "invalid_request: no input was given");
  recorder_.on_load = [] { throw RequestError("load_failed", "no such file"); };
  EXPECT_EQ(error(ask("load", load_params())), "load_failed: no such file");
  EXPECT_EQ(error(ask("input", {{"images", 1}})), "invalid_request: no model is loaded");
}

TEST_F(Serving, GivesEveryFailureAKind) {
  const auto failure = [&](const std::function<void()>& thrown) {
    recorder_.on_load = thrown;
    return error(ask("load", load_params()));
  };
  EXPECT_EQ(failure([] { throw RequestError("out_of_memory", "full"); }), "out_of_memory: full");
  EXPECT_EQ(failure([] { throw std::runtime_error("odd"); }), "load_failed: odd");
  EXPECT_THAT(failure([] { throw std::bad_alloc(); }), HasSubstr("out_of_memory: "));
  EXPECT_THAT(failure([] { json().at("x"); }), HasSubstr("load_failed: "));
  recorder_.on_load = nullptr;
  make_ready();
  recorder_.on_submit = [] { throw std::runtime_error("odd"); };
  EXPECT_EQ(error(run(1, 1)), "run_failed: odd");
}

TEST_F(Serving, SendsAnyMessageAsTextThatFitsIntoAFrame) {
  recorder_.on_load = [] { throw std::runtime_error("caf\xe9"); };
  EXPECT_EQ(error(ask("load", load_params())), "load_failed: caf\xef\xbf\xbd");
  recorder_.on_load = [] { throw std::runtime_error(std::string(2 << 20, 'x')); };
  EXPECT_THAT(error(ask("load", load_params())), SizeIs(Le(10'000)));
}

TEST_F(Serving, ReadsNoMoreInputThanThereIs) {
  ASSERT_TRUE(ask("load", load_params()).contains("result"));
  ASSERT_TRUE(region_.resize(24, 10));  // two images and their logits
  EXPECT_TRUE(ask("input", {{"images", 2}}).contains("result"));
  EXPECT_THAT(error(ask("input", {{"images", 3}})),
              HasSubstr("invalid_request: the input region is smaller"));
  EXPECT_THAT(error(ask("input", {{"images", 1 << 30}})), HasSubstr("invalid_request: "));
  EXPECT_THAT(error(ask("input", {{"images", 0}})), HasSubstr("'images'"));
  ASSERT_TRUE(region_.resize(24, 9));
  EXPECT_THAT(error(ask("input", {{"images", 2}})),
              HasSubstr("invalid_request: the output region is smaller"));
  EXPECT_THAT(recorder_.calls, ElementsAre("input 2"));
  EXPECT_EQ(error(ask("infer", {{"batch", 1}})), "invalid_request: no input was given");
}

TEST_F(Serving, PutsLogitsIntoTheSharedMemory) {
  make_ready();
  EXPECT_EQ(ask("infer", {{"batch", 4}})["result"], json::object());
  EXPECT_EQ(region_.output()[0], 3);
  EXPECT_THAT(error(ask("infer", {{"batch", 0}})), HasSubstr("'batch'"));
}

TEST_F(Serving, KeepsTheQueueFullAndStampsEachCompletion) {
  make_ready();
  EXPECT_EQ(run(5, 3)["result"]["steps"], 5);
  EXPECT_THAT(recorder_.calls, ElementsAre("prepare 4", "submit", "submit", "submit", "wait",
                                           "submit", "wait", "submit", "wait", "wait", "wait"));
  EXPECT_EQ(recorder_.deepest, 3);
  std::vector<runtime::Completion> completions;
  ASSERT_TRUE(region_.take_completions(completions));
  EXPECT_THAT(completions, SizeIs(5));
}

/// On a CPU a step is complete when submit returns. With more of them in the queue its stamp would
/// wait for theirs.
TEST_F(Serving, StampsAStepOnTheCpuBeforeTheNextIsSubmitted) {
  make_ready("cpu");
  EXPECT_EQ(run(3, 3)["result"]["steps"], 3);
  EXPECT_THAT(recorder_.calls,
              ElementsAre("prepare 4", "submit", "wait", "submit", "wait", "submit", "wait"));
}

TEST_F(Serving, EndsARunWhenTheStopWordIsSetAndWaitsForWhatWasSubmitted) {
  make_ready();
  recorder_.on_submit = [&] {
    if (recorder_.calls.size() > 10) region_.ask_to_stop();
  };
  const json ended = run(0, 3);
  EXPECT_GT(ended["result"]["steps"], 3);
  EXPECT_EQ(recorder_.in_queue, 0);
  EXPECT_EQ(memory_.header().completions_written.load(), ended["result"]["steps"]);
}

TEST_F(Serving, DoesNoStepWhenItWasStoppedBefore) {
  make_ready();
  region_.begin_run();
  region_.ask_to_stop();
  EXPECT_EQ(ask("run", {{"batch", 4}, {"max_steps", 0}, {"queue_depth", 2}})["result"]["steps"], 0);
}

TEST_F(Serving, GoesRoundTheRing) {
  make_ready();
  EXPECT_EQ(run(kCompletionCapacity + 2, 1)["result"]["steps"], kCompletionCapacity + 2);
  const std::uint64_t* ring = memory_.completions();
  EXPECT_GE(ring[1], ring[kCompletionCapacity - 1]);
  EXPECT_LE(ring[2], ring[1]);
}

TEST_F(Serving, RefusesARunOfNoSense) {
  make_ready();
  EXPECT_THAT(error(run(-1, 1)), HasSubstr("'max_steps'"));
  EXPECT_THAT(error(run(1, 0)), HasSubstr("'queue_depth'"));
  EXPECT_THAT(error(run(1, 1025)), HasSubstr("'queue_depth'"));
  EXPECT_THAT(recorder_.calls, SizeIs(0));
}

TEST_F(Serving, EndsAfterBye) {
  EXPECT_FALSE(service_.ended());
  ask("hello");
  EXPECT_FALSE(service_.ended());
  EXPECT_EQ(ask("bye")["result"], json::object());
  EXPECT_TRUE(service_.ended());
}

TEST(Frame, IsFoundHoweverItArrives) {
  const std::string frame = make_frame("{\"id\": 1}");
  ASSERT_EQ(frame.size(), kHeaderBytes + 9);
  EXPECT_EQ(frame.substr(0, 12), std::string("JMWP\1\0\0\0\x9\0\0\0", 12));
  for (std::size_t n = 0; n < frame.size(); ++n) {
    EXPECT_EQ(parse_frame(frame.substr(0, n)).status, FrameStatus::need_more) << n;
  }
  const std::string two = frame + frame;
  const FrameView view = parse_frame(two);
  EXPECT_EQ(view.status, FrameStatus::complete);
  EXPECT_EQ(view.payload, "{\"id\": 1}");
  EXPECT_EQ(view.consumed, frame.size());
}

TEST(Frame, IsRefusedAsSoonAsItIsWrong) {
  EXPECT_EQ(parse_frame({}).status, FrameStatus::need_more);
  EXPECT_EQ(parse_frame("J").status, FrameStatus::need_more);
  EXPECT_EQ(parse_frame("j").status, FrameStatus::bad_magic);
  EXPECT_EQ(parse_frame("JMWX").status, FrameStatus::bad_magic);
  std::string frame = make_frame("");
  frame[4] = 2;
  EXPECT_EQ(parse_frame(frame).status, FrameStatus::bad_version);
  EXPECT_EQ(parse_frame(frame).version, 2U);
  frame = make_frame("");
  frame[10] = 0x10;  // 2^20: the largest
  EXPECT_EQ(parse_frame(frame).status, FrameStatus::need_more);
  frame[8] = 1;
  EXPECT_EQ(parse_frame(frame).status, FrameStatus::too_large);
}

}  // namespace
}  // namespace joulemark::protocol
