#include "runners/worker/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <variant>

#include "runners/worker/json_fields.h"
#include "runners/worker/routing_json.h"
#include "runners/worker/score_json.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const char kNotUtf8[] = "half \xe2\x82 and \xff";

ModelFacts SomeFacts() {
  ModelFacts facts;
  facts.path = "/models/a \"quoted\"\nname.gguf";
  facts.architecture = "qwen3moe";
  facts.name = kNotUtf8;
  facts.quantisation = "Q8_0";
  facts.expert_count_key = "qwen3moe.expert_used_count";
  facts.chat_format = "chatml";
  facts.thinking = "switchable";
  facts.file_bytes = (int64_t{1} << 53) - 1;
  facts.parameter_count = 30'532'122'624;
  facts.n_layers = 48;
  facts.n_moe_layers = 47;
  facts.n_recurrent_layers = 3;
  facts.n_experts = 128;
  facts.k0 = 8;
  facts.context_length = 40'960;
  facts.vocabulary_size = 151'936;
  facts.dense_bytes_per_token = 1'234'567'890;
  facts.expert_bytes = 9'437'184;
  facts.kv_bytes_per_position = 98'304;
  facts.n_shared_experts = 2;
  facts.state_bytes = 75'497'472;
  return facts;
}

PlacementProof SomeProof() {
  return {.pages_per_node = {{0, 123'456'789'012}, {7, 1}},
          .pages_absent = 3,
          .thread_cpus = {0, -1, 191},
          .unavailable = "no permission"};
}

LoadRequest SomeLoad() {
  return {.model_path = kNotUtf8,
          .placement = {.policy = "interleave", .thread_cpus = {0, 2, 4}, .memory_nodes = {0, 1}},
          .context_tokens = 4096,
          .kv = KvType::kQ8_0,
          .draft_path = "d\xff.gguf"};
}

GenerateRequest SomeGenerate() {
  return {.prompt = "caf\xc3\xa9 \x01 \xff",
          .chat = false,
          .think = true,
          .k = 5,
          .decoding = "draft+lookup",
          .speculation = {.draft_tokens = 7,
                          .min_probability = 0.25,
                          .lookup_min = 3,
                          .lookup_max = 4,
                          .recurrent = "checkpoint"},
          .max_tokens = 99,
          .ignore_eos = true,
          .temperature = 0.7,
          .seed = std::numeric_limits<uint64_t>::max()};
}

GenerateResult SomeResult() {
  GenerateResult result;
  result.text = std::string("\0nul and \xf0\x9f", 11);
  result.tokens = {0, 151'935, 7};
  result.finish = "length";
  result.chat = "chatml";
  result.prompt_tokens = 17;
  result.prefill_ms = 0.1;
  result.inter_token_ms = {0.1F, 33.333332F, 1e-6F};
  result.k_executed_min = 3;
  result.k_executed_max = 4;
  result.experts_touched = 6144;
  result.bytes_per_token = 1.5e9;
  result.logits_hash = 0xffff'ffff'ffff'fffe;
  return result;
}

Event Sent(const EventBody& body) {
  const std::string line = Encode(Event{7, body});
  EXPECT_THAT(line, EndsWith("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return DecodeEvent(std::string_view(line).substr(0, line.size() - 1));
}

Request Sent(const RequestBody& body) {
  const std::string line = Encode(Request{9, body});
  return DecodeRequest(std::string_view(line).substr(0, line.size() - 1));
}

// Structs are compared by their JSON, which holds every field (the tests below count them).
template <typename T>
void ExpectSame(const T& a, const T& b) {
  EXPECT_EQ(ToJson(a), ToJson(b));
}

std::string ProblemOfEvent(const std::string& line) {
  try {
    DecodeEvent(line);
  } catch (const Error& e) {
    return e.problem();
  }
  return "no problem";
}

TEST(Protocol, EveryRequest_SurvivesTheWay) {
  const Request hello = Sent(RequestBody(HelloRequest{3, 250}));
  EXPECT_EQ(hello.id, 9);
  EXPECT_EQ(std::get<HelloRequest>(hello.body).protocol, 3);
  EXPECT_EQ(std::get<HelloRequest>(hello.body).heartbeat_ms, 250);
  EXPECT_EQ(std::get<InspectRequest>(Sent(InspectRequest{kNotUtf8}).body).model_path, kNotUtf8);
  const auto load = std::get<LoadRequest>(Sent(SomeLoad()).body);
  EXPECT_EQ(load.model_path, kNotUtf8);
  EXPECT_EQ(load.placement.policy, "interleave");
  EXPECT_EQ(load.placement.thread_cpus, (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(load.placement.memory_nodes, (std::vector<int>{0, 1}));
  EXPECT_EQ(load.context_tokens, 4096);
  EXPECT_EQ(load.kv, KvType::kQ8_0);
  EXPECT_EQ(load.draft_path, SomeLoad().draft_path);
  const auto generate = std::get<GenerateRequest>(Sent(SomeGenerate()).body);
  EXPECT_EQ(generate.prompt, SomeGenerate().prompt);
  EXPECT_EQ(generate.seed, SomeGenerate().seed);
  EXPECT_EQ(generate.chat, false);
  EXPECT_EQ(generate.think, true);
  EXPECT_EQ(generate.ignore_eos, true);
  EXPECT_EQ(generate.speculation.draft_tokens, 7);
  EXPECT_EQ(generate.speculation.recurrent, "checkpoint");
  ExpectSame(generate, SomeGenerate());
  EXPECT_TRUE(std::holds_alternative<WarmRequest>(Sent(WarmRequest{}).body));
  EXPECT_TRUE(std::holds_alternative<ReadPlacementRequest>(Sent(ReadPlacementRequest{}).body));
  EXPECT_TRUE(std::holds_alternative<QuitRequest>(Sent(QuitRequest{}).body));
}

TEST(Protocol, ModelFacts_SurviveTheWay) {
  const auto facts = std::get<InspectedEvent>(Sent(InspectedEvent{SomeFacts()}).body).facts;
  EXPECT_EQ(facts.name, kNotUtf8);
  EXPECT_EQ(facts.path, SomeFacts().path);
  EXPECT_EQ(facts.file_bytes, SomeFacts().file_bytes);
  ExpectSame(facts, SomeFacts());
  EXPECT_EQ(ToJson(facts).size(), 24u + 1u);  // every field, and the bytes of the name
}

TEST(Protocol, LoadReport_SurvivesTheWay) {
  const LoadReport report{SomeFacts(), SomeProof(), 12.5, "avx512_vnni", "native 1, oneDNN 3.7.2"};
  const auto got = std::get<LoadReport>(Sent(report).body);
  EXPECT_EQ(got.load_s, 12.5);
  EXPECT_EQ(got.isa, "avx512_vnni");
  EXPECT_EQ(got.engine_version, "native 1, oneDNN 3.7.2");
  EXPECT_EQ(got.proof.pages_per_node, SomeProof().pages_per_node);
  ExpectSame(got, report);
}

TEST(Protocol, GenerateResult_SurvivesTheWayToTheBit) {
  GenerateResult result = SomeResult();
  const auto got = std::get<GenerateResult>(Sent(result).body);
  EXPECT_EQ(got.text, result.text);
  EXPECT_EQ(got.tokens, result.tokens);
  EXPECT_EQ(got.inter_token_ms, result.inter_token_ms);
  EXPECT_EQ(got.prefill_ms, result.prefill_ms);
  EXPECT_EQ(got.logits_hash, result.logits_hash);
  EXPECT_EQ(got.drafted, std::nullopt);
  ExpectSame(got, result);
  result.drafted = 100;
  result.accepted = 99;
  const auto drafted = std::get<GenerateResult>(Sent(result).body);
  EXPECT_EQ(drafted.drafted, 100);
  EXPECT_EQ(drafted.accepted, 99);
}

TEST(Protocol, Waits_SurviveTheWay) {
  GenerateResult result = SomeResult();
  result.prefill_wait = {.mean = 0.25, .most = 0.5};
  EXPECT_EQ(std::get<GenerateResult>(Sent(result).body).decode_wait, std::nullopt);
  result.decode_wait = {.mean = 0, .most = 1};
  const auto got = std::get<GenerateResult>(Sent(result).body);
  EXPECT_EQ(got.prefill_wait->mean, 0.25);
  EXPECT_EQ(got.decode_wait->most, 1);
  ExpectSame(got, result);
  MeasureResult measured;
  measured.decode_wait = {.mean = 0.125, .most = 0.125};
  EXPECT_EQ(std::get<MeasureResult>(Sent(measured).body).decode_wait->mean, 0.125);
  result.decode_wait->mean = 1.5;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("'mean'"));
  result.decode_wait->most = -0.1;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("'most'"));
}

TEST(Protocol, SpeculationCounts_SurviveTheWay) {
  GenerateResult result = SomeResult();
  result.drafted = 12;
  result.accepted = 8;
  result.top_gap = {0.5F, 1e-6F, 3};
  result.speculation = {.steps = 5,
                        .drafted = 10,
                        .accepted = 7,
                        .looked_up = 2,
                        .lookup_accepted = 1,
                        .drafted_at = {5, 4, 3},
                        .accepted_at = {4, 3, 1},
                        .draft_ms = 1.5,
                        .verify_ms = 20.25,
                        .rollback_ms = 0.5,
                        .lookup_ms = 0.125,
                        .experts_per_step = 22.5,
                        .tokens_per_pass = 3.4};
  const auto got = std::get<GenerateResult>(Sent(result).body);
  EXPECT_EQ(got.top_gap, result.top_gap);
  EXPECT_EQ(got.speculation->accepted_at, (std::vector<int64_t>{4, 3, 1}));
  EXPECT_EQ(got.speculation->verify_ms, 20.25);
  ExpectSame(got, result);
  result.speculation->accepted_at[2] = 4;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("at place 2"));
  result.speculation->accepted_at.pop_back();
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("not of one length"));
  result.speculation->accepted = 11;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("'accepted' is '11'"));
}

TEST(Protocol, VerifyCosts_SurviveTheWay) {
  const MeasureRequest request{.text = "t", .k = 4, .depth_tokens = 9, .verify_tokens = {1, 4, 16}};
  EXPECT_EQ(std::get<MeasureRequest>(Sent(request).body).verify_tokens, request.verify_tokens);
  MeasureResult result;
  result.verify = {{.tokens = 4,
                    .ms = 2,
                    .lo_ms = 1.5,
                    .hi_ms = 2.5,
                    .n = 5,
                    .experts_per_layer = 29.1,
                    .bytes = 1e9}};
  const auto got = std::get<MeasureResult>(Sent(result).body);
  EXPECT_EQ(got.verify.at(0).experts_per_layer, 29.1);
  ExpectSame(got, result);
  result.verify[0].lo_ms = 3;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("'lo_ms' is '3"));
}

TEST(Protocol, Probabilities_SurviveTheWayToTheBit) {
  const TextScoreRequest text{kNotUtf8, {8, 4}, 64, 3, 2};
  ExpectSame(std::get<TextScoreRequest>(Sent(text).body), text);
  const ChoiceScoreRequest choices{"2+3=", {"5", kNotUtf8}, 4};
  const auto asked = std::get<ChoiceScoreRequest>(Sent(choices).body);
  EXPECT_EQ(asked.continuations, choices.continuations);
  ExpectSame(asked, choices);
  TextScore score{.text_tokens = 9, .text_windows = 2, .windows = 1, .scored_per_window = 2};
  score.arms = {{.log_p = {-0.1F, -7}, .top = {3, 151'935}},
                {.log_p = {0, -1e-7F}, .top = {0, 1}, .kl = {0.25F, -1e-9F}}};
  const auto scored = std::get<TextScore>(Sent(score).body);
  EXPECT_EQ(scored.arms[0].log_p, score.arms[0].log_p);
  EXPECT_EQ(scored.arms[1].kl, score.arms[1].kl);
  ExpectSame(scored, score);
  ChoiceScore chosen{.continuations = {{{-1.5F, -0.25F}, true}, {{-9}, false}}, .prompt_tokens = 7};
  ExpectSame(std::get<ChoiceScore>(Sent(chosen).body), chosen);
}

TEST(Protocol, ArmsOfOtherLengthsThanTheySay_AreRefused) {
  TextScore score{.text_tokens = 9, .text_windows = 2, .windows = 2, .scored_per_window = 1};
  score.arms = {{.log_p = {-1, -1}, .top = {3, 4}}, {.log_p = {-1, -1}, .top = {3, 4}, .kl = {0}}};
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, score})), HasSubstr("'kl' has 1 numbers, not 2"));
  score.arms[1].kl = {0, 0};
  score.arms[0].top = {3};
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, score})), HasSubstr("'top' has 1 numbers, not 2"));
  score.arms[0] = {.log_p = {-1, 0.5F}, .top = {3, 4}};
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, score})), HasSubstr("'log_p' is '0.5'"));
}

TEST(Protocol, RoutingTraces_SurviveTheWay) {
  const RoutingRequest request{kNotUtf8, 4, 99};
  ExpectSame(std::get<RoutingRequest>(Sent(request).body), request);
  const RoutingResult result{
      {.n_experts = 9, .n_layers = 2, .ids = {0, 8, 1, 2, 3, 4, 7, 5}, .begin = {0, 2, 4, 6, 8}},
      2,
      2};
  const auto got = std::get<RoutingResult>(Sent(result).body);
  EXPECT_EQ(got.trace.ids, result.trace.ids);
  EXPECT_EQ(got.trace.begin, result.trace.begin);
  ExpectSame(got, result);
}

TEST(Protocol, TracesThatCantBe_AreRefused) {
  const auto problem = [](RoutingTrace trace, int k_min, int k_max) {
    return ProblemOfEvent(Encode(Event{1, RoutingResult{std::move(trace), k_min, k_max}}));
  };
  const RoutingTrace good{.n_experts = 4, .n_layers = 1, .ids = {0, 3}, .begin = {0, 2}};
  EXPECT_EQ(problem(good, 2, 2), "no problem");
  EXPECT_THAT(problem(good, 3, 4), HasSubstr("'trace' gives a token 2 experts, not 3 to 4"));
  EXPECT_THAT(problem(good, 3, 2), HasSubstr("'k_executed_max' is '2'"));
  RoutingTrace bad = good;
  bad.ids = {0, 4};
  EXPECT_THAT(problem(bad, 2, 2), HasSubstr("is no number in 0..3"));
  bad.ids = {3, 3};
  EXPECT_THAT(problem(bad, 2, 2), HasSubstr("expert 3 stands twice"));
  bad = {.n_experts = 4, .n_layers = 1, .ids = {}, .begin = {0}};
  EXPECT_THAT(problem(bad, 0, 0), HasSubstr("holds no token"));
  bad = good;
  bad.n_experts = kMostTraceExperts + 1;
  EXPECT_THAT(problem(bad, 2, 2), HasSubstr("1..16384"));
}

TEST(Protocol, OtherEvents_SurviveTheWay) {
  const auto hello = Sent(HelloEvent{1, {"native", "0.1", {"decoding:plain"}}});
  EXPECT_EQ(hello.id, 7);
  EXPECT_EQ(std::get<HelloEvent>(hello.body).info.capabilities,
            (std::vector<std::string>{"decoding:plain"}));
  EXPECT_EQ(std::get<HeartbeatEvent>(Sent(HeartbeatEvent{41}).body).steps, 41);
  const auto progress = std::get<ProgressEvent>(Sent(ProgressEvent{"reading", 0.25}).body);
  EXPECT_EQ(progress.what, "reading");
  EXPECT_EQ(progress.fraction, 0.25);
  ExpectSame(std::get<PlacementEvent>(Sent(PlacementEvent{SomeProof()}).body).proof, SomeProof());
  const auto error = std::get<ErrorEvent>(Sent(ErrorEvent{"w", "x", "h", ExitCode::kIo}).body);
  EXPECT_EQ(error.what + error.where + error.hint, "wxh");
  EXPECT_EQ(error.code, ExitCode::kIo);
}

TEST(Protocol, TextThatIsUtf8_TravelsOnceOnly) {
  GenerateResult result = SomeResult();
  result.text = "grüße 한국어";
  EXPECT_THAT(Encode(Event{1, result}), Not(HasSubstr("text_bytes")));
}

TEST(Protocol, SixtyFourBitIntegers_TravelAsStrings) {
  EXPECT_THAT(Encode(Event{1, SomeResult()}), HasSubstr(R"("logits_hash":"18446744073709551614")"));
  EXPECT_THAT(Encode(Request{1, SomeGenerate()}), HasSubstr(R"("seed":"18446744073709551615")"));
}

TEST(Protocol, ImpossibleNumbers_AreRefused) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0}) {
    GenerateResult result = SomeResult();
    result.prefill_ms = bad;
    const std::string line = Encode(Event{1, result});
    EXPECT_THAT(ProblemOfEvent(line), HasSubstr("'prefill_ms' is '"));
  }
  ModelFacts facts = SomeFacts();
  facts.k0 = facts.n_experts + 1;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, InspectedEvent{facts}})),
              HasSubstr("'k0' is '129', not an integer in 0..128"));
  GenerateResult result = SomeResult();
  result.drafted = 5;
  result.accepted = 6;
  EXPECT_THAT(ProblemOfEvent(Encode(Event{1, result})), HasSubstr("'accepted' is '6'"));
}

TEST(Protocol, EveryFieldOfAnAnswer_IsRequired) {
  const Json whole = Json::parse(Encode(Event{1, SomeResult()}));
  for (const auto& [key, value] : whole.items()) {
    if (key == "text_bytes") continue;
    Json lacking = whole;
    lacking.erase(key);
    EXPECT_EQ(ProblemOfEvent(DumpLine(lacking)), "'" + key + "' is missing");
    Json wrong = whole;
    wrong[key] = Json::array({Json::object()});
    EXPECT_THAT(ProblemOfEvent(DumpLine(wrong)), HasSubstr("'" + key + "' is '")) << key;
  }
}

TEST(Protocol, FieldsOfLaterVersions_AreIgnored) {
  EXPECT_EQ(ProblemOfEvent(R"({"event":"heartbeat","id":1,"steps":5,"mood":"fine"})"),
            "no problem");
}

TEST(Protocol, StrangeLines_AreRefusedWithTheReason) {
  EXPECT_EQ(ProblemOfEvent(""), "is not JSON at byte 1: ''");
  EXPECT_EQ(ProblemOfEvent("[1]"), "is no JSON object: '[1]'");
  EXPECT_EQ(ProblemOfEvent("{}"), "'id' is missing");
  EXPECT_EQ(ProblemOfEvent(R"({"id":1})"), "'event' is missing");
  EXPECT_THAT(ProblemOfEvent(R"({"id":1,"event":"surprise"})"), HasSubstr("unknown event"));
  EXPECT_THAT(ProblemOfEvent(R"({"id":0,"event":"warmed"})"), HasSubstr("'id' is '0'"));
  EXPECT_THAT(ProblemOfEvent(R"({"id":1e99,"event":"warmed"})"), HasSubstr("'id' is '1e+99'"));
  EXPECT_THAT(ProblemOfEvent(R"({"id":1,"event":"warmed"} x)"), HasSubstr("is not JSON"));
  EXPECT_THAT(ProblemOfEvent("{\"id\":1,\"event\":\"\xff\"}"), HasSubstr("\\xff"));
  EXPECT_THAT(ProblemOfEvent(R"({"id":1,"event":"error","what":"","where":"","hint":"","code":1})"),
              HasSubstr("'code' is 1"));
}

TEST(Protocol, DeepAndLongLines_AreRefusedEarly) {
  EXPECT_THAT(ProblemOfEvent(std::string(1 << 20, '[')), HasSubstr("nests deeper than 16"));
  std::string numbers = "{\"a\":[0";
  for (int i = 0; i < 4'000'000; ++i) numbers += ",0";
  EXPECT_THAT(ProblemOfEvent(numbers + "]}"), HasSubstr("more than 4 million values"));
}

TEST(Protocol, EveryPrefixOfALine_IsRefused) {
  const std::string line = Encode(Event{1, SomeResult()});
  for (std::size_t n = 0; n + 2 < line.size(); ++n) {
    EXPECT_NE(ProblemOfEvent(line.substr(0, n)), "no problem");
  }
}

}  // namespace
}  // namespace moebench
