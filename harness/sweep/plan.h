// From what the user asked for to the cells that will run: axes filled in, guards asked, cells
// gathered into groups that one worker process can serve without a reload. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/config/sweep_spec.h"
#include "harness/machine/placement.h"
#include "harness/sweep/guards.h"
#include "harness/sweep/memory_room.h"
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

// Cells of one model that share threads, placement and instances: one load serves them all.
struct SessionGroup {
  size_t model = 0;                   // index in SweepPlan::models
  std::string policy;                 // as the cells name their placement
  PlacementPlan placement;            // of the first instance
  std::vector<PlacementPlan> others;  // of those that run beside it, on cores of their own
  std::string draft_path;             // loaded beside the model; empty = no cell needs it
  std::vector<size_t> cells;          // indices in the model's cells, without the anchor
  std::optional<size_t> anchor;       // the cell with k0 and plain decoding, run between the others
};

size_t InstancesOf(const SessionGroup& group);
std::vector<int> CpusOf(const SessionGroup& group);  // of all instances

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
  // Of several at once (harness/machine/instance_plan.h): how many a word of the axis means, and
  // where each of them goes. Both throw Error; empty where only single instances are planned.
  std::function<int(const std::string& policy, const std::string& instances)> count_instances;
  std::function<std::vector<PlacementPlan>(const std::string& policy, int instances, int threads)>
      place_instances;
  // The first 12 hex digits of the SHA-256 of the file that a placement's name names; empty if it
  // names none. Throws Error if it can't be read. Not set: no placement names any.
  std::function<std::string(const std::string& policy)> placement_content;
  std::vector<std::string> auto_instances = {"1"};  // where the user leaves it to the topology
  int64_t available_bytes = 0;                      // memory models may take; 0 = unknown
  // What each of these nodes can give; empty = nobody says.
  std::function<std::map<int, int64_t>(const std::vector<int>& nodes)> node_free;
};

// k0, then 6, 4, 3, 2, 1 as far as they are below it, and one above: twice k0, at most N.
std::vector<int> DefaultExperts(int k0, int n_experts);

// Is any decoding asked for that guesses ahead?
bool Speculates(const SweepSpec& spec);

// Throws Error (kUsage) if no model can take an asked expert count.
SweepPlan PlanSweep(const SweepSpec& spec, const std::vector<ModelInput>& models,
                    const Suite& suite, const PlanningMachine& machine);

}  // namespace moebench
