// From what the user asked for to the cells that will run: axes filled in, guards asked, cells
// gathered into groups that one worker process can serve without a reload. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/config/sweep_spec.h"
#include "harness/machine/placement.h"
#include "harness/sweep/guards.h"
#include "results/records.h"
#include "runners/runner.h"
#include "suites/suite.h"

namespace moebench {

struct PlannedModel {
  ModelFacts facts;
  std::string sha256;
  Abilities abilities;
  int context_tokens = 0;         // KV cache that the suite needs
  int window_tokens = 0;          // of the text whose tokens it predicts; 0 = none
  std::vector<CellRecord> cells;  // the baseline first; a guarded cell is kSkipped with its reason
};

// Cells of one model that share threads and placement: one load serves them all.
struct SessionGroup {
  size_t model = 0;  // index in SweepPlan::models
  PlacementPlan placement;
  std::string draft_path;        // loaded beside the model; empty = no cell needs it
  std::vector<size_t> cells;     // indices in the model's cells, without the anchor
  std::optional<size_t> anchor;  // the cell with k0 and plain decoding, run between the others
};

struct SweepPlan {
  SweepSpec spec;
  Suite suite;
  std::vector<Item> items;  // the graded items, the same for every cell
  std::string text;         // whose tokens every cell predicts; empty = none
  std::vector<PlannedModel> models;
  std::vector<SessionGroup> groups;

  int CellCount() const;
  int TrialCount() const;  // timed repetitions over all sessions, anchors included
};

struct ModelInput {
  ModelFacts facts;
  std::string sha256;
  Abilities abilities;  // of the runner that will load it, and of its draft model
};

// What the machine says when asked; functions, so that a test can be any machine.
struct PlanningMachine {
  std::vector<std::string>
      auto_policies;  // used when the user names none; the first is the reference
  std::function<PlacementPlan(const std::string& policy, int threads)> place;  // throws Error
  int64_t available_bytes = 0;  // memory a model may take; 0 = unknown
};

// k0, then 6, 4, 3, 2, 1 as far as they are below it, and one above: twice k0, at most N.
std::vector<int> DefaultExperts(int k0, int n_experts);

// Is any decoding asked for that guesses ahead?
bool Speculates(const SweepSpec& spec);

// Why the model must not be loaded with a context of so many tokens, or nothing; 0 bytes available
// means unknown.
std::optional<std::string> MemoryReason(const ModelFacts& facts, int context_tokens,
                                        int64_t available_bytes, KvType kv = KvType::kF16);

// Throws Error (kUsage) if no model can take an asked expert count.
SweepPlan PlanSweep(const SweepSpec& spec, const std::vector<ModelInput>& models,
                    const Suite& suite, const PlanningMachine& machine);

}  // namespace moebench
