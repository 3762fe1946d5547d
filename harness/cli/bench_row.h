// What `moebench bench` is asked for and what it has found: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runners/runner.h"

namespace moebench {

struct BenchSpec {
  std::vector<std::string> models;
  std::vector<int> prompts, generations;   // tokens; 0 = no such test
  std::vector<std::pair<int, int>> pairs;  // prompt, generation: one time for both
  std::vector<int> depths, batches, micro_batches;
  std::vector<int> experts;  // k; 0 = the model's own
  std::vector<int> threads;  // 0 = one per core
  std::vector<std::string> placements;
  std::vector<KvType> cache_types = {KvType::kF16};
  int repetitions = 5;
  bool warm_up = true;
  double delay_s = 0;  // before each load
  std::string text;    // what is fed, begun at a place that the seed chose
  uint64_t seed = 1;
  std::string runner = "native", fake_script;
};

// One test of one setting.
struct BenchTest {
  int prompt_tokens = 0, generated_tokens = 0, depth = 0;
  int batch = 2048, micro_batch = 512;
  int k = 0;  // 0 until the model is known, if its own was asked for

  // As llama-bench names it: "pp512", "tg128", "pp512+tg128", each with " @ d4096" at a depth.
  std::string Name() const;
};

struct BenchRow {
  BenchTest test;
  std::string model_path, placement;
  int threads = 0;
  ModelFacts facts;       // path empty if the file could not even be inspected
  std::string test_time;  // RFC 3339, UTC
  std::string cpu_model;
  std::string cache_type = "f16";  // of keys and values
  std::vector<int64_t> samples_ns;
  double bytes_per_token = 0;         // of generated tokens; 0 = none or unknown
  double unique_experts = 0;          // distinct (layer, expert) pairs a repetition, mean
  double bandwidth_gbps = 0;          // that these cores can read; 0 = not measured
  std::string status = "ok", reason;  // ok | failed | invalid
  std::string disturbed;              // why the machine was not quiet meanwhile; empty if it was

  std::vector<double> SamplesTs() const;  // tokens/s
  // GB/s that generating read; 0 where the bytes are not known.
  double ReadGbps() const;
  // tokens/s of all layers of the model that a synthetic file imitates; 0 where it has them all.
  double ExtrapolatedTs() const;
};

}  // namespace moebench
