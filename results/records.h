// What a sweep leaves behind, row by row, as the store keeps it. Plain data; rows are never changed
// after they were written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/config/cell.h"

namespace moebench {

// How a unit of work or a cell ended. The text in parentheses is the reason, in words.
enum class Status {
  kPlanned,  // not run yet, or interrupted before it was finished
  kOk,
  kSkipped,  // a guard forbade it: skipped(guard: reason)
  kFailed,   // crashed, hung, error: failed(reason)
  kInvalid,  // ran, but its numbers must not be used: invalid(not_obeyed: ...), invalid(suspect:
             // ...)
};

struct SweepRecord {
  int64_t id = 0;            // set by the store
  std::string started;       // UTC stamp
  std::string finished;      // UTC stamp; empty while it runs or after an interruption
  std::string version;       // moebench version and commit
  std::string config_json;   // the SweepSpec, canonical JSON
  std::string config_hash;   // 16 hex digits of it
  std::string machine_json;  // fingerprint
  std::string machine_hash;  // 16 hex digits of its stable part
  uint64_t seed = 0;
};

struct ModelRecord {                     // one per model of a sweep
  std::string sha256, path, facts_json;  // ModelFacts as JSON
};

struct CellRecord {
  Cell cell;
  std::string cell_id;
  Status status = Status::kPlanned;
  std::string reason;  // empty if ok or planned
  // What one decoded token reads, and the largest speed-up over k0 that bytes allow; 0 = unknown.
  double bytes_per_token_predicted = 0;
  double max_speedup = 0;
};

struct SessionRecord {  // one worker process life
  int64_t id = 0;       // set by the store
  std::string model_sha256;
  int index = 0;  // 0, 1, ...: the n-th process of its group (model, placement, threads)
  std::string started;
  std::string placement, isa, engine_version;
  int threads = 0;
  double load_s = 0;
  // PlacementPlan, PlacementProof after load; of several instances lists of them.
  std::string asked_json, proof_json;
  std::string proof_after_json;     // PlacementProof when the session ended
  double read_bandwidth_gbps = 0;   // of the cores in use, memory; 0 = not measured
  double cache_bandwidth_gbps = 0;  // the same for a buffer that fits the caches
  int64_t cache_bytes = 0;          // last-level cache of the cores in use; 0 = unknown
  int probes_again = 0;  // bandwidth measured again; the two figures are the best of all probes
  bool rerun = false;    // a second look at suspects, beside the baseline
  int instances = 1;     // worker processes at once, each with so many threads
  // Of the weights that its threads read, what lies on other nodes than theirs, 0..1, mean over the
  // instances; nothing: the kernel or the placement doesn't say.
  std::optional<double> remote_share;
};

struct ProbeRecord {  // bandwidth of a session's cores, measured again
  int64_t session_id = 0;
  std::string at;  // UTC stamp
  double read_bandwidth_gbps = 0, cache_bandwidth_gbps = 0;
};

// A greedy text of a speculative cell held against plain decoding's of the same k.
struct ParityRecord {
  int tokens = 0;  // of the plain text
  // First token that is another one, from 0; -1 = the texts are equal.
  int diverged_at = -1;
  // Logits by which plain decoding preferred its own token there; nothing: it didn't say.
  std::optional<double> gap;

  bool Holds(double tolerance) const { return diverged_at < 0 || (gap && *gap <= tolerance); }
};

// What guessing did in one trial, all prompts together.
struct SpeculationRecord {
  int64_t steps = 0;                             // passes of the model after the first tokens
  int64_t drafted = 0, accepted = 0;             // by the draft model; accepted: in the text
  int64_t looked_up = 0, lookup_accepted = 0;    // by the lookup
  std::vector<int64_t> drafted_at, accepted_at;  // both, by place in the guess, from 0
  double draft_ms = 0, verify_ms = 0, rollback_ms = 0, lookup_ms = 0;
  double experts_per_step = 0;  // different experts of a MoE layer in one pass, mean
  double tokens_per_pass = 0;   // fed, mean
};

struct PromptRecord {  // one prompt of a trial
  std::string prompt_id;
  int64_t generated_tokens = 0;
  double decode_ms = 0;
  std::optional<int64_t> drafted, accepted;
  std::optional<ParityRecord> parity;  // of speculative cells
};

// One of several instances in a trial; it ran with the others at the same time.
struct InstanceRecord {
  int64_t prompt_tokens = 0;
  int64_t timed_tokens = 0;  // with a time between tokens
  double prefill_ms = 0, decode_ms = 0;
  uint64_t logits_hash = 0;

  double DecodeTps() const {
    return decode_ms > 0 ? 1e3 * static_cast<double>(timed_tokens) / decode_ms : 0;
  }
  double PrefillTps() const {
    return prefill_ms > 0 ? 1e3 * static_cast<double>(prompt_tokens) / prefill_ms : 0;
  }
};

// Of the threads' time, what they stood still at barriers: mean over the threads, and the most of
// one. 0..1.
struct WaitRecord {
  double mean = 0, most = 0;
};

struct TrialRecord {  // one timed repetition of a cell: all speed prompts once
  std::string cell_id;
  int64_t session_id = 0;
  int round = 0;  // repetition number within the session, from 0
  int order = 0;  // position in the session's schedule: who ran before and after
  int prompts = 0;
  int64_t prompt_tokens = 0, generated_tokens = 0;
  double prefill_ms = 0;  // sum over the prompts
  double decode_ms = 0;   // sum of all inter-token times
  double ttft_ms = 0;     // median over the prompts
  std::vector<float> inter_token_ms;
  int k_executed_min = 0, k_executed_max = 0;
  int64_t experts_touched = 0;
  double bytes_per_token = 0;
  uint64_t logits_hash = 0;
  std::optional<int64_t> drafted, accepted;
  std::string machine_delta_json;  // steal, context switches, page faults during the trial
  std::string unstable;            // why this trial should be distrusted; empty if quiet
  std::optional<SpeculationRecord> speculation;  // of other decodings than plain
  std::vector<PromptRecord> each_prompt;         // in the suite's order
  // Of several at once: each of them. Tokens and times of the trial are then sums, and tokens per
  // second those of all together: the sum of what each had while all others were busy.
  std::vector<InstanceRecord> instances;
  double overlap = 1;  // share of a trial in which all instances were busy, the least of them
  std::optional<WaitRecord> prefill_wait, decode_wait;  // nothing: the engine didn't say

  // Tokens 2..n of each prompt over the time between tokens; prefill is apart.
  double DecodeTps() const {
    if (!instances.empty()) {
      double sum = 0;
      for (const InstanceRecord& instance : instances) sum += instance.DecodeTps();
      return sum;
    }
    return decode_ms > 0 ? 1e3 * static_cast<double>(inter_token_ms.size()) / decode_ms : 0;
  }
  double PrefillTps() const {
    if (!instances.empty()) {
      double sum = 0;
      for (const InstanceRecord& instance : instances) sum += instance.PrefillTps();
      return sum;
    }
    return prefill_ms > 0 ? 1e3 * static_cast<double>(prompt_tokens) / prefill_ms : 0;
  }
};

// What a person said of a sweep: the speeds it found are accepted from now on, or it is the one
// that everything is held against for good.
enum class BaselineKind { kPromoted, kPinned };
struct BaselineMark {
  int64_t sweep_id = 0;
  BaselineKind kind = BaselineKind::kPromoted;
  std::string note, at;  // why, in a few words; UTC stamp
};

// Signs that an answer is sick, whatever its grade (quality/hygiene.h says what each means).
struct SignsRecord {
  bool cut_off = false, empty = false, loop = false, unfinished = false, open_fence = false,
       open_json = false, prompt_echo = false, wrong_script = false;
  double compression_ratio = 0;  // bytes over deflated bytes; 0 = too short to say
};

struct AnswerRecord {  // one item answered by one cell
  std::string cell_id;
  int64_t session_id = 0;
  std::string item_id, item_hash, category;
  std::string prompt, answer;  // raw; never trimmed, never shortened
  std::string finish;          // stop | length
  int prompt_tokens = 0, generated_tokens = 0;
  double score = 0;                    // 0..1
  std::string outcome;                 // right | wrong | cut_off | empty | loop
  std::string detail;                  // what the grader compared
  std::optional<ParityRecord> parity;  // of speculative cells
  std::optional<SignsRecord> signs;    // of written answers, since schema 7
};

// What one pass over so many tokens costs with a session's model, threads and placement: R(T) is
// its time over that of one token.
struct PassCostRecord {
  int64_t session_id = 0;
  int k = 0, tokens = 0;
  double ms = 0, lo_ms = 0, hi_ms = 0;  // median, fastest and slowest
  int n = 0;                            // repetitions
  double experts_per_layer = 0;         // different ones, mean; U_measured
  double bytes = 0;                     // weights and KV cache read
};

// What was expected of a speculative cell before most of its trials ran.
struct PredictionRecord {
  std::string cell_id;
  int64_t session_id = 0;  // the session before whose trials it was made
  std::string source;      // where the acceptance comes from: "session 1", "sweep 12"
  double acceptance = 0;   // of a guess if those before it were right
  double hit_rate = 1;     // passes with a guess
  double draft_cost = 0;   // of one guessed token, in plain tokens
  int guesses = 0;         // the best length; 0 = it would not pay
  double speedup = 1;      // at that length, over plain decoding at the same k
};

struct SpeedPromptRecord {  // one of the suite's, as this sweep used it
  std::string prompt_id, kind;
  double repeated_share = 0;  // of its 5-grams that stood in it before
};

// A text's tokens as one cell sees them beside the model's own expert count, in the same process.
struct DivergenceRecord {
  std::string cell_id;
  int64_t session_id = 0;
  std::string text_hash;  // 16 hex digits
  int base_k = 0;         // 0 of a dense model
  int window_tokens = 0, windows = 0;
  int per_window = 0;                          // scored tokens
  int k_executed_min = 0, k_executed_max = 0;  // of the cell's own side
  std::vector<float> base_log_p, log_p;        // [windows x per_window] ln p of the text's token
  std::vector<float> kl;                       // the same: KL(base || cell), nat
  std::string same_top;                        // the same: '1' where both have the same favourite
};

// Which experts the tokens of a text took in each layer that has some, in a sweep's worker.
struct RoutingRecord {
  std::string model_sha256;
  int64_t session_id = 0;
  int k = 0;              // executed
  std::string text_hash;  // 16 hex digits
  int n_experts = 0, n_layers = 0, n_tokens = 0;
  // u16, little-endian: of each token, of each of its layers, how many experts and their numbers.
  std::string experts;
};

// What a judge said of one answer, of a pair, or of a control answer of known grade.
struct JudgmentRecord {
  std::string cell_id;  // empty of control answers
  std::string item_id;
  std::string kind;      // rubric | pair | canary
  bool swapped = false;  // pair: the baseline's answer was shown first
  std::string outcome;   // ok | judge_invalid
  int score = 0;         // 0..3; of pairs 1 better than the baseline's, 0 tie, -1 worse
  std::string judge, model, prompt_hash, content_hash;
  std::string reply;  // raw
  int requests = 0;
  int64_t input_tokens = 0, output_tokens = 0;
};

struct JudgeRunRecord {  // one session of a judge; a resumed one has several
  std::string at;        // set by the store
  std::string judge, prompt_hash;
  int requests = 0;
  double usd = 0;
  int judged = 0, invalid = 0;
  std::string stopped;     // why it ended early; empty: it did not
  bool trusted = false;    // by its control answers, of this and earlier sessions of the sweep
  std::string trust_text;  // one sentence
};

// One row of another instrument's results, brought by people; kept apart from sweeps and never part
// of a verdict.
struct ImportedRecord {
  int64_t id = 0;  // set by the store
  std::string at;  // UTC stamp of the import
  std::string source, source_sha256;
  int64_t position = 0;    // of the row in the file
  std::string instrument;  // llama-bench
  std::string test_time, build_commit, cpu_info, model_filename, model_type;
  int64_t n_threads = 0, n_prompt = 0, n_gen = 0, n_depth = 0;
  double avg_ts = 0, stddev_ts = 0;  // tokens/s
  std::string row_json;              // every field as it was
};

}  // namespace moebench
