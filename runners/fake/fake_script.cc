#include "runners/fake/fake_script.h"

#include <charconv>
#include <csignal>
#include <set>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/suggest.h"
#include "runners/worker/json_fields.h"

namespace moebench {
namespace {

constexpr uint64_t kMaxScriptBytes = 16 << 20;
constexpr int kMaxK = 1 << 14;
constexpr int64_t kMaxValue = int64_t{1} << 40;

const std::vector<std::pair<std::string, FakeAct>>& ActNames() {
  static const std::vector<std::pair<std::string, FakeAct>> names = {
      {"crash", FakeAct::kCrash},
      {"exit", FakeAct::kExit},
      {"hang", FakeAct::kHang},
      {"silence", FakeAct::kSilence},
      {"stop", FakeAct::kStop},
      {"kill", FakeAct::kKill},
      {"oom", FakeAct::kOom},
      {"ignore_term", FakeAct::kIgnoreTerm},
      {"error", FakeAct::kError},
      {"stderr_flood", FakeAct::kStderrFlood},
      {"orphan", FakeAct::kOrphan},
      {"garbage", FakeAct::kGarbage},
      {"half_line", FakeAct::kHalfLine},
      {"oversized_line", FakeAct::kOversizedLine},
      {"wrong_version", FakeAct::kWrongVersion},
      {"wrong_id", FakeAct::kWrongId},
      {"wrong_type", FakeAct::kWrongType},
      {"unknown_event", FakeAct::kUnknownEvent},
      {"wrong_answer", FakeAct::kWrongAnswer},
      {"close_stdout", FakeAct::kCloseStdout},
      {"executed_k", FakeAct::kExecutedK},
      {"pages_elsewhere", FakeAct::kPagesElsewhere},
      {"threads_loose", FakeAct::kThreadsLoose},
      {"one_token", FakeAct::kOneToken},
      {"cut_off", FakeAct::kCutOff},
      {"empty", FakeAct::kEmpty},
      {"loop", FakeAct::kLoop}};
  return names;
}

FakeAct ActFrom(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [known_name, act] : ActNames()) {
    if (known_name == name) return act;
    known.push_back(known_name);
  }
  throw Error{"'do' is '" + name + "', which is no misdeed", "", SuggestName(name, known)};
}

int SignalFrom(const std::string& name) {
  for (const auto& [known, number] :
       {std::pair{"SIGSEGV", SIGSEGV}, std::pair{"SIGABRT", SIGABRT}, std::pair{"SIGBUS", SIGBUS},
        std::pair{"SIGILL", SIGILL}, std::pair{"SIGFPE", SIGFPE}, std::pair{"SIGTERM", SIGTERM}}) {
    if (name == known) return number;
  }
  throw Error{"'signal' is '" + name + "'", "",
              "one of: SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTERM"};
}

void RequireKnown(const Fields& fields, const std::set<std::string>& known) {
  for (const std::string& key : fields.Keys()) {
    if (known.contains(key)) continue;
    throw Error{"'" + key + "' is no field of a fake script", "",
                SuggestName(key, std::vector<std::string>(known.begin(), known.end()))};
  }
}

int KFrom(const std::string& text) {
  int k = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), k);
  if (error != std::errc() || end != text.data() + text.size() || k < 0 || k > kMaxK) {
    throw Error{"'" + text + "' is not a number of experts", ""};
  }
  return k;
}

std::map<int, double> ByK(const Fields& fields, double lo, double hi) {
  std::map<int, double> by_k;
  for (const std::string& key : fields.Keys()) by_k[KFrom(key)] = fields.Number(key, lo, hi);
  return by_k;
}

// A small mixture of experts: 8 of 32 in each of 4 layers, weights mostly in the experts.
ModelFacts DefaultModel() {
  ModelFacts model;
  model.architecture = "fakemoe";
  model.name = "fake";
  model.quantisation = "F16";
  model.expert_count_key = "fakemoe.expert_used_count";
  model.chat_format = "chatml";
  model.thinking = "none";
  model.file_bytes = 8'000'000;
  model.parameter_count = 4'000'000;
  model.n_layers = 4;
  model.n_moe_layers = 4;
  model.n_experts = 32;
  model.k0 = 8;
  model.context_length = 4096;
  model.vocabulary_size = 256;
  model.dense_bytes_per_token = 400'000;
  model.expert_bytes = 50'000;
  model.kv_bytes_per_position = 4'096;
  return model;
}

ModelFacts ModelFrom(const Fields& f) {
  RequireKnown(
      f, {"architecture", "name", "quantisation", "chat_format", "file_bytes", "parameter_count",
          "n_layers", "n_moe_layers", "n_recurrent_layers", "n_experts", "k0", "context_length",
          "dense_bytes_per_token", "expert_bytes", "kv_bytes_per_position"});
  ModelFacts m = DefaultModel();
  if (f.Has("architecture")) m.architecture = f.Text("architecture");
  if (f.Has("name")) m.name = f.Text("name");
  if (f.Has("quantisation")) m.quantisation = f.Text("quantisation");
  if (f.Has("chat_format")) m.chat_format = f.Text("chat_format");
  if (f.Has("file_bytes")) m.file_bytes = f.Int64("file_bytes", 0, kMaxValue);
  if (f.Has("parameter_count")) m.parameter_count = f.Int64("parameter_count", 0, kMaxValue);
  if (f.Has("n_layers")) m.n_moe_layers = m.n_layers = f.Int("n_layers", 1, 1000);
  if (f.Has("n_moe_layers")) m.n_moe_layers = f.Int("n_moe_layers", 0, m.n_layers);
  if (f.Has("n_recurrent_layers")) {
    m.n_recurrent_layers = f.Int("n_recurrent_layers", 0, m.n_layers);
  }
  if (f.Has("n_experts")) m.n_experts = f.Int("n_experts", 0, kMaxK);
  if (f.Has("k0")) m.k0 = f.Int("k0", 0, m.n_experts);
  if (f.Has("context_length")) m.context_length = f.Int("context_length", 1, 1 << 24);
  if (f.Has("dense_bytes_per_token")) {
    m.dense_bytes_per_token = f.Int64("dense_bytes_per_token", 1, kMaxValue);
  }
  if (f.Has("expert_bytes")) m.expert_bytes = f.Int64("expert_bytes", 0, int64_t{1} << 34);
  if (f.Has("kv_bytes_per_position")) {
    m.kv_bytes_per_position = f.Int64("kv_bytes_per_position", 0, kMaxValue);
  }
  m.expert_count_key = m.n_experts > 0 ? m.architecture + ".expert_used_count" : "";
  return m;
}

FakeMisdeed MisdeedFrom(const Fields& f) {
  RequireKnown(
      f, {"do", "request", "nth", "k", "session", "prompt", "value", "fraction", "text", "signal"});
  FakeMisdeed misdeed{.act = ActFrom(f.Text("do"))};
  if (misdeed.act == FakeAct::kPagesElsewhere || misdeed.act == FakeAct::kThreadsLoose) {
    misdeed.request = "load";
  }
  if (misdeed.act == FakeAct::kWrongVersion) misdeed.request = "hello";
  if (f.Has("request")) misdeed.request = f.Text("request");
  const std::set<std::string> requests = {"hello",         "inspect",       "load",
                                          "warm",          "generate",      "score_text",
                                          "score_choices", "trace_routing", "read_placement"};
  if (!requests.contains(misdeed.request)) {
    throw Error{
        "'request' is '" + misdeed.request + "'", "",
        SuggestName(misdeed.request, std::vector<std::string>(requests.begin(), requests.end()))};
  }
  if (f.Has("nth")) misdeed.nth = f.Int64("nth", 1, kMaxValue);
  if (f.Has("k")) misdeed.k = f.Int("k", 0, kMaxK);
  if (f.Has("session")) misdeed.session = f.Int64("session", 0, kMaxValue);
  if (f.Has("prompt")) misdeed.prompt = f.Text("prompt");
  if (f.Has("value")) misdeed.value = f.Int64("value", 0, kMaxValue);
  if (f.Has("fraction")) misdeed.fraction = f.Number("fraction", 0, 1);
  if (f.Has("text")) misdeed.text = f.Text("text");
  misdeed.signal = f.Has("signal") ? SignalFrom(f.Text("signal")) : SIGSEGV;
  return misdeed;
}

FakeScript ScriptFrom(const Fields& f) {
  RequireKnown(
      f, {"model", "tokens_per_s", "prefill_tokens_per_s", "session_noise", "trial_noise", "sleep",
          "seed", "session_file", "answers", "replies", "accuracy", "divergence", "version",
          "misdeeds", "speculation", "recurrent", "draft_refused", "routing_skew"});
  FakeScript script;
  script.model = f.Has("model") ? ModelFrom(f.Object("model")) : DefaultModel();
  if (f.Has("tokens_per_s")) script.decode_tps = ByK(f.Object("tokens_per_s"), 1e-3, 1e9);
  if (!script.decode_tps.contains(script.model.k0)) script.decode_tps[script.model.k0] = 100;
  if (f.Has("prefill_tokens_per_s")) {
    script.prefill_tps = f.Number("prefill_tokens_per_s", 1e-3, 1e9);
  }
  if (f.Has("session_noise")) script.session_noise = f.Number("session_noise", 0, 1);
  if (f.Has("trial_noise")) script.trial_noise = f.Number("trial_noise", 0, 1);
  if (f.Has("sleep")) script.sleep = f.Bool("sleep");
  if (f.Has("seed")) script.seed = static_cast<uint64_t>(f.Int64("seed", 0, kMaxValue));
  if (f.Has("session_file")) script.session_file = f.Text("session_file");
  if (f.Has("version")) script.version = f.Text("version");
  if (f.Has("accuracy")) script.accuracy = ByK(f.Object("accuracy"), 0, 1);
  if (f.Has("divergence")) script.divergence = ByK(f.Object("divergence"), 0, 10);
  if (f.Has("answers")) {
    const Fields answers = f.Object("answers");
    for (const std::string& prompt : answers.Keys()) {
      script.answers[prompt] = answers.Text(prompt);
    }
  }
  if (f.Has("replies")) {
    const Fields replies = f.Object("replies");
    for (const std::string& prompt : replies.Keys()) {
      const Fields by_k = replies.Object(prompt);
      for (const std::string& k : by_k.Keys()) script.replies[prompt][KFrom(k)] = by_k.Text(k);
    }
  }
  if (f.Has("speculation")) script.speculation = FakeSpeculationsFrom(f.Object("speculation"));
  if (f.Has("recurrent")) script.recurrent = f.Texts("recurrent");
  if (f.Has("draft_refused")) script.draft_refused = f.Text("draft_refused");
  if (f.Has("routing_skew")) script.routing_skew = f.Number("routing_skew", 0, 10);
  if (f.Has("misdeeds")) {
    for (const Fields& misdeed : f.Objects("misdeeds")) {
      script.misdeeds.push_back(MisdeedFrom(misdeed));
    }
  }
  return script;
}

}  // namespace

std::vector<std::string> CapabilitiesOf(const FakeScript& script) {
  std::vector<std::string> all{"decoding:plain"};
  for (const auto& [decoding, how] : script.speculation) all.push_back("decoding:" + decoding);
  for (const std::string& way : script.recurrent) all.push_back("recurrent:" + way);
  if (script.routing_skew) all.push_back(kTracesRouting);
  return all;
}

FakeScript LoadFakeScript(const std::string& path_or_json) {
  if (path_or_json.empty()) return LoadFakeScript("{}");
  const bool is_json = path_or_json.starts_with('{');
  const std::string text = is_json ? path_or_json : ReadFile(path_or_json, kMaxScriptBytes);
  try {
    return ScriptFrom(Fields(ParseJsonObject(text)));
  } catch (const Error& e) {
    throw Error{e.problem(), is_json ? "fake script" : path_or_json, e.hint(), ExitCode::kConfig};
  }
}

}  // namespace moebench
