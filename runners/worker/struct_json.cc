#include "runners/worker/struct_json.h"

#include <cstdint>

#include "harness/base/error.h"
#include "runners/worker/speculation_json.h"

namespace moebench {
namespace {

// Limits of what any real model, machine or answer can reach; larger values are rubbish.
constexpr int64_t kMaxExact = int64_t{1} << 53;  // integers that a double holds exactly
// ActiveBytes(k) = dense + k * layers * expert_bytes stays below 2^53 + 2^14 * 2^12 * 2^36 < 2^63.
constexpr int kMaxLayers = 1 << 12;
constexpr int kMaxExperts = 1 << 14;
constexpr int64_t kMaxExpertBytes = int64_t{1} << 36;
constexpr int kMaxTokens = 1 << 30;
constexpr double kMaxMs = 1e12;  // 31 years
constexpr double kMaxBytes = 1e18;
constexpr double kMaxLogit = 1e38;

Json ToJson(const WaitShare& wait) { return {{"mean", wait.mean}, {"most", wait.most}}; }

std::optional<WaitShare> WaitShareFrom(const Fields& fields, const std::string& key) {
  if (!fields.Has(key)) return std::nullopt;
  const Fields wait = fields.Object(key);
  WaitShare share;
  share.most = wait.Number("most", 0, 1);
  share.mean = wait.Number("mean", 0, share.most);
  return share;
}

// Those that were measured.
template <typename Result>
void PutWaits(const Result& result, Json& json) {
  if (result.prefill_wait) json["prefill_wait"] = ToJson(*result.prefill_wait);
  if (result.decode_wait) json["decode_wait"] = ToJson(*result.decode_wait);
}

}  // namespace

Json ToJson(const ModelFacts& facts) {
  Json json = {{"file_bytes", facts.file_bytes},
               {"parameter_count", facts.parameter_count},
               {"n_layers", facts.n_layers},
               {"n_moe_layers", facts.n_moe_layers},
               {"n_recurrent_layers", facts.n_recurrent_layers},
               {"n_experts", facts.n_experts},
               {"n_shared_experts", facts.n_shared_experts},
               {"k0", facts.k0},
               {"context_length", facts.context_length},
               {"vocabulary_size", facts.vocabulary_size},
               {"dense_bytes_per_token", facts.dense_bytes_per_token},
               {"expert_bytes", facts.expert_bytes},
               {"kv_bytes_per_position", facts.kv_bytes_per_position},
               {"state_bytes", facts.state_bytes}};
  PutText(json, "path", facts.path);
  PutText(json, "architecture", facts.architecture);
  PutText(json, "name", facts.name);
  PutText(json, "quantisation", facts.quantisation);
  PutText(json, "expert_count_key", facts.expert_count_key);
  PutText(json, "chat_format", facts.chat_format);
  PutText(json, "thinking", facts.thinking);
  PutText(json, "synthetic", facts.synthetic);
  json["synthetic_layers"] = facts.synthetic_layers;
  json["head_bytes_per_token"] = facts.head_bytes_per_token;
  return json;
}

ModelFacts ModelFactsFrom(const Fields& fields) {
  ModelFacts facts;
  facts.path = fields.Text("path");
  facts.architecture = fields.Text("architecture");
  facts.name = fields.Text("name");
  facts.quantisation = fields.Text("quantisation");
  facts.expert_count_key = fields.Text("expert_count_key");
  facts.chat_format = fields.Text("chat_format");
  facts.thinking = fields.Text("thinking");
  facts.synthetic = fields.Has("synthetic") ? fields.Text("synthetic") : "";
  facts.synthetic_layers =
      fields.Has("synthetic_layers") ? fields.Int("synthetic_layers", 0, kMaxLayers) : 0;
  facts.head_bytes_per_token =
      fields.Has("head_bytes_per_token") ? fields.Int64("head_bytes_per_token", 0, kMaxExact) : 0;
  facts.file_bytes = fields.Int64("file_bytes", 0, kMaxExact);
  facts.parameter_count = fields.Int64("parameter_count", 0, kMaxExact);
  facts.n_layers = fields.Int("n_layers", 0, kMaxLayers);
  facts.n_moe_layers = fields.Int("n_moe_layers", 0, facts.n_layers);
  facts.n_recurrent_layers = fields.Int("n_recurrent_layers", 0, facts.n_layers);
  facts.n_experts = fields.Int("n_experts", 0, kMaxExperts);
  facts.n_shared_experts = fields.Int("n_shared_experts", 0, kMaxExperts);
  facts.k0 = fields.Int("k0", 0, facts.n_experts);
  facts.context_length = fields.Int("context_length", 0, kMaxTokens);
  facts.vocabulary_size = fields.Int("vocabulary_size", 0, kMaxTokens);
  facts.dense_bytes_per_token = fields.Int64("dense_bytes_per_token", 0, kMaxExact);
  facts.expert_bytes = fields.Int64("expert_bytes", 0, kMaxExpertBytes);
  facts.kv_bytes_per_position = fields.Int64("kv_bytes_per_position", 0, kMaxExact);
  facts.state_bytes = fields.Int64("state_bytes", 0, kMaxExact);
  return facts;
}

Json ToJson(const LoadRequest& request) {
  Json json = {{"placement", ToJson(request.placement)},
               {"context_tokens", request.context_tokens},
               {"kv", NameOf(request.kv)}};
  PutText(json, "model_path", request.model_path);
  if (!request.draft_path.empty()) PutText(json, "draft_path", request.draft_path);
  return json;
}

LoadRequest LoadRequestFrom(const Fields& fields) {
  LoadRequest request;
  request.model_path = fields.Text("model_path");
  request.placement = PlacementPlanFrom(fields.Object("placement"));
  request.context_tokens = fields.Int("context_tokens", INT32_MIN, INT32_MAX);
  request.kv = KvTypeOf(fields.Text("kv"));
  if (fields.Has("draft_path")) request.draft_path = fields.Text("draft_path");
  return request;
}

Json ToJson(const LoadReport& report) {
  Json json = {
      {"facts", ToJson(report.facts)}, {"proof", ToJson(report.proof)}, {"load_s", report.load_s}};
  PutText(json, "isa", report.isa);
  PutText(json, "engine_version", report.engine_version);
  return json;
}

LoadReport LoadReportFrom(const Fields& fields) {
  LoadReport report;
  report.facts = ModelFactsFrom(fields.Object("facts"));
  report.proof = PlacementProofFrom(fields.Object("proof"));
  report.load_s = fields.Number("load_s", 0, kMaxMs);
  report.isa = fields.Text("isa");
  report.engine_version = fields.Text("engine_version");
  return report;
}

Json ToJson(const GenerateRequest& request) {
  Json json = {{"chat", request.chat},
               {"k", request.k},
               {"max_tokens", request.max_tokens},
               {"ignore_eos", request.ignore_eos},
               {"temperature", request.temperature}};
  if (request.think) json["think"] = *request.think;
  PutText(json, "prompt", request.prompt);
  PutText(json, "decoding", request.decoding);
  if (request.decoding != "plain") json["speculation"] = ToJson(request.speculation);
  PutU64(json, "seed", request.seed);
  return json;
}

GenerateRequest GenerateRequestFrom(const Fields& fields) {
  GenerateRequest request;
  request.prompt = fields.Text("prompt");
  request.chat = fields.Bool("chat");
  if (fields.Has("think")) request.think = fields.Bool("think");
  request.k = fields.Int("k", INT32_MIN, INT32_MAX);  // the engine knows its N and refuses
  request.decoding = fields.Text("decoding");
  if (fields.Has("speculation")) {
    request.speculation = SpeculationOptionsFrom(fields.Object("speculation"));
  }
  request.max_tokens = fields.Int("max_tokens", INT32_MIN, INT32_MAX);
  request.ignore_eos = fields.Bool("ignore_eos");
  request.temperature = fields.Number("temperature", -1e6, 1e6);
  request.seed = fields.U64("seed");
  return request;
}

Json ToJson(const GenerateResult& result) {
  Json json = {{"tokens", result.tokens},
               {"prompt_tokens", result.prompt_tokens},
               {"prefill_ms", result.prefill_ms},
               {"inter_token_ms", result.inter_token_ms},
               {"k_executed_min", result.k_executed_min},
               {"k_executed_max", result.k_executed_max},
               {"experts_touched", result.experts_touched},
               {"bytes_per_token", result.bytes_per_token}};
  PutText(json, "text", result.text);
  PutText(json, "finish", result.finish);
  PutText(json, "chat", result.chat);
  PutU64(json, "logits_hash", result.logits_hash);
  if (result.drafted) json["drafted"] = *result.drafted;
  if (result.accepted) json["accepted"] = *result.accepted;
  if (result.speculation) json["speculation"] = ToJson(*result.speculation);
  if (!result.top_gap.empty()) json["top_gap"] = result.top_gap;
  PutWaits(result, json);
  return json;
}

GenerateResult GenerateResultFrom(const Fields& fields) {
  GenerateResult result;
  result.text = fields.Text("text");
  result.tokens = fields.Ints("tokens", 0, kMaxTokens);
  result.finish = fields.Text("finish");
  result.chat = fields.Text("chat");
  if (result.finish != "stop" && result.finish != "length") {
    throw Error{"'finish' is '" + result.finish.substr(0, 40) + "', not 'stop' or 'length'", ""};
  }
  result.prompt_tokens = fields.Int("prompt_tokens", 0, kMaxTokens);
  result.prefill_ms = fields.Number("prefill_ms", 0, kMaxMs);
  result.inter_token_ms = fields.Floats("inter_token_ms", 0, kMaxMs);
  result.k_executed_min = fields.Int("k_executed_min", 0, kMaxExperts);
  result.k_executed_max = fields.Int("k_executed_max", result.k_executed_min, kMaxExperts);
  result.experts_touched = fields.Int64("experts_touched", 0, kMaxExact);
  result.bytes_per_token = fields.Number("bytes_per_token", 0, kMaxBytes);
  result.logits_hash = fields.U64("logits_hash");
  if (fields.Has("drafted")) result.drafted = fields.Int64("drafted", 0, kMaxExact);
  if (fields.Has("accepted")) {
    result.accepted = fields.Int64("accepted", 0, result.drafted.value_or(0));
  }
  if (fields.Has("speculation")) {
    result.speculation = SpeculationCountsFrom(fields.Object("speculation"));
  }
  if (fields.Has("top_gap")) result.top_gap = fields.Floats("top_gap", 0, kMaxLogit);
  result.prefill_wait = WaitShareFrom(fields, "prefill_wait");
  result.decode_wait = WaitShareFrom(fields, "decode_wait");
  return result;
}

Json ToJson(const MeasureRequest& request) {
  Json json = {{"k", request.k},
               {"depth_tokens", request.depth_tokens},
               {"prompt_tokens", request.prompt_tokens},
               {"generated_tokens", request.generated_tokens},
               {"batch_tokens", request.batch_tokens}};
  PutText(json, "text", request.text);
  if (!request.verify_tokens.empty()) json["verify_tokens"] = request.verify_tokens;
  return json;
}

MeasureRequest MeasureRequestFrom(const Fields& fields) {
  MeasureRequest request;
  request.text = fields.Text("text");
  request.k = fields.Int("k", INT32_MIN, INT32_MAX);
  request.depth_tokens = fields.Int("depth_tokens", INT32_MIN, INT32_MAX);
  request.prompt_tokens = fields.Int("prompt_tokens", INT32_MIN, INT32_MAX);
  request.generated_tokens = fields.Int("generated_tokens", INT32_MIN, INT32_MAX);
  request.batch_tokens = fields.Int("batch_tokens", INT32_MIN, INT32_MAX);
  if (fields.Has("verify_tokens")) {
    request.verify_tokens = fields.Ints("verify_tokens", INT32_MIN, INT32_MAX);
  }
  return request;
}

Json ToJson(const MeasureResult& result) {
  Json json = {
      {"prefill_ms", result.prefill_ms},           {"inter_token_ms", result.inter_token_ms},
      {"k_executed_min", result.k_executed_min},   {"k_executed_max", result.k_executed_max},
      {"experts_touched", result.experts_touched}, {"bytes_per_token", result.bytes_per_token}};
  PutU64(json, "logits_hash", result.logits_hash);
  PutWaits(result, json);
  for (const VerifyCost& cost : result.verify) json["verify"].push_back(ToJson(cost));
  return json;
}

MeasureResult MeasureResultFrom(const Fields& fields) {
  MeasureResult result;
  result.prefill_ms = fields.Number("prefill_ms", 0, kMaxMs);
  result.inter_token_ms = fields.Floats("inter_token_ms", 0, kMaxMs);
  result.k_executed_min = fields.Int("k_executed_min", 0, kMaxExperts);
  result.k_executed_max = fields.Int("k_executed_max", result.k_executed_min, kMaxExperts);
  result.experts_touched = fields.Int64("experts_touched", 0, kMaxExact);
  result.bytes_per_token = fields.Number("bytes_per_token", 0, kMaxBytes);
  result.logits_hash = fields.U64("logits_hash");
  result.prefill_wait = WaitShareFrom(fields, "prefill_wait");
  result.decode_wait = WaitShareFrom(fields, "decode_wait");
  if (fields.Has("verify")) {
    for (const Fields& cost : fields.Objects("verify")) {
      result.verify.push_back(VerifyCostFrom(cost));
    }
  }
  return result;
}

}  // namespace moebench
