#include "harness/sweep/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "harness/base/error.h"
#include "harness/machine/placement_name.h"

namespace moebench {
namespace {

// Tokens are never more than bytes; of long prose every vocabulary makes less than half as many.
constexpr size_t kLongBytes = 8192;
size_t MostTokens(const std::string& prompt) {
  return prompt.size() <= kLongBytes ? prompt.size() : prompt.size() / 2;
}

// Items that surely do not fit the context that each of the models was trained for are not asked,
// of none of them: all cells answer the same items.
std::vector<Item> FittingItems(const std::vector<Item>& items,
                               const std::vector<ModelInput>& models) {
  constexpr double kBytesPerToken = 3.5;  // prose has 4 and more
  std::vector<Item> fitting;
  for (const Item& item : items) {
    const double tokens =
        static_cast<double>(item.prompt.size()) / kBytesPerToken + item.max_tokens;
    const bool fits = std::all_of(models.begin(), models.end(), [&](const ModelInput& model) {
      return tokens <= model.facts.context_length;
    });
    if (fits || item.prompt.size() <= kLongBytes) fitting.push_back(item);
  }
  return fitting;
}

// A pass over guesses may reach beyond the last token that is asked for.
int ContextNeeded(const Suite& suite, const std::vector<Item>& items, const SweepSpec& spec,
                  const ModelFacts& facts) {
  constexpr size_t kChatFormatTokens = 128;
  size_t needed = 0;
  for (const SpeedPrompt& prompt : suite.speed) {
    needed = std::max(needed, MostTokens(prompt.prompt) + static_cast<size_t>(spec.max_tokens));
  }
  for (const Item& item : items) {
    needed = std::max(needed, MostTokens(item.prompt) + static_cast<size_t>(item.max_tokens));
  }
  if (Speculates(spec)) needed += kMaxDraftTokens;
  return static_cast<int>(
      std::min(needed + kChatFormatTokens, static_cast<size_t>(facts.context_length)));
}

std::vector<int> ExpertAxis(const SweepSpec& spec, const ModelFacts& facts) {
  if (facts.n_experts == 0) return {0};
  std::vector<int> axis =
      spec.experts.empty() ? DefaultExperts(facts.k0, facts.n_experts) : spec.experts;
  axis.push_back(facts.k0);  // the baseline is always measured
  std::sort(axis.rbegin(), axis.rend());
  axis.erase(std::unique(axis.begin(), axis.end()), axis.end());
  return axis;
}

void RequireUsableExperts(const SweepSpec& spec, const std::vector<ModelInput>& models) {
  for (const int k : spec.experts) {
    int largest = 0;
    for (const ModelInput& model : models) largest = std::max(largest, model.facts.n_experts);
    if (k > largest) {
      throw Error{fmt::format("k = {} is more than the {} experts there are", k, largest),
                  "experts", fmt::format("choose 1 to {}", largest), ExitCode::kUsage};
    }
  }
}

CellRecord MakeCell(const Cell& cell, const PlannedModel& model) {
  CellRecord record;
  record.cell = cell;
  record.cell_id = CellId(cell);
  if (cell.k > 0 && cell.k <= model.facts.n_experts) {
    record.bytes_per_token_predicted = static_cast<double>(model.facts.ActiveBytes(cell.k));
    record.max_speedup = model.facts.MaxSpeedup(cell.k);
  }
  if (const auto reason = GuardReason(cell, model.facts, model.abilities)) {
    record.status = Status::kSkipped;
    record.reason = *reason;
  }
  return record;
}

// The model and its draft model as one: both lie in memory, each with a KV cache.
ModelFacts WithDraft(const PlannedModel& model) {
  ModelFacts loaded = model.facts;
  if (const auto& draft = model.abilities.draft) {
    loaded.file_bytes += draft->file_bytes;
    loaded.kv_bytes_per_position += draft->kv_bytes_per_position;
  }
  return loaded;
}

// One group of a model is a (placement, instances, threads).
struct GroupWish {
  std::string policy, instances;
  int threads = 0;
  bool reference = false;
};

// Model, placement, instances, threads.
using GroupKey = std::tuple<size_t, std::string, int, int>;

// One copy on each node is the same group whichever of its names asks for it: replicate, or local
// with an instance for each node.
struct ByMeaning {
  bool operator()(const GroupKey& a, const GroupKey& b) const { return Meant(a) < Meant(b); }

 private:
  static GroupKey Meant(GroupKey key) {
    std::string& policy = std::get<1>(key);
    constexpr std::string_view kReplicate = "replicate";
    const bool named = policy.find(':') != std::string::npos;
    if (PolicyOf(policy) == kReplicate && !named) policy.replace(0, kReplicate.size(), "local");
    return key;
  }
};

// Fills in one group of a model: its cells and, if any may run, the group.
class GroupPlanner {
 public:
  GroupPlanner(const SweepSpec& spec, const PlanningMachine& machine, SweepPlan& plan)
      : spec_(spec), machine_(machine), plan_(plan) {}

  void Add(size_t model_index, const GroupWish& wish) {
    PlannedModel& model = plan_.models[model_index];
    SessionGroup group;
    group.model = model_index;
    group.policy = wish.policy;
    std::optional<std::string> reason;
    int instances = 1, threads = wish.threads;
    std::string content;
    try {
      if (machine_.placement_content) content = machine_.placement_content(wish.policy);
      instances = CountInstances(wish);
      Place(wish, instances, group);
      threads = static_cast<int>(group.placement.thread_cpus.size());
      reason = Shortage(model, group);
    } catch (const Error& error) {
      reason = error.what();
    }
    if (!known_.insert({model_index, wish.policy, instances, threads}).second) return;
    for (Cell cell : CellsOf(model, wish, instances, threads)) {
      cell.placement_content = content;
      CellRecord record = MakeCell(cell, model);
      if (reason && record.status == Status::kPlanned) {
        record.status = Status::kSkipped;
        record.reason = *reason;
      }
      if (record.status == Status::kPlanned) {
        const bool anchor =
            cell.k == model.facts.k0 && cell.decoding == "plain" && cell.control == 0;
        if (anchor) {
          group.anchor = model.cells.size();
        } else {
          group.cells.push_back(model.cells.size());
          if (!cell.guessing.draft_path.empty()) group.draft_path = cell.guessing.draft_path;
        }
      }
      model.cells.push_back(std::move(record));
    }
    if (group.anchor || !group.cells.empty()) plan_.groups.push_back(std::move(group));
  }

  // Not where the machine can't tell.
  bool WritesOneText(const GroupWish& wish) const {
    try {
      return CountInstances(wish) == 1;
    } catch (const Error&) {
      return false;
    }
  }

 private:
  int CountInstances(const GroupWish& wish) const {
    if (machine_.count_instances) return machine_.count_instances(wish.policy, wish.instances);
    return 1;
  }

  void Place(const GroupWish& wish, int instances, SessionGroup& group) const {
    if (instances == 1 && PolicyOf(wish.policy) != "replicate") {
      group.placement = machine_.place(wish.policy, wish.threads);
      return;
    }
    group.others = machine_.place_instances(wish.policy, instances, wish.threads);
    group.placement = group.others.front();
    group.others.erase(group.others.begin());
  }

  // Memory that lacks, of the whole machine or of one node.
  std::optional<std::string> Shortage(const PlannedModel& model, const SessionGroup& group) const {
    const ModelFacts loaded = WithDraft(model);
    const KvType kv = KvTypeOf(spec_.kv);
    const auto instances = static_cast<int>(InstancesOf(group));
    auto reason =
        MemoryReason(loaded, model.context_tokens, machine_.available_bytes, kv, instances);
    if (reason || !machine_.node_free) return reason;
    std::vector<PlacementPlan> plans = {group.placement};
    plans.insert(plans.end(), group.others.begin(), group.others.end());
    std::set<int> nodes;
    for (const PlacementPlan& plan : plans) {
      nodes.insert(plan.memory_nodes.begin(), plan.memory_nodes.end());
    }
    const std::string why =
        NodeMemoryReason(loaded, model.context_tokens, kv, plans,
                         machine_.node_free(std::vector<int>(nodes.begin(), nodes.end())));
    return why.empty() ? std::nullopt : std::optional(why);
  }

  std::vector<Cell> CellsOf(const PlannedModel& model, const GroupWish& wish, int instances,
                            int threads) const {
    const bool reference = wish.reference;
    Cell cell;
    cell.model_path = model.facts.path;
    cell.model_sha256 = model.sha256;
    cell.runner = spec_.runner;
    cell.placement = wish.policy;
    cell.threads = threads;
    cell.instances = instances;
    cell.kv = spec_.kv;
    std::vector<Cell> cells;
    cell.k = model.facts.k0;
    cell.baseline = reference;
    cells.push_back(cell);
    cell.baseline = false;
    for (int copy = 1; reference && copy <= spec_.controls; ++copy) {
      cell.control = copy;
      cells.push_back(cell);
    }
    cell.control = 0;
    for (const int k : ExpertAxis(spec_, model.facts)) {
      cell.k = k;
      cell.decoding = "plain";
      cell.guessing = {};
      // What is said of a speculative cell is said against plain decoding at the same k.
      const bool plain = Speculates(spec_) || Asked("plain");
      if (k != model.facts.k0 && plain) cells.push_back(cell);
      for (const std::string& decoding : spec_.decoding) {
        if (decoding == "plain") continue;
        cell.decoding = decoding;
        AddWaysBack(model, cell, cells);
      }
    }
    return cells;
  }

  bool Asked(const std::string& decoding) const {
    return std::find(spec_.decoding.begin(), spec_.decoding.end(), decoding) !=
           spec_.decoding.end();
  }

  // One cell for each way in which recurrent layers may take back guesses; one where there are
  // none.
  void AddWaysBack(const PlannedModel& model, Cell cell, std::vector<Cell>& cells) const {
    cell.guessing = {.draft_tokens = spec_.draft_tokens};
    if (cell.decoding.starts_with("draft")) {
      cell.guessing.min_probability = spec_.min_probability;
      if (const auto& draft = model.abilities.draft) {
        cell.guessing.draft_path = draft->path;
        cell.guessing.draft_sha256 = draft->sha256;
      }
    }
    std::set<std::string> planned;
    for (const std::string& asked : spec_.recurrent) {
      cell.guessing.recurrent = RecurrentSetting(model.facts, model.abilities, asked);
      if (planned.insert(cell.guessing.recurrent).second) cells.push_back(cell);
    }
  }

  const SweepSpec& spec_;
  const PlanningMachine& machine_;
  SweepPlan& plan_;
  std::set<GroupKey, ByMeaning> known_;  // two words of the axis may mean the same here
};

}  // namespace

std::vector<int> DefaultExperts(int k0, int n_experts) {
  std::vector<int> experts = {k0};
  for (const int k : {6, 4, 3, 2, 1}) {
    if (k < k0) experts.push_back(k);
  }
  const int above = std::min(2 * k0, n_experts);
  if (above > k0) experts.push_back(above);
  return experts;
}

bool Speculates(const SweepSpec& spec) {
  return std::any_of(spec.decoding.begin(), spec.decoding.end(),
                     [](const std::string& decoding) { return decoding != "plain"; });
}

size_t InstancesOf(const SessionGroup& group) { return 1 + group.others.size(); }

std::vector<int> CpusOf(const SessionGroup& group) {
  std::vector<int> cpus = group.placement.thread_cpus;
  for (const PlacementPlan& plan : group.others) {
    cpus.insert(cpus.end(), plan.thread_cpus.begin(), plan.thread_cpus.end());
  }
  return cpus;
}

int SweepPlan::CellCount() const {
  size_t count = 0;
  for (const PlannedModel& model : models) count += model.cells.size();
  return static_cast<int>(count);
}

int SweepPlan::TrialCount() const {
  int count = 0;
  for (const SessionGroup& group : groups) {
    const int cells = static_cast<int>(group.cells.size());
    const int anchors = group.anchor ? 1 + (cells + 1) / 2 : 0;
    count += spec.sessions * spec.trials * (cells + anchors);
  }
  return count;
}

SweepPlan PlanSweep(const SweepSpec& spec, const std::vector<ModelInput>& models,
                    const Suite& suite, const PlanningMachine& machine) {
  RequireUsableExperts(spec, models);
  SweepPlan plan;
  plan.spec = spec;
  plan.suite = suite;
  plan.items = ChooseItems(FittingItems(suite.items, models), spec.items, spec.seed);
  const std::vector<std::string> policies = ExpandAuto(spec.placement, machine.auto_policies);
  const std::vector<int> threads = spec.threads.empty() ? std::vector<int>{0} : spec.threads;
  const std::vector<std::string>& instances =
      spec.instances.empty() ? machine.auto_instances : spec.instances;
  GroupPlanner groups(spec, machine, plan);
  for (const ModelInput& input : models) {
    PlannedModel model;
    model.facts = input.facts;
    model.sha256 = input.sha256;
    model.abilities = input.abilities;
    model.context_tokens = ContextNeeded(suite, plan.items, spec, input.facts);
    plan.models.push_back(std::move(model));
    std::vector<GroupWish> wishes;
    for (const std::string& policy : policies) {
      for (const std::string& many : instances) {
        for (const int count : threads) wishes.push_back({policy, many, count});
      }
    }
    // The reference is the first of all that write one text: of the others there may be none.
    const auto one = std::find_if(wishes.begin(), wishes.end(), [&](const GroupWish& wish) {
      return groups.WritesOneText(wish);
    });
    if (one != wishes.end()) std::rotate(wishes.begin(), one, one + 1);
    for (GroupWish& wish : wishes) {
      wish.reference = &wish == &wishes.front();
      groups.Add(plan.models.size() - 1, wish);
    }
  }
  return plan;
}

}  // namespace moebench
