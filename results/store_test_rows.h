// Rows for the store's tests, with everything hostile that a model, a path or a machine may hand
// us.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "results/store.h"

namespace moebench::testing_rows {

// A folder of the test's own, gone afterwards.
class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) /
            ("store_" + std::string(test->name()) + std::to_string(getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// NUL, bytes that are no UTF-8, terminal escapes, SQL, newlines.
inline constexpr char kHostileBytes[] =
    "a\0b\xff\xfe\x1b[31m'; DROP TABLE sweep; --\n\"\xe2\x80\xae";
inline const std::string kHostile(kHostileBytes, sizeof kHostileBytes - 1);

inline SweepRecord SomeSweep() {
  return {.started = "2026-11-22T01:00:00Z",
          .version = "0.1.0",
          .config_json = "{\"x\":\"" + kHostile + "\"}",
          .config_hash = "0123456789abcdef",
          .machine_json = "{}",
          .machine_hash = "fedcba9876543210",
          .seed = 0xffff'ffff'ffff'fff0ULL};
}

inline CellRecord SomeCell(int k, bool baseline = false) {
  CellRecord record;
  record.cell = {.model_path = "m'" + kHostile,
                 .model_sha256 = std::string(64, 'a'),
                 .k = k,
                 .placement = "interleave",
                 .threads = 2,
                 .kv = "q8_0",
                 .baseline = baseline};
  record.cell_id = CellId(record.cell);
  record.bytes_per_token_predicted = 1e6;
  record.max_speedup = 1.25;
  return record;
}

inline SessionRecord SomeSession() {
  return {.model_sha256 = std::string(64, 'a'),
          .index = 1,
          .started = "2026-11-22T01:00:01Z",
          .placement = "interleave",
          .isa = "avx512_vnni",
          .engine_version = kHostile,
          .threads = 2,
          .load_s = 0.25,
          .asked_json = "{}",
          .proof_json = "{\"pages\":1}",
          .read_bandwidth_gbps = 12.5,
          .cache_bandwidth_gbps = 100.25,
          .cache_bytes = 32 << 20};
}

inline TrialRecord SomeTrial(const std::string& cell_id, int64_t session_id, int order) {
  return {.cell_id = cell_id,
          .session_id = session_id,
          .round = order / 2,
          .order = order,
          .prompts = 2,
          .prompt_tokens = 100,
          .generated_tokens = 40,
          .prefill_ms = 12.5,
          .decode_ms = 100.125,
          .ttft_ms = 6.25,
          .inter_token_ms = {2.5f, 1e-30f, 3.0000001f},
          .k_executed_min = 4,
          .k_executed_max = 4,
          .experts_touched = 77,
          .bytes_per_token = 123456.5,
          .logits_hash = 0x8000'0000'0000'0001ULL,
          .drafted = 10,
          .accepted = std::nullopt,
          .machine_delta_json = "{\"steal\":0}",
          .unstable = kHostile};
}

inline RoutingRecord SomeRouting(int64_t session_id, const std::string& experts) {
  return {.model_sha256 = std::string(64, 'a'),
          .session_id = session_id,
          .k = 2,
          .text_hash = "0123456789abcdef",
          .n_experts = 700,
          .n_layers = 1,
          .n_tokens = static_cast<int>(experts.size() / 6),
          .experts = experts};
}

inline AnswerRecord SomeAnswer(const std::string& cell_id, int64_t session_id,
                               const std::string& item_id) {
  return {.cell_id = cell_id,
          .session_id = session_id,
          .item_id = item_id,
          .item_hash = "00ff",
          .category = "add",
          .prompt = "2+2=" + kHostile,
          .answer = kHostile,
          .finish = "length",
          .prompt_tokens = 5,
          .generated_tokens = 6,
          .score = 0.5,
          .outcome = "cut_off",
          .detail = ""};
}

}  // namespace moebench::testing_rows
