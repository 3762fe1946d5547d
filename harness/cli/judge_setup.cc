#include "harness/cli/judge_setup.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "harness/base/error.h"
#include "harness/cli/command_judge.h"
#include "harness/cli/signals.h"
#include "harness/cli/sweep_environment.h"
#include "harness/machine/placement_plan.h"
#include "harness/sweep/judge_sweep.h"
#include "quality/judge/judge_api.h"

namespace moebench {
namespace {

constexpr int kContextTokens = 16'384;  // of a judge in our own engine, at most

[[noreturn]] void Refuse(const std::string& problem, const std::string& hint) {
  throw Error{problem, "judge", hint, ExitCode::kConfig};
}

void WaitUnlessStopped(double seconds) {
  constexpr int kStepMs = 100;
  for (double waited_s = 0; waited_s < seconds && !StopAsked(); waited_s += 1e-3 * kStepMs) {
    poll(nullptr, 0, kStepMs);
  }
}

// A key must not lie in a core file.
void ForbidCoreFiles() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

std::shared_ptr<const Secret> KeyOf(const JudgeSpec& judge) {
  ForbidCoreFiles();
  if (!judge.key_file.empty()) {
    return std::make_shared<const Secret>(SecretFromFile(judge.key_file));
  }
  if (!judge.key_env.empty()) {
    return std::make_shared<const Secret>(SecretFromEnvironment(judge.key_env));
  }
  return nullptr;
}

JudgeModel ServerJudge(const JudgeSpec& judge) {
  const bool anthropic = judge.kind == "anthropic";
  if (judge.model.empty()) Refuse("no model is named", "judge: {model: NAME}");
  if (!anthropic && judge.url.empty()) Refuse("no url is named", "judge: {url: http://...}");
  const JudgeServer server{.model = judge.model, .url = judge.url, .key = KeyOf(judge)};
  if (anthropic && !server.key) Refuse("has no key", "name a key_file or key_env");
  HttpRules rules;
  rules.private_network = judge.private_network;
  rules.cancelled = StopAsked;
  CheckJudgeUrl(anthropic ? AnthropicUrl(server) : OpenAiUrl(server), rules);
  const JudgeTransport transport{
      .post = [rules](const HttpRequest& request) { return PostJson(request, rules); },
      .wait = WaitUnlessStopped};
  return anthropic ? AnthropicJudge(server, transport) : OpenAiJudge(server, transport);
}

// A second model in a worker process of its own, on the placement that a sweep would choose. It is
// loaded with the first question.
JudgeModel LocalJudge(const SweepSpec& spec, const Topology& topology) {
  SweepSpec judge_spec = spec;
  judge_spec.runner = "native";
  judge_spec.fake_script.clear();
  const std::string path = spec.judge.model;
  const PlacementPlan placement = PlanPlacement(topology, AutoPolicies(topology).front(), 0);
  auto runner = std::make_shared<std::unique_ptr<Runner>>();
  const auto ask = [judge_spec, path, placement, runner](const JudgePrompt& prompt) {
    if (!*runner) {
      *runner = StartWorker(judge_spec).runner;
      const ModelFacts facts = (*runner)->Inspect(path);
      (*runner)->Load({.model_path = path,
                       .placement = placement,
                       .context_tokens = std::min(kContextTokens, facts.context_length)},
                      {});
    }
    const GenerateResult result = (*runner)->Generate(
        {.prompt = prompt.system + "\n\n" + prompt.user, .max_tokens = prompt.max_tokens});
    JudgeReply reply{.text = result.text, .model = path};
    reply.input_tokens = result.prompt_tokens;
    reply.output_tokens = static_cast<int64_t>(result.tokens.size());
    return reply;
  };
  return {"gguf:" + path.substr(path.find_last_of('/') + 1), ask};
}

void RequireBudget(const JudgeSpec& judge) {
  const bool priced = judge.usd_per_million_input > 0 || judge.usd_per_million_output > 0;
  if (judge.max_usd > 0 && !priced) {
    Refuse("a budget in USD needs prices", "price: {input: X, output: Y}, USD per million tokens");
  }
}

}  // namespace

void SetJudge(const std::string& text, JudgeSpec& judge) {
  const size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (text == "none") {
    judge = {};
    return;
  }
  const std::vector<std::string>& kinds = JudgeKinds();
  if (rest.empty() || std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw Error{"'" + text.substr(0, 80) + "' is no judge", "--judge",
                "anthropic:NAME, openai:NAME, gguf:FILE, command:PROGRAM or none",
                ExitCode::kUsage};
  }
  judge.kind = kind;
  if (kind == "command") {
    judge.command = {rest};
  } else {
    judge.model = rest;
  }
}

JudgeModel MakeJudge(const SweepSpec& spec, const Topology& topology) {
  const JudgeSpec& judge = spec.judge;
  RequireBudget(judge);
  if (judge.kind == "anthropic" || judge.kind == "openai") return ServerJudge(judge);
  if (judge.kind == "command") {
    if (judge.command.empty()) Refuse("no command is named", "judge: {command: [PROGRAM, ARG]}");
    return CommandJudge(judge.command);
  }
  if (judge.model.empty()) Refuse("no GGUF file is named", "judge: {model: FILE.gguf}");
  return LocalJudge(spec, topology);
}

std::string JudgeAnswers(const SweepPlan& plan, const JudgeModel& judge, int64_t sweep_id,
                         Store& store, const std::function<void(const SweepEvent&)>& report) {
  const JudgeSpec& spec = plan.spec.judge;
  const auto tell = [&](int done, int of) {
    report({SweepEvent::Kind::kProgress, "judging with " + judge.name,
            static_cast<double>(done) / of, -1});
  };
  return JudgeSweep(store, sweep_id, plan.items, judge,
                    {.seed = plan.spec.seed,
                     .max_items = spec.items,
                     .budget = {spec.max_requests, spec.max_usd, spec.usd_per_million_input,
                                spec.usd_per_million_output},
                     .cancelled = StopAsked,
                     .report = tell})
      .stopped;
}

}  // namespace moebench
