#include "results/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/stats/verdict.h"
#include "results/model_facts.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

std::string DeployNative(const Candidate& choice) {
  const Cell& cell = choice.view->record.cell;
  const bool several = cell.instances > 1;  // each has a placement of its own
  std::string line = "moebench generate -m " + ShellWord(cell.model_path);
  if (cell.k > 0) line += fmt::format(" --experts {}", cell.k);
  if (cell.decoding != "plain") line += " --decode " + ShellWord(cell.decoding);
  const Guessing& guessing = cell.guessing;
  if (!guessing.draft_path.empty()) line += " --draft " + ShellWord(guessing.draft_path);
  if (guessing.draft_tokens > 0) line += fmt::format(" --draft-tokens {}", guessing.draft_tokens);
  if (guessing.recurrent == "checkpoint") line += " --recurrent checkpoint";
  if (several) {
    line += std::string(" --placement ") + kPlacementWord;
  } else if (!cell.placement.empty()) {
    line += " --placement " + ShellWord(cell.placement);
  }
  if (!HasUsualKv(cell)) line += " --kv " + ShellWord(cell.kv);
  line += fmt::format(" -t {} -p 'your prompt'", cell.threads);
  return several ? StartTogether(choice.places, line) : line;
}

// For llama.cpp's programs, which know nothing of our lookup and draft modes: only plain decoding
// has a line.
std::string DeployLlamaCpp(const char* program, const Candidate& choice, bool is_k0,
                           const ModelRecord& model) {
  const Cell& cell = choice.view->record.cell;
  if (cell.decoding != "plain") return "";
  const std::string key = ExpertCountKey(model.facts_json);
  std::string line = std::string(program) + " -m " + ShellWord(cell.model_path);
  if (cell.k > 0 && !is_k0) {
    if (key.empty()) return "";  // a guessed key would silently do nothing
    line += " --override-kv " + ShellWord(fmt::format("{}=int:{}", key, cell.k));
  }
  line += fmt::format(" -t {}", cell.threads);
  if (!HasUsualKv(cell)) {
    line += fmt::format(" -ctk {0} -ctv {0}", ShellWord(cell.kv));
  }
  if (cell.instances > 1) return StartServersTogether(choice.places, line);
  if (!choice.places.empty() && choice.places[0].nodes.size() > 1) line += " --numa distribute";
  return line;
}

std::string QualityInWords(const Candidate& choice) {
  const QualityView& q = choice.view->quality;
  if (q.n == 0) return "quality was not measured, but its expert count is the model's own";
  return fmt::format("quality {} on {} items", PercentText(q.relative, q.lo, q.hi), q.n);
}

// What a night with too much going on beside it still tells; empty if every setting was measured
// undisturbed often enough.
std::string UnstableInWords(const std::vector<Candidate>& candidates, const CellView& baseline) {
  size_t unstable = 0;
  const Candidate* fastest = nullptr;
  for (const Candidate& c : candidates) {
    const bool doubtful = !c.view->stable || !baseline.stable;
    unstable += c.view->stable ? 0 : 1;
    if (c.view == &baseline || !doubtful || !c.quality_ok || c.view->speed_ratio.n == 0) continue;
    if (!fastest || c.view->speed_ratio.median > fastest->view->speed_ratio.median) fastest = &c;
  }
  if (unstable == 0) return "";
  std::string text = fmt::format(
      " {} of {} settings{} were disturbed by other work in too many trials: nothing is claimed of"
      " their speed.",
      unstable, candidates.size(), baseline.stable ? "" : ", the baseline among them,");
  if (fastest && fastest->view->speed_ratio.median > 1) {
    text += fmt::format(" For orientation, from all trials: {} about {:.1f} times the baseline.",
                        fastest->view->label, fastest->view->speed_ratio.median);
  }
  return text + " A quiet machine, or a larger --max-sessions, settles it.";
}

// Of several instances: that the speed is that of all of them, and what one alone has.
std::string RatesInWords(const CellView& view) {
  const NumaView& numa = view.numa;
  if (numa.instances.size() < 2) return "";
  double least = numa.instances.front().tps, most = least;
  for (const InstanceView& instance : numa.instances) {
    least = std::min(least, instance.tps);
    most = std::max(most, instance.tps);
  }
  return fmt::format(
      " Its tokens/s are those of {} instances at once, for as many texts; one of them has {:.1f} "
      "to {:.1f} (fairness {:.2f}).",
      numa.instances.size(), least, most, numa.jain);
}

// Why nothing beats the baseline, from what stood in the way of the fastest that seemed to.
std::string WhyBaseline(const std::vector<Candidate>& candidates, const CellView& baseline,
                        double noise) {
  const Candidate* fastest = nullptr;
  for (const Candidate& c : candidates) {
    if (c.view == &baseline || c.view->speed_ratio.n < 2 || c.view->speed_ratio.lo <= 1) continue;
    if (!c.view->stable) continue;
    if (!fastest || c.view->decode_tps.median > fastest->view->decode_tps.median) fastest = &c;
  }
  if (!fastest) return "No other setting is faster than the baseline beyond its interval.";
  const CellView& view = *fastest->view;
  const std::string speed = fmt::format(
      "{} decodes {}", view.label,
      PercentText(view.speed_ratio.median - 1, view.speed_ratio.lo - 1, view.speed_ratio.hi - 1));
  if (view.speed_ratio.median <= noise) {
    return fmt::format(
        "{}, but the baseline itself, measured again, may be {:.0f} % ahead of itself: nothing "
        "within that is claimed. A quiet machine settles it.",
        speed, 100 * (noise - 1));
  }
  if (view.quality.n == 0) {
    return fmt::format(
        "{}, but its quality was not measured: a setting that changes the answers "
        "is never recommended on speed alone.",
        speed);
  }
  return fmt::format("{}, but quality {} on {} items is not shown to hold.", speed,
                     PercentText(view.quality.relative, view.quality.lo, view.quality.hi),
                     view.quality.n);
}

}  // namespace

Recommendation Recommend(const std::vector<Candidate>& candidates, const CellView* baseline,
                         const ModelRecord& model, double noise) {
  Recommendation result;
  if (!baseline || baseline->decode_tps.n == 0) {
    result.why = "The baseline has no usable figures, so nothing can be compared.";
    return result;
  }
  const Candidate* best = nullptr;
  const Candidate* base = nullptr;
  for (const Candidate& c : candidates) {
    if (c.view == baseline) base = &c;
    const bool quality_holds = c.quality_ok || (!c.lossy && c.view->quality.n == 0);
    if (c.view == baseline || !c.speed_ok || !quality_holds) continue;
    if (c.view->speed_ratio.n < 2 || c.view->speed_ratio.lo <= 1) continue;
    if (c.view->speed_ratio.median <= noise) continue;
    if (!best || c.view->decode_tps.median > best->view->decode_tps.median) best = &c;
  }
  const Candidate fallback{.view = baseline};
  const Candidate& choice = best ? *best : base ? *base : fallback;
  const CellView& view = *choice.view;
  result.cell_id = view.record.cell_id;
  result.deploy_native = DeployNative(choice);
  const bool is_k0 = view.record.cell.k == baseline->record.cell.k;
  result.deploy_llamacpp = DeployLlamaCpp("llama-server", choice, is_k0, model);
  result.deploy_llama_cli = DeployLlamaCpp("llama-cli", choice, is_k0, model);
  if (!result.deploy_llama_cli.empty()) result.deploy_llama_cli += " -p 'your prompt'";
  if (!best) {
    result.why =
        baseline->stable
            ? WhyBaseline(candidates, *baseline, noise)
            : "The baseline itself is recommended because nothing could be held against it.";
    result.why += UnstableInWords(candidates, *baseline);
    return result;
  }
  result.speedup = view.speed_ratio.median;
  result.speedup_lo = view.speed_ratio.lo;
  result.speedup_hi = view.speed_ratio.hi;
  result.quality_change = view.quality.relative;
  result.quality_lo = view.quality.lo;
  result.quality_hi = view.quality.hi;
  result.why = fmt::format(
      "{} is the fastest setting whose quality holds: decode {} over {} trials in {} sessions, {}.",
      view.label, PercentText(result.speedup - 1, result.speedup_lo - 1, result.speedup_hi - 1),
      view.speed_ratio.n, view.sessions, QualityInWords(choice));
  result.why += RatesInWords(view) + UnstableInWords(candidates, *baseline);
  return result;
}

}  // namespace moebench
