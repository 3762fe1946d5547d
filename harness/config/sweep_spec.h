// What a sweep shall do, as the user asked for it: moebench.yaml, then the command line over it.
//   SweepSpec spec = LoadSweepSpec("moebench.yaml", {.placements = KnownPolicies()});
// Plain data. An empty axis means "auto": harness/sweep fills it in once the model and the machine
// are known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/scalars.h"

namespace moebench {

// A language model that grades the answers; none if kind is empty.
struct JudgeSpec {
  std::string kind;                  // anthropic | openai | gguf | command
  std::string model;                 // as the server knows it, or a GGUF file
  std::string url;                   // of the server; empty = the API's home
  std::string key_file, key_env;     // where the key is; it is never kept here
  std::vector<std::string> command;  // program and arguments
  int items = 0;                     // judged items, 0 = all that are graded
  int max_requests = 0;              // 0 = no limit
  double max_usd = 0;                // 0 = no limit
  double usd_per_million_input = 0, usd_per_million_output = 0;  // tokens
  bool private_network = false;  // plain http and private addresses, too
};
const std::vector<std::string>& JudgeKinds();

struct SweepSpec {
  std::vector<std::string> models;  // GGUF paths
  std::string runner = "native";    // native | fake
  std::string fake_script;          // JSON file, for the fake runner
  std::vector<int> experts;         // k, >= 1; empty = k0, 6, 4, 3, 2, 1 below it, one above
  std::vector<std::string> decoding = {"plain"};
  // Speculative decoding. Draft models are GGUFs; one for all, or of single models by their path.
  std::string draft;                          // empty = none
  std::map<std::string, std::string> drafts;  // empty value = none for this model
  int draft_tokens = 0;                       // guesses in one pass, at most; 0 = adaptive
  double min_probability = 0.4;               // the draft model stops before a token it gives less
  // How recurrent layers take back rejected tokens, an axis of hybrids only: auto (rollback if the
  // runner offers it, else off) | rollback | checkpoint | off.
  std::vector<std::string> recurrent = {"auto"};
  std::vector<std::string> placement;  // the first is the reference; empty = by topology
  std::vector<int> threads;            // the first is the reference; empty = one per core
  // Copies of the model that run at once, each with so many threads on cores of its own: numbers,
  // node (one for each) or l3 (one for each L3 cache); the first is the reference. Empty = by
  // topology: 1, and one for each node where there are several.
  std::vector<std::string> instances = {"1"};
  std::string kv = "f16";      // type of the KV cache: f32 | f16 | q8_0
  std::string suite;           // folder with items.jsonl and speed.jsonl
  int items = 0;               // graded items a cell, 0 = all of the suite
  int sessions = 3;            // worker processes each cell is measured in
  int max_sessions = 0;        // more of them while an interval is wide; 0 = no more
  double interval = 0.02;      // half-width of the speed ratio's that is narrow enough
  int trials = 3;              // timed repetitions of a cell in each session
  int max_tokens = 128;        // tokens a speed prompt generates
  int controls = 1;            // A/A copies of the baseline
  double flag_below = 0.10;    // fraction below the baseline that is flagged
  int divergence_windows = 8;  // of the suite's text that each cell predicts; 0 = none
  JudgeSpec judge;
  uint64_t seed = 1;                // order of the trials, sampling of items
  double load_timeout_s = 1800;     // from start of the worker to a loaded model
  double hang_timeout_s = 60;       // without a heartbeat or progress
  double request_timeout_s = 1800;  // one prompt
  double budget_s = 0;              // of the whole sweep; 0 = none
  std::string database = "moebench.sqlite";
};

constexpr int kMaxDraftTokens = 15;  // a pass of 16 tokens, the last measured size

// The draft model of one of the spec's models; empty = none.
std::string DraftOf(const SweepSpec& spec, const std::string& model_path);

const std::vector<std::string>& RecurrentModes();  // auto, rollback, checkpoint, off

// "1" to "4096", node or l3.
std::string ParseInstances(std::string_view text, const ScalarPlace& place);

// 0 for "auto", else 1 to kMaxDraftTokens.
int ParseDraftTokens(std::string_view text, const ScalarPlace& place);

// The names an axis may have; given by the caller, since this folder knows no machine and no
// runner.
struct KnownNames {
  std::vector<std::string> placements, decodings, runners;
};

// Throws Error{..., "file:line:col", hint, kConfig} on anything it doesn't understand: unknown or
// repeated keys, wrong types, values out of range, aliases, more than 1 MiB or 32 levels.
// Relative paths in the file are relative to the file's folder.
SweepSpec LoadSweepSpec(const std::filesystem::path& yaml_path, const KnownNames& known);
SweepSpec ParseSweepSpec(const std::string& yaml, const std::string& name,
                         const std::filesystem::path& folder, const KnownNames& known);

// All that decides which numbers come out (not the database, limits of time or budget), canonical.
nlohmann::json SpecToJson(const SweepSpec& spec);

}  // namespace moebench
