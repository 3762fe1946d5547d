#include "results/cell_speculation.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/stats/speculation.h"
#include "results/parity.h"

namespace moebench {
namespace {

constexpr int64_t kMinGuesses = 64;  // fewer may all be right by chance

void AddCounts(const std::vector<int64_t>& more, std::vector<int64_t>& sums) {
  if (sums.size() < more.size()) sums.resize(more.size());
  for (size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }
double Share(int64_t part, int64_t whole) {
  return Share(static_cast<double>(part), static_cast<double>(whole));
}

// Sums over the trials of the cell.
struct Sums {
  SpeculationRecord counts;
  double decode_ms = 0;
  int64_t decoded_tokens = 0;          // after each prompt's first
  double experts = 0, tokens_fed = 0;  // by passes
};

Sums SumsOf(const CellData& cell) {
  Sums sums;
  SpeculationRecord& all = sums.counts;
  for (const TrialRecord* trial : cell.trials) {
    if (!trial->speculation) continue;
    const SpeculationRecord& s = *trial->speculation;
    sums.decode_ms += trial->decode_ms;
    sums.decoded_tokens += static_cast<int64_t>(trial->inter_token_ms.size());
    sums.experts += static_cast<double>(s.steps) * s.experts_per_step;
    sums.tokens_fed += static_cast<double>(s.steps) * s.tokens_per_pass;
    all.steps += s.steps;
    all.drafted += s.drafted;
    all.accepted += s.accepted;
    all.looked_up += s.looked_up;
    all.lookup_accepted += s.lookup_accepted;
    AddCounts(s.drafted_at, all.drafted_at);
    AddCounts(s.accepted_at, all.accepted_at);
    all.draft_ms += s.draft_ms;
    all.verify_ms += s.verify_ms;
    all.rollback_ms += s.rollback_ms;
    all.lookup_ms += s.lookup_ms;
  }
  return sums;
}

void FillCounts(const Sums& sums, SpeculationView& view) {
  const SpeculationRecord& all = sums.counts;
  view.steps = all.steps;
  view.drafted = all.drafted;
  view.accepted = all.accepted;
  view.looked_up = all.looked_up;
  view.lookup_accepted = all.lookup_accepted;
  for (size_t i = 0; i < all.drafted_at.size() && all.drafted_at[i] > 0; ++i) {
    view.accepted_at.push_back(
        i < all.accepted_at.size() ? Share(all.accepted_at[i], all.drafted_at[i]) : 0);
  }
  view.tokens_per_step = Share(sums.decoded_tokens, all.steps);
  if (!all.drafted_at.empty()) {
    const int64_t guesses =
        std::accumulate(all.drafted_at.begin(), all.drafted_at.end(), int64_t{0});
    view.guesses_per_pass = Share(guesses, all.drafted_at[0]);
  }
  view.draft_share = Share(all.draft_ms, sums.decode_ms);
  view.verify_share = Share(all.verify_ms, sums.decode_ms);
  view.rollback_share = Share(all.rollback_ms, sums.decode_ms);
  view.lookup_share = Share(all.lookup_ms, sums.decode_ms);
  view.tokens_per_pass = Share(sums.tokens_fed, static_cast<double>(all.steps));
  view.experts_per_pass = Share(sums.experts, static_cast<double>(all.steps));
}

void WarnOfAcceptance(const char* what, int64_t accepted, int64_t guessed, SpeculationView& view) {
  const double rate = Share(accepted, guessed);
  if (guessed < kMinGuesses || rate <= kSuspectAcceptance) return;
  view.warnings.push_back(
      fmt::format("warning: {} {:.3f}: was the prompt, or its own answer, replayed?", what, rate));
}

void AddParity(const ParityRecord& parity, const std::string& where, ParityView& view) {
  ++view.texts;
  if (parity.diverged_at < 0) {
    ++view.equal;
    return;
  }
  if (!view.worst.empty() && parity.gap.value_or(0) <= view.worst_gap) return;
  view.worst_gap = parity.gap.value_or(0);
  view.worst = fmt::format("{}, token {}", where, parity.diverged_at + 1);
}

// A prompt counts once: it is the same text in every trial.
ParityView ParityOf(const CellData& cell) {
  ParityView view;
  std::map<std::string, ParityRecord> prompts;
  for (const TrialRecord* trial : cell.trials) {
    for (const PromptRecord& prompt : trial->each_prompt) {
      if (!prompt.parity) continue;
      const auto [at, is_new] = prompts.emplace(prompt.prompt_id, *prompt.parity);
      if (!is_new && prompt.parity->gap.value_or(0) > at->second.gap.value_or(0)) {
        at->second = *prompt.parity;
      }
    }
  }
  for (const auto& [id, parity] : prompts) AddParity(parity, "speed prompt " + id, view);
  for (const AnswerRecord* answer : cell.answers) {
    if (answer->parity) AddParity(*answer->parity, "item " + answer->item_id, view);
  }
  return view;
}

// Tokens/s of a trial on the prompts of one kind.
double SpeedOnKind(const TrialRecord& trial, const std::map<std::string, std::string>& kinds,
                   const std::string& kind) {
  double ms = 0;
  int64_t tokens = 0;
  for (const PromptRecord& p : trial.each_prompt) {
    const auto found = kinds.find(p.prompt_id);
    if (found == kinds.end() || found->second != kind || p.generated_tokens < 1) continue;
    ms += p.decode_ms;
    tokens += p.generated_tokens - 1;
  }
  return ms > 0 ? 1e3 * static_cast<double>(tokens) / ms : 0;
}

std::optional<double> AcceptanceOnKind(const CellData& cell,
                                       const std::map<std::string, std::string>& kinds,
                                       const std::string& kind) {
  int64_t drafted = 0, accepted = 0;
  for (const TrialRecord* trial : cell.trials) {
    for (const PromptRecord& p : trial->each_prompt) {
      const auto found = kinds.find(p.prompt_id);
      if (found == kinds.end() || found->second != kind) continue;
      drafted += p.drafted.value_or(0);
      accepted += p.accepted.value_or(0);
    }
  }
  if (drafted == 0) return std::nullopt;
  return Share(accepted, drafted);
}

std::vector<KindView> KindsOf(const CellData& cell, const CellData* plain, const SweepRows& rows) {
  std::map<std::string, std::string> kinds;  // prompt -> kind
  std::vector<KindView> views;
  for (const SpeedPromptRecord& prompt : rows.prompts) {
    if (prompt.kind.empty()) continue;
    kinds[prompt.prompt_id] = prompt.kind;
    auto at = std::find_if(views.begin(), views.end(),
                           [&](const KindView& v) { return v.kind == prompt.kind; });
    if (at == views.end()) at = views.insert(at, KindView{.kind = prompt.kind});
    ++at->prompts;
    at->repeated_share += (prompt.repeated_share - at->repeated_share) / at->prompts;
  }
  for (KindView& view : views) {
    const auto speed = [&](const TrialRecord& t) { return SpeedOnKind(t, kinds, view.kind); };
    view.decode_tps = SpeedInterval(cell, speed);
    view.accept_rate = AcceptanceOnKind(cell, kinds, view.kind);
    if (!plain) continue;
    const SpeedRatio ratio = RatioOf(cell, *plain, speed);
    view.over_plain = {ratio.ratio, ratio.lo, ratio.hi, ratio.n};
  }
  return views;
}

bool AllGuessesRight(const CellData& cell) {
  int64_t drafted = 0, accepted = 0;
  for (const TrialRecord* trial : cell.trials) {
    drafted += trial->drafted.value_or(0);
    accepted += trial->accepted.value_or(0);
  }
  return drafted >= kMinGuesses && accepted >= drafted;
}

std::string UtilityInWords(const SpeculationView& speculation, const Cell& cell) {
  if (speculation.utility.empty()) return "";
  const Interval& r = speculation.over_plain;
  const std::string by = r.n > 1 ? PercentText(r.median - 1, r.lo - 1, r.hi - 1)
                                 : PercentText(r.median - 1) + ", one trial";
  return fmt::format("{}: {} over plain at {}", speculation.utility, by, RoutingName(cell));
}

std::string ParityInWords(const ParityView& parity) {
  if (parity.texts == 0) return "";
  if (parity.equal == parity.texts) {
    return fmt::format("{} texts equal to plain decoding's", parity.texts);
  }
  return fmt::format("{} of {} texts leave plain decoding's, by at most {:.3f} logits ({})",
                     parity.texts - parity.equal, parity.texts, parity.worst_gap, parity.worst);
}

}  // namespace

void FillSpeculation(const CellData& cell, const CellData* plain, const SweepRows& rows,
                     int n_experts, CellView& view) {
  const Cell& setting = cell.record->cell;
  if (setting.decoding == "plain") return;
  const Sums sums = SumsOf(cell);
  if (sums.counts.steps == 0) return;
  SpeculationView speculation;
  FillCounts(sums, speculation);
  speculation.experts_expected = ExpectedExperts(n_experts, setting.k, speculation.tokens_per_pass);
  WarnOfAcceptance("draft acceptance", speculation.accepted, speculation.drafted, speculation);
  WarnOfAcceptance("lookup acceptance", speculation.lookup_accepted, speculation.looked_up,
                   speculation);
  speculation.parity = ParityOf(cell);
  if (plain) {
    const SpeedRatio ratio = DecodeRatio(cell, *plain);
    speculation.over_plain = {ratio.ratio, ratio.lo, ratio.hi, ratio.n};
    const bool quiet = cell.stable && plain->stable;
    speculation.utility = UtilityWord(quiet ? UtilityOf(ratio) : Utility::kCantTell);
  }
  for (const PredictionRecord& prediction : rows.predictions) {
    if (prediction.cell_id == cell.record->cell_id) speculation.prediction = prediction;
  }
  speculation.kinds = KindsOf(cell, plain, rows);
  view.speculation = std::move(speculation);
}

std::string ParityRefusal(const CellData& cell) {
  for (const auto& trials : {cell.trials, cell.rerun, cell.disturbed, cell.rerun_disturbed}) {
    for (const TrialRecord* trial : trials) {
      if (std::string reason = ParityReason(*trial); !reason.empty()) return reason;
    }
  }
  for (const AnswerRecord* answer : cell.answers) {
    if (std::string reason = ParityReason(*answer); !reason.empty()) return reason;
  }
  return "";
}

void WeighGuessing(const CellData& cell, const CellView& view, Verdict& speed) {
  std::vector<std::string> said;
  if (AllGuessesRight(cell)) {
    speed.kind = VerdictKind::kInconclusive;
    said = {"warning: acceptance 1.000: was the prompt, or its own answer, replayed?"};
  } else if (view.speculation) {
    said = view.speculation->warnings;
  }
  if (view.speculation) {
    said.push_back(UtilityInWords(*view.speculation, cell.record->cell));
    said.push_back(ParityInWords(view.speculation->parity));
  }
  for (std::string& text : said) {
    if (!text.empty()) speed.reasons.push_back(std::move(text));
  }
}

std::vector<PassTableView> PassTables(const SweepRows& rows, const std::string& model_sha256,
                                      int n_experts) {
  std::map<int64_t, const SessionRecord*> sessions;
  for (const SessionRecord& session : rows.sessions) {
    if (session.model_sha256 == model_sha256) sessions[session.id] = &session;
  }
  std::vector<PassTableView> tables;
  for (const PassCostRecord& cost : rows.pass_costs) {
    const auto session = sessions.find(cost.session_id);
    if (session == sessions.end()) continue;
    const SessionRecord& s = *session->second;
    const std::string label =
        fmt::format("{} {} t={}", RoutingName({.k = cost.k}), s.placement, s.threads);
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const PassTableView& t) { return t.label == label; });
    if (table == tables.end()) table = tables.insert(table, PassTableView{label, cost.k, {}});
    PassCostView pass{.tokens = cost.tokens,
                      .ms = cost.ms,
                      .lo_ms = cost.lo_ms,
                      .hi_ms = cost.hi_ms,
                      .n = cost.n,
                      .experts = cost.experts_per_layer,
                      .experts_expected = ExpectedExperts(n_experts, cost.k, cost.tokens),
                      .bytes = cost.bytes};
    const double one_ms = table->passes.empty() ? cost.ms : table->passes.front().ms;
    pass.ratio = Share(cost.ms, one_ms);
    table->passes.push_back(pass);
  }
  return tables;
}

}  // namespace moebench
