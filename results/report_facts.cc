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

namespace moebench {
namespace {

std::string Counted(int n, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

// What may be said of a quality interval: a loss that is not shown is not a loss that is excluded
// (easy items hide what fewer experts cost: arXiv:2511.02237, tables 1 and 2).
std::string PriceMeaning(const QualityView& q, double flag_below) {
  const double limit = 1 - flag_below;
  std::string text = q.hi < 0   ? "Lower than the baseline."
                     : q.lo > 0 ? "Higher than the baseline."
                                : "No difference shown.";
  if (q.lo < -limit) {
    text += fmt::format(" {} cannot exclude a loss above {:.0f} %.", Counted(q.n, "item", "items"),
                        100 * limit);
  } else if (q.lo < 0) {
    text += fmt::format(" A loss of up to {} is not excluded.", Percent(-q.lo));
  }
  return text + " Holds for these items only.";
}

// "2026-11-22T01:00:00Z" -> "2026-11-22 01:00"; anything else as it is.
std::string ShortStamp(const std::string& stamp) {
  if (stamp.size() != 20 || stamp[10] != 'T' || stamp[19] != 'Z') return stamp;
  return stamp.substr(0, 10) + ' ' + stamp.substr(11, 5);
}

// The A/A control that differs most from the baseline it copies; nullptr if none has figures.
const CellView* LoudestControl(const ModelView& model) {
  const CellView* loudest = nullptr;
  const auto deviation = [](const CellView& c) { return std::abs(c.speed_ratio.median - 1); };
  for (const CellView& cell : model.cells) {
    if (cell.record.cell.control == 0 || cell.speed_ratio.n == 0) continue;
    if (loudest == nullptr || deviation(cell) > deviation(*loudest)) loudest = &cell;
  }
  return loudest;
}

std::string NoiseInWords(const CellView* control) {
  if (control == nullptr) return kNotMeasured;
  const Interval& r = control->speed_ratio;
  return r.n < 2 ? SignedPercent(r.median - 1) : Change(r.median - 1, r.lo - 1, r.hi - 1);
}

std::string ComparableInWords(const ModelView& model, const CellView* control, double flag_below) {
  std::string text;
  if (control == nullptr) {
    text = "No A/A control ran: the noise of this night was not measured.";
  } else {
    const Interval& r = control->speed_ratio;
    const double limit = 1 - flag_below;
    const bool quiet = r.n >= 2 && r.lo >= 1 - limit && r.hi <= 1 + limit;
    text = fmt::format("{} to see a change of {:.0f} %: the baseline measured again.",
                       quiet ? "Quiet enough" : "Too noisy", 100 * limit);
  }
  int trials = 0, unstable = 0;
  for (const CellView& cell : model.cells) {
    trials += cell.trials;
    unstable += cell.unstable_trials;
  }
  if (unstable > 0) {
    text += fmt::format(" {} of {} were disturbed by something else and count for nothing.",
                        unstable, Counted(trials, "trial", "trials"));
  }
  return text;
}

// Text that a database holds; what is nested deeper than any record of ours is left out, for
// everything below recurses. Discarded if it isn't JSON.
nlohmann::json ParsedJson(const std::string& text) {
  constexpr int kMaxDepth = 32;
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth <= kMaxDepth;
  };
  return nlohmann::json::parse(text, shallow, false);
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

}  // namespace

const CellView* BaselineOf(const ModelView& model) {
  const auto it = std::find_if(model.cells.begin(), model.cells.end(), [](const CellView& c) {
    return c.record.cell.baseline && c.record.cell.control == 0;
  });
  return it == model.cells.end() ? nullptr : &*it;
}

const CellView* RecommendedOf(const ModelView& model) {
  const std::string& id = model.recommendation.cell_id;
  if (id.empty()) return nullptr;
  const auto it = std::find_if(model.cells.begin(), model.cells.end(),
                               [&](const CellView& c) { return c.record.cell_id == id; });
  return it == model.cells.end() ? nullptr : &*it;
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

std::string SettingInWords(const CellView& view) {
  const Cell& cell = view.record.cell;
  const std::string& recurrent = cell.guessing.recurrent;
  return fmt::format(
      "{}{}, {} decoding{}, {} placement, {}{}", RoutingName(cell), cell.k > 0 ? " experts" : "",
      cell.decoding, recurrent.empty() ? "" : " with " + recurrent, cell.placement,
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

Answer AnswerFor(const ModelView& model, double flag_below) {
  Answer answer;
  const Recommendation& r = model.recommendation;
  answer.why = r.why;
  const CellView* control = LoudestControl(model);
  answer.noise = NoiseInWords(control);
  answer.comparable = ComparableInWords(model, control, flag_below);
  for (const CellView& cell : model.cells) {
    if (VerdictWord(cell) == "flagged") answer.flagged.push_back(&cell);
  }
  const CellView* best = RecommendedOf(model);
  if (best == nullptr) {
    answer.setting = "No setting can be recommended";
    answer.gain = answer.price = "none";
    return answer;
  }
  answer.setting = SettingInWords(*best);
  if (!r.deploy_native.empty()) answer.deploy.emplace_back("moebench", r.deploy_native);
  if (!r.deploy_llamacpp.empty()) answer.deploy.emplace_back("llama.cpp", r.deploy_llamacpp);
  const CellView* base = BaselineOf(model);
  if (best == base) {
    answer.gain = answer.price = "none";
    answer.gain_detail =
        fmt::format("The baseline itself, tokens/s: {}.", SpeedInWords(*best, best->decode_tps));
    answer.price_detail = fmt::format("The baseline itself: {}.", Score(best->quality));
    return answer;
  }
  answer.gain = Factor(r.speedup, r.speedup_lo, r.speedup_hi);
  const bool has_price = HasScoreChange(base, *best);
  answer.price = has_price ? Change(r.quality_change, r.quality_lo, r.quality_hi) : kNotMeasured;
  if (base != nullptr) {
    answer.gain_detail = fmt::format("{} → {} tokens/s, n={}.", MedianOf(base->decode_tps),
                                     MedianOf(best->decode_tps), best->decode_tps.n);
  }
  if (!has_price) {
    answer.price_detail = "A speed without its quality is no reason to choose a setting.";
  } else {
    answer.price_detail = fmt::format(
        "{} → {} of {}. {}", Percent(base->quality.score), Percent(best->quality.score),
        Counted(best->quality.n, "item", "items"), PriceMeaning(best->quality, flag_below));
  }
  return answer;
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

}  // namespace moebench
