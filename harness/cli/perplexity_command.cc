// moebench perplexity: how well a model predicts a text at each expert count, and how far that is
// from its own; through the native engine, in this process.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "harness/cli/options.h"
#include "harness/cli/signals.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/topology.h"
#include "harness/stats/divergence.h"
#include "results/report_escape.h"
#include "runners/native/native_runner.h"

namespace moebench {
namespace {

constexpr uint64_t kMostTextBytes = 256 << 20;

struct Options {
  std::string model, file, experts, placement = "auto", kv = "f16";
  int against = 0, window = 512, windows = 0, threads = 0;
  bool json = false;
};

// The base first, then what is asked for, in its order and once.
std::vector<int> Arms(const Options& options, const ModelFacts& facts) {
  const int most = std::max(1, facts.n_experts);
  std::vector<int> ks{options.against > 0 ? options.against : facts.k0};
  std::vector<int> asked;
  if (!options.experts.empty()) asked = IntegerList(options.experts, "--experts", 1, most);
  for (const int k : asked) {
    if (std::find(ks.begin(), ks.end(), k) == ks.end()) ks.push_back(k);
  }
  if (ks.front() <= most) return ks;
  throw Error{fmt::format("{} is more than the {} experts there are", ks.front(), most),
              "--against", fmt::format("choose 1 to {}", most), ExitCode::kUsage};
}

void Append(TextScore::Arm&& part, TextScore::Arm& whole) {
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(whole.log_p, part.log_p);
  append(whole.top, part.top);
  append(whole.kl, part.kl);
  const bool first = whole.k_executed_max == 0;
  whole.k_executed_min =
      first ? part.k_executed_min : std::min(whole.k_executed_min, part.k_executed_min);
  whole.k_executed_max = std::max(whole.k_executed_max, part.k_executed_max);
}

// Window by window, so that the way is seen and Ctrl-C is heard.
TextScore ScoreAll(Runner& runner, TextScoreRequest request, int windows) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  TextScore whole;
  request.max_windows = 1;
  int wanted = 1;
  for (int w = 0; w < wanted && !StopAsked(); ++w) {
    request.first_window = w;
    TextScore part = runner.ScoreText(request);
    if (w == 0) {
      whole = part;
      whole.windows = 0;
      whole.arms.assign(part.arms.size(), {});
      wanted = windows > 0 ? std::min(windows, part.text_windows) : part.text_windows;
    }
    ++whole.windows;
    for (std::size_t a = 0; a < part.arms.size(); ++a)
      Append(std::move(part.arms[a]), whole.arms[a]);
    if (terminal) fmt::print(stderr, "\r\x1b[Kwindow {} of {}", w + 1, wanted);
  }
  if (terminal) fmt::print(stderr, "\r\x1b[K");
  return whole;
}

Divergence AgainstBase(const TextScore& score, std::size_t a) {
  const TextScore::Arm &base = score.arms[0], &arm = score.arms[a];
  std::string same_top;
  for (std::size_t i = 0; i < arm.top.size(); ++i)
    same_top += arm.top[i] == base.top[i] ? '1' : '0';
  return DivergenceOf({base.log_p, arm.log_p, arm.kl, same_top}, score.scored_per_window);
}

nlohmann::json ArmJson(int k, const TextScore::Arm& arm) {
  const Perplexity p = PerplexityOf(arm.log_p);
  return {{"k", k},
          {"perplexity", p.value},
          {"perplexity_se", p.se},
          {"k_executed_min", arm.k_executed_min},
          {"k_executed_max", arm.k_executed_max}};
}

nlohmann::json DivergenceJson(const Divergence& d) {
  return {{"perplexity_ratio", d.ratio},
          {"perplexity_ratio_se", d.ratio_se},
          {"perplexity_ratio_lo", d.ratio_lo},
          {"perplexity_ratio_hi", d.ratio_hi},
          {"kl_mean", d.kl_mean},
          {"kl_se", d.kl_se},
          {"kl_p99", d.kl_p99},
          {"same_top", d.same_top},
          {"same_top_se", d.same_top_se}};
}

void PrintJson(const Options& options, const std::vector<int>& ks, const TextScore& score) {
  nlohmann::json arms = nlohmann::json::array();
  for (std::size_t a = 0; a < ks.size(); ++a) {
    nlohmann::json arm = ArmJson(ks[a], score.arms[a]);
    arm["against_base"] = a == 0 ? nlohmann::json() : DivergenceJson(AgainstBase(score, a));
    arms.push_back(std::move(arm));
  }
  const nlohmann::json json = {{"schema", "moebench.perplexity/1"},
                               {"model", options.model},
                               {"text", options.file},
                               {"kv", options.kv},
                               {"text_tokens", score.text_tokens},
                               {"window_tokens", options.window},
                               {"windows", score.windows},
                               {"scored_tokens", score.windows * score.scored_per_window},
                               {"base_k", ks.front()},
                               {"arms", std::move(arms)}};
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void PrintTable(const Options& options, const std::vector<int>& ks, const TextScore& score) {
  fmt::print("{}: {} tokens, {} windows of {}, the second half of each scored: {} tokens\n\n",
             VisibleLine(options.file), score.text_tokens, score.windows, options.window,
             score.windows * score.scored_per_window);
  fmt::print("{:>4}  {:>20}", "k", "perplexity");
  if (ks.size() > 1) {
    fmt::print("  {:>24}  {:>20}  {:>8}  {:>9}", fmt::format("over that of k={} [95 %]", ks[0]),
               "mean KL, nat", "99 % KL", "same top");
  }
  fmt::print("\n");
  for (std::size_t a = 0; a < ks.size(); ++a) {
    const TextScore::Arm& arm = score.arms[a];
    const Perplexity p = PerplexityOf(arm.log_p);
    fmt::print("{:>4}  {:>20}", ks[a], fmt::format("{:.4f} +- {:.4f}", p.value, p.se));
    if (a > 0) {
      const Divergence d = AgainstBase(score, a);
      fmt::print("  {:>24}  {:>20}  {:>8.4f}  {:>7.2f} %",
                 fmt::format("{:.4f} [{:.4f}, {:.4f}]", d.ratio, d.ratio_lo, d.ratio_hi),
                 fmt::format("{:.5f} +- {:.5f}", d.kl_mean, d.kl_se), d.kl_p99, 100 * d.same_top);
    }
    fmt::print("\n");
  }
}

void RunPerplexity(const Options& options, ExitCode& exit_code) {
  const std::unique_ptr<Runner> runner = MakeNativeRunner();
  const ModelFacts facts = runner->Inspect(options.model);
  const std::vector<int> ks = Arms(options, facts);
  TextScoreRequest request{
      .text = ReadFile(options.file, kMostTextBytes), .ks = ks, .window_tokens = options.window};
  if (options.window > facts.context_length) {
    throw Error{fmt::format("the model was trained for {} tokens", facts.context_length),
                "--context", "use a shorter window", ExitCode::kUsage};
  }
  const Topology topology = ReadTopology(ThisMachine());
  const std::string policy =
      options.placement == kAutoPlacement ? AutoPolicies(topology).front() : options.placement;
  runner->Load({.model_path = options.model,
                .placement = PlanPlacement(topology, policy, options.threads),
                .context_tokens = options.window,
                .kv = KvTypeOf(options.kv)},
               [](const std::string&, double) {});
  CatchSignals();
  const TextScore score = ScoreAll(*runner, std::move(request), options.windows);
  if (score.windows > 0) {
    options.json ? PrintJson(options, ks, score) : PrintTable(options, ks, score);
  }
  exit_code = StopAsked() ? StopExitCode() : ExitCode::kOk;
}

}  // namespace

void AddPerplexityCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "perplexity", "How well a model predicts a text at each expert count, as llama-perplexity");
  command->add_option("-m,--model", options->model, "GGUF file")->required();
  command->add_option("-f,--file", options->file, "The text, UTF-8")->required();
  command->add_option("--experts", options->experts,
                      "Experts per token, e.g. 6,4 [the model's k0]");
  command->add_option("--against", options->against, "The k all others are compared with [k0]")
      ->check(Between(1, 4096));
  command->add_option("-c,--context", options->window, "Tokens of a window")
      ->check(Between(4, 1 << 24))
      ->capture_default_str();
  command->add_option("--chunks", options->windows, "Windows at most [all]")
      ->check(Between(1, 1 << 24));
  command
      ->add_option("--placement", options->placement,
                   "row-shard, interleave, local, ...; auto: by topology")
      ->capture_default_str();
  command->add_option("-t,--threads", options->threads, "Pinned threads [one per core]")
      ->check(Between(1, 4096));
  command->add_option("--kv", options->kv, "Type of the KV cache: f32, f16 or q8_0")
      ->check(OneOf(KvTypeNames()))
      ->capture_default_str();
  command->add_flag("--json", options->json, "As JSON (schema moebench.perplexity/1)");
  command->callback([options, &exit_code] { RunPerplexity(*options, exit_code); });
}

}  // namespace moebench
