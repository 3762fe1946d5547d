// A finished or half-finished sweep as people read it: cells with figures, verdicts,
// recommendation. Computed from the raw rows each time (results/analysis.h), never stored as truth;
// the terminal table, JSON, Markdown and HTML all print this and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/numa_view.h"
#include "results/records.h"
#include "results/view_extras.h"

namespace moebench {

struct Interval {  // an estimate with its 95 % interval
  double median = 0, lo = 0, hi = 0;
  int n = 0;  // samples behind it; 0 = not measured
};

struct QualityView {
  double score = 0;                   // mean over the items, 0..1
  double score_lo = 0, score_hi = 0;  // 95 % Wilson interval of the score itself
  int n = 0;                          // items; 0 = not measured
  double relative = 0, lo = 0,
         hi = 0;              // change against the baseline on the same items: -0.14 = 14 % worse
  double min_detectable = 1;  // smallest relative loss these items could have shown; 1 = none
  double p_mcnemar = 1;       // two-sided exact, right/wrong flips against the baseline
  int right = 0, wrong = 0, cut_off = 0, empty = 0, loop = 0;  // outcomes
  std::string verdict;  // of the graders alone; empty of the baseline
};

// A text's tokens as the cell sees them, beside the model's own expert count.
struct DivergenceView {
  int tokens = 0, windows = 0;  // scored; 0 = not measured
  int base_k = 0;
  double perplexity = 0, base_perplexity = 0;
  double ratio = 1, lo = 1, hi = 1;           // of the perplexities, 95 % interval, paired by token
  double kl_mean = 0, kl_se = 0, kl_p99 = 0;  // nat
  double same_top = 1;                        // share of tokens with the same favourite
  std::string verdict;                        // ok | flagged | inconclusive
};

// What a judge said of the cell's answers.
struct JudgeView {
  int n = 0;                            // answers it graded; 0 = none
  int invalid = 0;                      // replies that could not be read, of this cell
  double score = 0;                     // mean, 0..3
  double relative = 0, lo = 0, hi = 0;  // against the baseline's on the same items
  int won = 0, tied = 0, lost = 0;      // pairs with the baseline's answer; both orders must agree
  std::string verdict;  // ok | flagged | improved | inconclusive; empty: not believed
};

// The sweep's judge, as a whole.
struct JudgeOfSweep {
  std::string judge;  // kind and model; empty: none was asked
  bool trusted = false;
  std::string why;      // one sentence: what its control answers say
  std::string stopped;  // why it ended early
  int requests = 0;
  double usd = 0;
};

struct CategoryScore {
  std::string category;
  double score = 0;
  int n = 0;
};

struct SampleAnswer {  // an item the baseline had right and this cell not
  std::string item_id, prompt, baseline_answer, answer, outcome;
};

// A cell against its own past nights: same machine, workload and setting, since the last accepted
// change.
struct HistoryView {
  int nights = 0;             // behind the baseline; 0 = nothing comparable
  Interval ratio;             // tonight over the median of those nights
  double min_detectable = 1;  // smallest loss this could have shown
  double night_sd = 0;        // noise floor between nights
  double process_sd = 0;      // and of one process within a night
  int noise_nights = 0;       // behind the noise floor; 0 = assumed
  std::string verdict;        // ok | flagged | improved | inconclusive; empty without nights
  std::string reason;         // empty if there is nothing to tell
  std::string drift;          // "-6 % since 12 nights ago"; empty: none
  int64_t quality_sweep = 0;  // the first comparable sweep since the last accepted change; 0 = none
  QualityView quality;        // tonight's answers against those of then, the same items
  std::string quality_verdict;  // as above; empty without such a sweep
  std::string quality_reason;   // empty if there is nothing to tell
  int64_t pinned_sweep = 0;     // the pinned baseline; 0 = none
  double pinned_ratio = 1;      // tonight over it
};

// The second look at a suspect beside the baseline, in fresh processes.
struct RerunView {
  int pairs = 0;  // 0 = there was none
  double ratio = 1, lo = 1, hi = 1;
  bool confirmed = false;
};

// A/A control cells ever run in this database.
struct AaRecord {
  int cells = 0, flagged = 0, improved = 0;
};

// Greedy texts held against plain decoding's of the same k.
struct ParityView {
  int texts = 0, equal = 0;
  std::string worst;     // "item q7, token 12": the text that left by the largest gap
  double worst_gap = 0;  // logits
};

// Speed and acceptance on prompts of one kind.
struct KindView {
  std::string kind;
  int prompts = 0;
  double repeated_share = 0;  // of the prompts' 5-grams, mean
  Interval decode_tps;
  Interval over_plain;  // tokens/s over plain decoding's at the same k
  std::optional<double> accept_rate;
};

// What guessing did in a speculative cell.
struct SpeculationView {
  int64_t steps = 0, drafted = 0, accepted = 0, looked_up = 0, lookup_accepted = 0;
  std::vector<double> accepted_at;  // share of guesses, by their place in the pass
  double tokens_per_step = 0;       // generated by one pass
  double guesses_per_pass = 0;      // of passes that had any
  double tokens_per_pass = 0;       // fed
  double draft_share = 0, verify_share = 0, rollback_share = 0, lookup_share = 0;  // of decode time
  double experts_per_pass = 0;  // different ones of a layer, U_measured
  double experts_expected = 0;  // U(T) at tokens_per_pass, were tokens routed by themselves
  std::string utility;  // gains | loses | can't tell; empty: plain decoding was not measured
  Interval over_plain;  // tokens/s over plain decoding's at the same k
  ParityView parity;
  std::optional<PredictionRecord> prediction;
  std::vector<KindView> kinds;
  std::vector<std::string> warnings;
};

// R(T) at one k, threads and placement.
struct PassCostView {
  int tokens = 0;
  double ratio = 1;                     // R(T): time over that of one token
  double ms = 0, lo_ms = 0, hi_ms = 0;  // median, fastest and slowest
  int n = 0;
  double experts = 0, experts_expected = 0;  // U_measured and U(T), of a layer
  double bytes = 0;
};
struct PassTableView {
  std::string label;  // "k=4 interleave t=2"
  int k = 0;
  std::vector<PassCostView> passes;  // 1, 2, ... tokens
};

struct CellView {
  CellRecord record;
  std::string label;       // CellLabel
  std::string model_name;  // file name without folder
  std::string status;      // ok | planned | skipped(...) | failed(...) | invalid(...)
  std::string verdict;     // ok | flagged | improved | inconclusive; empty without figures
  std::vector<std::string> reasons;          // "decode -14 % [-19, -9]", for people
  std::vector<std::string> quality_reasons;  // those of them that are of the answers
  Interval decode_tps, prefill_tps, ttft_ms;
  Interval speed_ratio;  // decode tokens/s over the baseline's, paired
  // Of several instances: over those of k0 and plain decoding with the same placement, threads and
  // instances, so that what instances bring isn't taken for what fewer experts do.
  Interval over_own_k0;
  double min_detectable = 0;  // smallest relative speed change this cell could have shown
  QualityView quality;
  DivergenceView divergence;
  JudgeView judge;
  std::string disagreement;  // of graders, divergence and judge; empty: none
  std::vector<CategoryScore> categories;
  std::vector<SampleAnswer> samples;  // a few, for the report
  std::vector<SignCount> signs;       // all written answers first; empty: none has signs
  std::optional<double> accept_rate;
  std::optional<SpeculationView> speculation;
  double bytes_per_token = 0;
  double bandwidth_gbps = 0;      // bytes_per_token * decode tokens/s
  double bandwidth_fraction = 0;  // of the measured bound (memory or cache, see bound)
  std::string bound;              // "memory" | "cache"; empty if no bandwidth was measured
  NumaView numa;
  double inter_token_p50_ms = 0, inter_token_p99_ms = 0;  // p99 is 0 with fewer than 100 samples
  LatencyView ttft_times, token_times;                    // first tokens (a trial's), tokens after
  std::optional<double> joules_per_token;  // generated; of all packages, prompts included
  std::string no_energy;                   // why that is not known
  int sessions = 0;
  int trials = 0;           // timed, the second look not counted
  int unstable_trials = 0;  // of them: disturbed, and left out of all figures if `stable`
  std::string disturbed;    // "7 of 9 trials were disturbed (...)"; empty if none was
  bool stable = true;       // enough undisturbed trials; else the figures are for orientation only
  HistoryView history;
  RerunView rerun;
  bool expected = false;  // flagged for what it is (more experts than k0 read more): no news
};

struct Recommendation {  // for one text
  std::string cell_id;   // empty: nothing can be recommended
  double speedup = 1, speedup_lo = 1, speedup_hi = 1;
  double quality_change = 0, quality_lo = 0, quality_hi = 0;  // relative
  std::string why;                                            // one sentence
  std::string deploy_native;                                  // command line of our own engine
  std::string deploy_llamacpp;   // llama-server with the right override key
  std::string deploy_llama_cli;  // llama-cli with the same
};

// Another question than the fastest setting for one text: which writes the most tokens/s if there
// are several at once. Its figures are those of all of them together.
struct Throughput {
  Recommendation choice;  // why: empty where the sweep has no setting of several instances
  int texts = 0;          // written at once by the choice
};

struct ModelView {
  ModelRecord record;
  std::string name;
  Recommendation recommendation;
  Throughput throughput;
  std::vector<CellView> cells;          // baseline first, then in falling order of k
  double aa_noise = 0;                  // largest |ratio - 1| among the A/A controls
  std::vector<PassTableView> passes;    // where speculative cells ran
  std::vector<ForecastView> forecasts;  // of its policies, where there is a routing trace
  double forecast_k = 0;                // experts of one token in one layer of that trace, mean
  std::string aa_text;                  // "A/A control: 1.003 [0.99, 1.02], not flagged"
  int safe_k = 0;                       // the smallest that is still safe; 0 = none is known to be
  std::string safe_k_text;        // with its evidence; empty if expert counts were not compared
  std::vector<TrendView> trends;  // baseline, recommended, regressed and a few more
  int other_nights = 0;           // left out of them: another machine state or suite
  std::optional<RouterLoadView> router;
  std::optional<RoutingRecord> routing;  // as the sweep recorded it
};

struct SweepView {
  SweepRecord sweep;
  std::vector<ModelView> models;
  std::vector<SessionRecord>
      sessions;  // every worker process, as recorded: placement asked and got
  int flagged = 0, improved = 0, inconclusive = 0, failed = 0, skipped = 0, invalid = 0,
      planned = 0;
  double flag_below = 0.90;   // threshold on ratios
  int expected = 0;           // of the flagged: slower because they use more experts than k0
  int unstable = 0;           // of the inconclusive: disturbed in too many trials
  int regressed = 0;          // cells that fell below their own past
  std::string machine_alarm;  // most cells moved together; empty: no
  bool machine_slower = false;
  AaRecord aa;
  std::vector<SpeedPromptRecord> prompts;
  NightChanges changes;
  JudgeOfSweep judge;
};

}  // namespace moebench
