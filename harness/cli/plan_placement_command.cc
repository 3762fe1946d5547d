// moebench plan-placement: what may be placed where on a machine, and what a recorded routing trace
// says each policy would read from the busiest node.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/base/files.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/read_sweep.h"
#include "harness/cli/recorded_routing.h"
#include "harness/cli/report_forecast.h"
#include "harness/machine/instance_plan.h"
#include "harness/machine/placement_plan.h"
#include "harness/machine/proc_text.h"
#include "results/report_escape.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/routing/simulate.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

struct Options {
  std::string topology, model, batches = "1", placements = "auto", instances = "1", database, sweep;
  std::vector<std::string> traces;
  bool json = false;
};

struct Forecast {
  std::string trace;
  double k;  // experts of one token in one layer, on average
  ForecastShape shape;
  std::vector<PolicyForecast> policies;
};

// What runs at once under one name: a plan for each instance.
struct Placed {
  std::string name;
  std::vector<PlacementPlan> instances;
};

// Of every placement and number of instances that is another one.
std::vector<Placed> PlansFor(const Options& options, const Topology& topology) {
  const std::vector<std::string> names =
      ExpandAuto(PlacementList(options.placements, "--placement"), AutoPolicies(topology));
  std::vector<Placed> all;
  std::set<std::pair<std::string, int>> known;
  std::vector<std::string> counts = InstanceList(options.instances, "--instances");
  if (counts.empty()) counts = {"1", "node"};
  for (const std::string& name : names) {
    for (const std::string& count : counts) {
      const int n = InstanceCount(topology, name, count);
      if (!known.insert({name, n}).second) continue;
      all.push_back({name, PlanInstances(topology, name, n, 0)});
    }
  }
  return all;
}

// Nodes that compute and hold memory: those that the reference placement uses.
int NodesOf(const Topology& topology) {
  return static_cast<int>(
      PlanPlacement(topology, AutoPolicies(topology).front(), 0).memory_nodes.size());
}

ModelBytes BytesOf(const std::string& model, const RoutingTrace& trace) {
  if (model.empty()) return {};
  const ModelFacts facts = ReadModelFacts(GgufFile::Open(model), KvType::kF16);
  if (facts.n_experts != trace.n_experts || facts.n_moe_layers != trace.n_layers) {
    throw Error{fmt::format("has {} experts in {} layers, the trace {} in {}", facts.n_experts,
                            facts.n_moe_layers, trace.n_experts, trace.n_layers),
                model, "name the model that the trace is of", ExitCode::kUsage};
  }
  return {.expert = static_cast<double>(facts.expert_bytes),
          .dense = static_cast<double>(facts.dense_bytes_per_token)};
}

void AddTrace(const std::string& name, const RoutingTrace& trace, const ModelBytes& bytes,
              const Options& options, const Topology& topology, std::vector<Forecast>& forecasts) {
  const double k = static_cast<double>(trace.ids.size()) / trace.n_tokens() / trace.n_layers;
  for (const int batch : IntegerList(options.batches, "--batch", 1, 1 << 20)) {
    const ForecastShape shape{.n_nodes = NodesOf(topology), .batch = batch};
    forecasts.push_back({name, k, shape, ForecastPolicies(trace, shape, bytes)});
  }
}

bool OfASweep(const Options& options) {
  return !options.database.empty() || !options.sweep.empty();
}

std::vector<Forecast> ForecastsFor(const Options& options, const Topology& topology) {
  std::vector<Forecast> forecasts;
  for (const std::string& path : options.traces) {
    const RoutingTrace trace = ParseRoutingTrace(ReadFile(path, kMostTraceBytes), path);
    AddTrace(path, trace, BytesOf(options.model, trace), options, topology, forecasts);
  }
  if (!OfASweep(options)) return forecasts;
  const SweepRows rows =
      ReadSweepRows(options.database, options.sweep.empty() ? "latest" : options.sweep);
  const RoutingRecord& record = ChooseRouting(rows, options.model);
  for (const ModelRecord& model : rows.models) {
    if (model.sha256 != record.model_sha256) continue;
    AddTrace(fmt::format("sweep {}, {}", rows.sweep.id, model.path), TraceOf(record),
             BytesIn(model.facts_json), options, topology, forecasts);
    break;
  }
  return forecasts;
}

void PrintPlans(const std::vector<Placed>& all) {
  fmt::print("  {:<28} {:>9} {:>8}  {:<24} {}\n", "placement", "instances", "threads", "cpus",
             "memory nodes");
  for (const Placed& placed : all) {
    std::string name = placed.name, count = std::to_string(placed.instances.size());
    for (const PlacementPlan& plan : placed.instances) {
      std::vector<int> cpus = plan.thread_cpus;
      std::sort(cpus.begin(), cpus.end());
      fmt::print("  {:<28} {:>9} {:>8}  {:<24} {}\n", std::exchange(name, ""),
                 std::exchange(count, ""), plan.thread_cpus.size(), FormatList(cpus),
                 FormatList(plan.memory_nodes));
    }
  }
}

void PrintForecast(const Forecast& forecast, bool with_bytes) {
  const ForecastShape& shape = forecast.shape;
  fmt::print("\n  {}: k = {:.4g}, {} nodes, {} per step\n", VisibleText(forecast.trace), forecast.k,
             shape.n_nodes, shape.batch == 1 ? "1 token" : fmt::format("{} tokens", shape.batch));
  fmt::print("  {:<36} {:>18} {:>12} {:>11} {:>8}\n", "policy",
             with_bytes ? "busiest node MB/tok" : "busiest experts/tok", "experts/layer",
             "efficiency", "remote");
  for (const PolicyForecast& p : forecast.policies) {
    fmt::print("  {:<36} {:>18.2f} {:>12.2f} {:>9.0f} % {:>6.0f} %\n", p.policy,
               with_bytes ? p.busiest_bytes / 1e6 : p.busiest_bytes, p.experts_on_one,
               100 * p.efficiency, 100 * p.remote_share);
  }
  if (shape.n_nodes > 1) {
    fmt::print("  replicate: all copies together, each with a text of its own\n");
  }
}

Json ToJson(const std::vector<Placed>& all, const std::vector<Forecast>& forecasts) {
  Json json = {{"schema", "moebench.plan-placement/1"},
               {"placements", Json::array()},
               {"forecasts", Json::array()}};
  for (const Placed& placed : all) {
    for (size_t i = 0; i < placed.instances.size(); ++i) {
      const PlacementPlan& plan = placed.instances[i];
      json["placements"].push_back({{"asked", placed.name},
                                    {"instances", placed.instances.size()},
                                    {"instance", i},
                                    {"placement", plan.policy},
                                    {"thread_cpus", plan.thread_cpus},
                                    {"memory_nodes", plan.memory_nodes},
                                    {"thread_nodes", plan.thread_nodes}});
    }
  }
  for (const Forecast& forecast : forecasts) {
    Json policies = Json::array();
    for (const PolicyForecast& p : forecast.policies) {
      policies.push_back({{"policy", p.policy},
                          {"busiest_bytes_per_token", p.busiest_bytes},
                          {"experts_on_one_node", p.experts_on_one},
                          {"efficiency", p.efficiency},
                          {"remote_share", p.remote_share}});
    }
    json["forecasts"].push_back({{"trace", forecast.trace},
                                 {"k", forecast.k},
                                 {"nodes", forecast.shape.n_nodes},
                                 {"batch", forecast.shape.batch},
                                 {"policies", policies}});
  }
  return json;
}

void PlanPlacements(const Options& options) {
  if (OfASweep(options) && !options.traces.empty()) {
    throw Error{"is of files, --db and --sweep of what a sweep recorded", "--trace",
                "name one of them", ExitCode::kUsage};
  }
  if (!OfASweep(options) && options.traces.empty() && !options.model.empty()) {
    throw Error{"the bytes of a model are of use only with a trace", "-m",
                "add --trace FILE, or --db FILE of a sweep", ExitCode::kUsage};
  }
  const Topology topology =
      ReadTopology(options.topology.empty() ? ThisMachine() : XmlFile(options.topology));
  const std::vector<Placed> plans = PlansFor(options, topology);
  const std::vector<Forecast> forecasts = ForecastsFor(options, topology);
  if (options.json) {
    fmt::print("{}\n", ToJson(plans, forecasts).dump(2));
    return;
  }
  const size_t nodes = topology.nodes.size();
  fmt::print("{}: {} node{}, {} cores\n\n", VisibleText(topology.source), nodes,
             nodes == 1 ? "" : "s", topology.cores.size());
  PrintPlans(plans);
  for (const Forecast& forecast : forecasts) {
    PrintForecast(forecast, OfASweep(options) || !options.model.empty());
  }
}

}  // namespace

void AddPlanPlacementCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "plan-placement", "Where threads and memory would go; what a routing trace says of it");
  command->add_option("--topology", options->topology, "File of lstopo FILE.xml [this machine]");
  command->add_option("--placement", options->placements, "Placements to plan; auto: by topology")
      ->capture_default_str();
  command
      ->add_option("--instances", options->instances,
                   "Copies of the model at once, e.g. 1,2,node,l3: a line for each of them")
      ->capture_default_str();
  command->add_option("--trace", options->traces,
                      "Routing trace (moebench trace-routing): a forecast for every policy");
  command->add_option("--db", options->database,
                      "Database: the trace and the model's bytes that a sweep recorded");
  command->add_option("--sweep", options->sweep, "Number of that sweep [latest]");
  command->add_option("-m,--model", options->model,
                      "The trace's model: bytes, not experts; of a sweep with several, which one");
  command->add_option("--batch", options->batches, "Tokens in one step, e.g. 1,4,16")
      ->capture_default_str();
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options] { PlanPlacements(*options); });
}

}  // namespace moebench
