#include "results/report_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/stats/verdict.h"
#include "results/report_escape.h"
#include "results/report_figures.h"
#include "results/shallow_json.h"

namespace moebench {
namespace {

// "2026-11-22T01:00:00Z" -> "2026-11-22 01:00"; anything else as it is.
std::string ShortStamp(const std::string& stamp) {
  if (stamp.size() != 20 || stamp[10] != 'T' || stamp[19] != 'Z') return stamp;
  return stamp.substr(0, 10) + ' ' + stamp.substr(11, 5);
}

std::string TextFact(const std::string& json, const char* key) {
  const nlohmann::json object = ParsedJson(json);
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string PlainText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AddFacts(const std::string& prefix, const nlohmann::json& value, std::vector<Fact>& facts) {
  if (value.is_string() && value.get_ref<const std::string&>().empty()) return;
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, inner] : value.items()) {
      AddFacts(prefix.empty() ? key : prefix + '.' + key, inner, facts);
    }
  } else if (value.is_array() && std::any_of(value.begin(), value.end(),
                                             [](const auto& v) { return v.is_structured(); })) {
    for (size_t i = 0; i < value.size(); ++i) {
      AddFacts(fmt::format("{}[{}]", prefix, i), value[i], facts);
    }
  } else if (value.is_array()) {
    std::vector<std::string> items;
    for (const auto& v : value) items.push_back(PlainText(v));
    facts.emplace_back(prefix, fmt::format("{}", fmt::join(items, ", ")));
  } else {
    facts.emplace_back(prefix, PlainText(value));
  }
}

const CellView* CellOf(const ModelView& model, const std::string& id) {
  if (id.empty()) return nullptr;
  const auto it = std::find_if(model.cells.begin(), model.cells.end(),
                               [&](const CellView& c) { return c.record.cell_id == id; });
  return it == model.cells.end() ? nullptr : &*it;
}

}  // namespace

const CellView* BaselineOf(const ModelView& model) {
  const auto it = std::find_if(model.cells.begin(), model.cells.end(), [](const CellView& c) {
    return c.record.cell.baseline && c.record.cell.control == 0;
  });
  return it == model.cells.end() ? nullptr : &*it;
}

const CellView* RecommendedOf(const ModelView& model) {
  return CellOf(model, model.recommendation.cell_id);
}

const CellView* MostTokensOf(const ModelView& model) {
  return CellOf(model, model.throughput.choice.cell_id);
}

std::vector<Fact> DeployFacts(const Recommendation& choice) {
  std::vector<Fact> facts;
  if (!choice.deploy_native.empty()) facts.emplace_back("moebench", choice.deploy_native);
  if (!choice.deploy_llamacpp.empty()) facts.emplace_back("llama-server", choice.deploy_llamacpp);
  if (!choice.deploy_llama_cli.empty()) facts.emplace_back("llama-cli", choice.deploy_llama_cli);
  return facts;
}

std::string ChatFormatOf(const ModelView& model) {
  return TextFact(model.record.facts_json, "chat_format");
}

std::string ChatFormatInWords(const ModelView& model) {
  const std::string format = ChatFormatOf(model);
  if (format == "none") return "none that we know: prompts are completed as they stand";
  const std::string thinking = TextFact(model.record.facts_json, "thinking");
  return format.empty() || thinking.empty() ? format : format + ", thinking: " + thinking;
}

std::string Counted(int n, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string SettingInWords(const CellView& view) {
  const Cell& cell = view.record.cell;
  const std::string& recurrent = cell.guessing.recurrent;
  return fmt::format(
      "{}{}, {} decoding{}, {} placement, {}{}{}", RoutingName(cell), cell.k > 0 ? " experts" : "",
      cell.decoding, recurrent.empty() ? "" : " with " + recurrent, cell.placement,
      cell.instances > 1 ? fmt::format("{} instances of ", cell.instances) : "",
      Counted(cell.threads, "thread", "threads"), HasUsualKv(cell) ? "" : ", KV cache " + cell.kv);
}

std::string VerdictWord(const CellView& cell) {
  if (!cell.verdict.empty()) return cell.verdict;
  return cell.status.substr(0, cell.status.find('('));
}

std::string DetectableInWords(const CellView& cell) {
  std::vector<std::string> parts;
  if (cell.speed_ratio.n > 1 && !cell.record.cell.baseline && cell.min_detectable < 1) {
    parts.push_back(fmt::format("{:.1f} % of speed", 100 * cell.min_detectable));
  }
  if (cell.quality.n > 1 && !cell.record.cell.baseline && cell.quality.min_detectable < 1) {
    parts.push_back(fmt::format("{:.1f} % of quality", 100 * cell.quality.min_detectable));
  }
  if (parts.empty()) return "";
  return fmt::format("smallest loss it could show: {}", fmt::join(parts, ", "));
}

std::string LeftOutInWords(const CellView& cell) {
  if (cell.unstable_trials == 0 || !cell.stable) return "";
  return fmt::format("{} of {} disturbed and left out", cell.unstable_trials,
                     Counted(cell.trials, "trial", "trials"));
}

std::string PastInWords(const CellView& cell) {
  const HistoryView& h = cell.history;
  if (h.nights == 0) return "";
  std::string text = fmt::format("against its last {}: {}", Counted(h.nights, "night", "nights"),
                                 PercentText(h.ratio.median - 1, h.ratio.lo - 1, h.ratio.hi - 1));
  if (h.quality_sweep > 0) {
    const bool same = h.quality.relative == 0 && h.quality.p_mcnemar >= 1;
    const std::string change = PercentText(h.quality.relative, h.quality.lo, h.quality.hi);
    text +=
        fmt::format(", quality {} sweep {}", same ? "as in" : change + " since", h.quality_sweep);
  }
  if (h.pinned_sweep > 0) {
    text += fmt::format(", against pinned sweep {}: {}", h.pinned_sweep,
                        PercentText(h.pinned_ratio - 1));
  }
  if (!h.drift.empty()) text += ", drift " + h.drift;
  return text;
}

std::string AaRecordInWords(const AaRecord& record) {
  if (record.cells == 0) return "";
  return fmt::format("{} so far in this database, {} flagged, {} called improved",
                     Counted(record.cells, "A/A control cell", "A/A control cells"), record.flagged,
                     record.improved);
}

std::vector<std::string> VerdictReasons(const CellView& cell) {
  if (!cell.verdict.empty()) {
    std::vector<std::string> reasons = cell.reasons;
    for (const std::string& more :
         {DetectableInWords(cell), LeftOutInWords(cell), PastInWords(cell)}) {
      if (!more.empty()) reasons.push_back(more);
    }
    return reasons;
  }
  const size_t open = cell.status.find('(');
  if (open == std::string::npos || !cell.status.ends_with(')')) return {};
  return {cell.status.substr(open + 1, cell.status.size() - open - 2)};
}

std::string SpeedAgainst(const CellView* baseline, const CellView& cell) {
  return &cell == baseline ? "baseline" : Factor(cell.speed_ratio);
}

bool HasScoreChange(const CellView* baseline, const CellView& cell) {
  const QualityView& q = cell.quality;
  return baseline != nullptr && baseline->quality.n > 0 && q.n > 0 && std::isfinite(q.relative) &&
         std::isfinite(q.lo) && std::isfinite(q.hi);
}

std::string ScoreAgainst(const CellView* baseline, const CellView& cell) {
  if (!HasScoreChange(baseline, cell)) return kNotMeasured;
  const QualityView& q = cell.quality;
  return &cell == baseline ? "baseline" : Change(q.relative, q.lo, q.hi);
}

std::string OutcomesInWords(const QualityView& q) {
  if (q.n <= 0) return kNotMeasured;
  std::vector<std::string> parts;
  const auto add = [&](int n, const char* word) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, word));
  };
  add(q.right, "right");
  add(q.wrong, "wrong");
  add(q.cut_off, "cut off");
  add(q.empty, "empty");
  add(q.loop, "loop");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string BandwidthShare(const CellView& cell) {
  if (cell.bound.empty()) return kNotMeasured;
  return fmt::format("{} of {}", Percent(cell.bandwidth_fraction), cell.bound);
}

std::string SpeedInWords(const CellView& cell, const Interval& speed) {
  if (cell.stable || speed.n == 0) return Measured(speed);
  return fmt::format("disturbed: {}, {} to {}, n={}", Figure(speed.median), Figure(speed.lo),
                     Figure(speed.hi), speed.n);
}

std::string EnergyInWords(const CellView& cell) {
  if (cell.joules_per_token) return Figure(*cell.joules_per_token);
  return cell.no_energy.empty() ? kNotMeasured : "unavailable(" + cell.no_energy + ")";
}

std::string TallyInWords(const SweepView& view, const std::string& flagged) {
  std::vector<std::string> parts = {flagged};
  const auto add = [&](int n, const char* word) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, word));
  };
  add(view.improved, "improved");
  add(view.inconclusive, "inconclusive");
  add(view.failed, "failed");
  add(view.invalid, "invalid");
  add(view.skipped, "skipped");
  add(view.planned, "not run");
  add(view.unstable, "unstable");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string TallyInWords(const SweepView& view) {
  return TallyInWords(
      view, view.flagged > 0 ? fmt::format("{} flagged", view.flagged) : "nothing flagged");
}

std::string ProgressInWords(const SweepView& view) {
  const SweepRecord& sweep = view.sweep;
  if (!sweep.finished.empty()) {
    const bool same_day = ShortStamp(sweep.started).substr(0, 10) == sweep.finished.substr(0, 10);
    const std::string end = ShortStamp(sweep.finished);
    return fmt::format("{} to {} UTC", ShortStamp(sweep.started),
                       same_day && end.size() == 16 ? end.substr(11) : end);
  }
  return fmt::format("started {} UTC, not finished: {} not run yet", ShortStamp(sweep.started),
                     Counted(view.planned, "cell", "cells"));
}

std::string ChangesInWords(const NightChanges& changes) {
  if (changes.sweep_id == 0) return "No sweep of these models came before in this database.";
  std::string text =
      fmt::format("Since sweep {} of {}: ", changes.sweep_id, ShortStamp(changes.started));
  if (changes.facts.empty()) return text + "nothing that is recorded changed.";
  const auto count = static_cast<int>(changes.facts.size());
  text += Counted(count, "thing changed", "things changed");
  if (!changes.same_machine) text += "; the machine is not in the same state";
  if (!changes.same_workload) text += "; suite or tokens are others";
  return text + '.';
}

std::vector<Trouble> TroublesOf(const ModelView& model) {
  std::vector<Trouble> troubles;
  std::map<std::string, size_t> index;
  for (const CellView& cell : model.cells) {
    if (cell.record.status == Status::kOk) continue;
    const auto [it, is_new] = index.emplace(cell.status, troubles.size());
    if (is_new) {
      const bool planned = cell.status == "planned";
      troubles.push_back({planned ? "not run, or not finished" : cell.status, {}});
    }
    troubles[it->second].labels.push_back(cell.label);
  }
  return troubles;
}

std::vector<Fact> FactsOfJson(const std::string& json) {
  std::vector<Fact> facts;
  if (json.empty()) return facts;
  const nlohmann::json value = ParsedJson(json);
  if (value.is_discarded()) {
    facts.emplace_back("record", json);
  } else {
    AddFacts(value.is_object() ? "" : "record", value, facts);
  }
  return facts;
}

std::vector<Fact> MachineFacts(const std::string& json) {
  const nlohmann::json machine = ParsedJson(json);
  if (!machine.is_object() || !machine.contains("items") || !machine["items"].is_object()) {
    return FactsOfJson(json);
  }
  std::vector<Fact> known, unknown;
  for (const auto& [name, item] : machine["items"].items()) {
    if (item.is_object() && item.contains("value")) {
      AddFacts(name, item["value"], known);
    } else if (item.is_object() && item.contains("unavailable")) {
      unknown.emplace_back(name, "not known: " + PlainText(item["unavailable"]));
    } else {
      AddFacts(name, item, known);
    }
  }
  known.insert(known.end(), unknown.begin(), unknown.end());
  return known;
}

std::string MachineInWords(const std::string& json) {
  const nlohmann::json machine = ParsedJson(json);
  std::vector<std::string> parts;
  if (machine.is_object() && machine.contains("items") && machine["items"].is_object()) {
    const auto value = [&](const char* name) {
      const nlohmann::json& items = machine["items"];
      const auto item = items.find(name);
      if (item == items.end() || !item->is_object() || !item->contains("value"))
        return std::string();
      return PlainText((*item)["value"]);
    };
    const auto add = [&](const std::string& before, const char* name, const std::string& after) {
      const std::string text = value(name);
      if (!text.empty()) parts.push_back(before + text + after);
    };
    add("", "cpu.model", "");
    add("", "topology.cores", value("topology.cores") == "1" ? " core" : " cores");
    add("", "topology.nodes", value("topology.nodes") == "1" ? " NUMA node" : " NUMA nodes");
    add("memory ", "memory.total", "");
    add("governor ", "cpu.governor", "");
    if (value("cpu.hypervisor") == "yes") parts.push_back("virtual machine");
  } else if (machine.is_object()) {
    for (const auto& [key, value] : machine.items()) {
      if (value.is_string() || value.is_number()) parts.push_back(key + " " + PlainText(value));
    }
  }
  return Shortened(VisibleLine(fmt::format("{}", fmt::join(parts, ", "))), 230);
}

std::vector<Fact> LastingMachineFacts(const std::string& json) {
  const nlohmann::json machine = ParsedJson(json);
  if (!machine.is_object() || !machine.contains("items") || !machine["items"].is_object()) {
    return FactsOfJson(json);
  }
  std::vector<Fact> facts;
  for (const auto& [name, item] : machine["items"].items()) {
    if (!item.is_object() || item.value("kind", nlohmann::json()) != "F") continue;
    const auto value = item.find("value");
    facts.emplace_back(name, value == item.end() ? "not known" : PlainText(*value));
  }
  return facts;
}

}  // namespace moebench
