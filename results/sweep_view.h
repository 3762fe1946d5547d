// A finished or half-finished sweep as people read it: cells with figures, verdicts,
// recommendation. Computed from the raw rows each time (results/analysis.h), never stored as truth;
// the terminal table, JSON, Markdown and HTML all print this and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/records.h"

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

struct CellView {
  CellRecord record;
  std::string label;       // CellLabel
  std::string model_name;  // file name without folder
  std::string status;      // ok | planned | skipped(...) | failed(...) | invalid(...)
  std::string verdict;     // ok | flagged | improved | inconclusive; empty without figures
  std::vector<std::string> reasons;  // "decode -14 % [-19, -9]", for people
  Interval decode_tps, prefill_tps, ttft_ms;
  Interval speed_ratio;       // decode tokens/s over the baseline's, paired
  double min_detectable = 0;  // smallest relative speed change this cell could have shown
  QualityView quality;
  std::vector<CategoryScore> categories;
  std::vector<SampleAnswer> samples;  // a few, for the report
  std::optional<double> accept_rate;
  double bytes_per_token = 0;
  double bandwidth_gbps = 0;      // bytes_per_token * decode tokens/s
  double bandwidth_fraction = 0;  // of the measured bound (memory or cache, see bound)
  std::string bound;              // "memory" | "cache"; empty if no bandwidth was measured
  double inter_token_p50_ms = 0, inter_token_p99_ms = 0;  // p99 is 0 with fewer than 100 samples
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

struct Recommendation {
  std::string cell_id;  // empty: nothing can be recommended
  double speedup = 1, speedup_lo = 1, speedup_hi = 1;
  double quality_change = 0, quality_lo = 0, quality_hi = 0;  // relative
  std::string why;                                            // one sentence
  std::string deploy_native;                                  // command line of our own engine
  std::string deploy_llamacpp;  // llama-server with the right override key
};

struct ModelView {
  ModelRecord record;
  std::string name;
  Recommendation recommendation;
  std::vector<CellView> cells;  // baseline first, then in falling order of k
  double aa_noise = 0;          // largest |ratio - 1| among the A/A controls
  std::string aa_text;          // "A/A control: 1.003 [0.99, 1.02], not flagged"
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
};

}  // namespace moebench
