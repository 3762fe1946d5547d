#include "results/report_numa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

std::string InWhole(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string Rate(double tps) {
  return fmt::format("{:.{}f}", tps, tps >= 1000 ? 0 : tps >= 100 ? 1 : 2);
}

// "11.9 to 12.1", or once if both read the same.
std::string Span(const std::string& from, const std::string& to) {
  return from == to ? from : from + " to " + to;
}

enum class Texts { kOne, kSeveral };

// Plain decoding at the baseline's k, of one instance or of several, the fastest first.
std::vector<const CellView*> Rivals(const ModelView& model, Texts texts) {
  std::vector<const CellView*> rivals;
  const CellView* baseline = BaselineOf(model);
  if (!baseline) return rivals;
  for (const CellView& view : model.cells) {
    const Cell& cell = view.record.cell;
    if (!IsPlainSetting(view) || cell.k != baseline->record.cell.k) continue;
    if ((cell.instances > 1) != (texts == Texts::kSeveral)) continue;
    if (view.decode_tps.n > 0) rivals.push_back(&view);
  }
  std::stable_sort(rivals.begin(), rivals.end(), [](const CellView* a, const CellView* b) {
    return a->decode_tps.median > b->decode_tps.median;
  });
  return rivals;
}

// "memory-bound, 84 % of the probe, 50 % of the weights from other nodes"
std::string ReasonOf(const CellView& view) {
  const NumaView& numa = view.numa;
  std::vector<std::string> parts;
  if (!numa.bound.word.empty()) {
    const bool known = numa.bound.kind != BoundKind::kUnknown;
    parts.push_back(known ? numa.bound.word : std::string("what bounds it can't be told"));
  }
  if (!view.bound.empty()) parts.push_back(InWhole(view.bandwidth_fraction) + " of the probe");
  if (numa.wait) parts.push_back(InWhole(*numa.wait) + " waiting");
  if (numa.remote_share) {
    parts.push_back(InWhole(*numa.remote_share) + " of the weights from other nodes");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Of one text.
std::string WinnerOf(const std::vector<const CellView*>& rivals) {
  if (rivals.size() < 2) return "";
  const CellView &first = *rivals[0], &second = *rivals[1];
  const bool apart = first.decode_tps.n > 1 && first.decode_tps.lo > second.decode_tps.hi;
  std::string text = fmt::format(
      "{} {} with {} tokens/s, {:.2f} times those of {}", PlaceInWords(first.record.cell),
      apart ? "won" : "was ahead", Rate(first.decode_tps.median),
      second.decode_tps.median > 0 ? first.decode_tps.median / second.decode_tps.median : 1,
      PlaceInWords(second.record.cell));
  text += apart ? "." : ", but their intervals overlap: it is not told that it is faster.";
  const std::string why = ReasonOf(first), other = ReasonOf(second);
  if (!why.empty()) text += fmt::format(" It: {}.", why);
  if (!other.empty()) text += fmt::format(" The next: {}.", other);
  return text;
}

// Of several texts at once, all together.
std::string MostInWords(const ModelView& model, const std::vector<const CellView*>& alone) {
  const std::vector<const CellView*> many = Rivals(model, Texts::kSeveral);
  if (many.empty()) return "";
  const CellView& first = *many[0];
  std::string text =
      fmt::format("{} texts at once: {} gave {} tokens/s together", first.record.cell.instances,
                  PlaceInWords(first.record.cell), Rate(first.decode_tps.median));
  if (!alone.empty() && alone[0]->decode_tps.median > 0) {
    text += fmt::format(", {:.2f} times those of one text with {}",
                        first.decode_tps.median / alone[0]->decode_tps.median,
                        PlaceInWords(alone[0]->record.cell));
  }
  const std::string own = OwnSpeedInWords(first, BaselineOf(model));
  if (!own.empty()) text += "; each: " + own;
  const std::string why = ReasonOf(first);
  return text + (why.empty() ? "." : fmt::format(". It: {}.", why));
}

}  // namespace

bool IsPlainSetting(const CellView& view) {
  const Cell& cell = view.record.cell;
  return cell.decoding == "plain" && cell.control == 0;
}

std::string PlaceInWords(const Cell& cell) {
  const std::string many = cell.instances > 1 ? fmt::format("{} x ", cell.instances) : "";
  return fmt::format("{}, {}{} {}", cell.placement, many, cell.threads,
                     cell.threads == 1 ? "thread" : "threads");
}

std::string TimeBoundInWords(const CellView& cell) {
  const TimeBound& bound = cell.numa.bound;
  if (bound.word.empty() || cell.bound.empty()) return "";
  const bool unknown = bound.kind == BoundKind::kUnknown;
  if (!cell.numa.wait) return unknown ? "" : bound.word;
  const std::string word = unknown ? "can't tell what bounds it" : bound.word;
  return fmt::format("{} (waiting {})", word, InWhole(*cell.numa.wait));
}

std::string InstancesInWords(const CellView& cell) {
  const NumaView& numa = cell.numa;
  if (numa.instances.size() < 2) return "";
  constexpr size_t kMostNamed = 8;
  std::vector<std::string> rates;
  for (const InstanceView& i : numa.instances) {
    if (rates.size() < kMostNamed) rates.push_back(Rate(i.tps));
  }
  return fmt::format(
      "{} instances at once: {}{} each, fairness {:.2f}, least over most {:.2f}, "
      "overlap {}",
      numa.instances.size(), fmt::join(rates, ", "),
      numa.instances.size() > kMostNamed ? ", ..." : "", numa.jain, numa.min_over_max,
      InWhole(numa.overlap));
}

void NameTexts(const Cell& cell, std::vector<std::string>& reasons) {
  if (cell.instances < 2) return;
  for (std::string& reason : reasons) {
    if (reason.starts_with("decode")) {
      reason = fmt::format("{} texts at once: {}", cell.instances, reason);
    }
  }
}

OwnSpeed OwnSpeedOf(const CellView& cell) {
  const std::vector<InstanceView>& instances = cell.numa.instances;
  if (instances.empty()) {
    const double alone = cell.record.cell.instances == 1 ? cell.decode_tps.median : 0;
    return {alone, alone, alone};
  }
  OwnSpeed own{instances.front().tps, 0, instances.front().tps};
  for (const InstanceView& i : instances) {
    own.least = std::min(own.least, i.tps);
    own.most = std::max(own.most, i.tps);
    own.mean += i.tps / static_cast<double>(instances.size());
  }
  return own;
}

std::string OwnRatioInWords(const CellView& cell, const CellView* baseline) {
  const double base = baseline && baseline->stable ? OwnSpeedOf(*baseline).mean : 0;
  if (cell.numa.instances.size() < 2 || !cell.stable || base <= 0) return "";
  const OwnSpeed own = OwnSpeedOf(cell);
  return Span(fmt::format("x{:.2f}", own.least / base), fmt::format("x{:.2f}", own.most / base));
}

std::string OwnSpeedInWords(const CellView& cell, const CellView* baseline) {
  if (cell.numa.instances.size() < 2) return "";
  const OwnSpeed own = OwnSpeedOf(cell);
  const std::string ratio = &cell == baseline ? "" : OwnRatioInWords(cell, baseline);
  return fmt::format("{} tokens/s{}, fairness {:.2f}", Span(Rate(own.least), Rate(own.most)),
                     ratio.empty() ? "" : fmt::format(", {} of the baseline's", ratio),
                     cell.numa.jain);
}

std::string WinnerInWords(const ModelView& model) {
  const std::vector<const CellView*> alone = Rivals(model, Texts::kOne);
  std::string text = WinnerOf(alone);
  const std::string many = MostInWords(model, alone);
  if (!text.empty() && !many.empty()) text += ' ';
  return text + many;
}

}  // namespace moebench
