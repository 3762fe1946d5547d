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

// Plain decoding at the baseline's k, the fastest first.
std::vector<const CellView*> Rivals(const ModelView& model) {
  std::vector<const CellView*> rivals;
  const CellView* baseline = BaselineOf(model);
  if (!baseline) return rivals;
  for (const CellView& view : model.cells) {
    if (!IsPlainSetting(view) || view.record.cell.k != baseline->record.cell.k) continue;
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

std::string WinnerInWords(const ModelView& model) {
  const std::vector<const CellView*> rivals = Rivals(model);
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
  if (first.record.cell.instances > 1 && !first.numa.instances.empty()) {
    text +=
        fmt::format(" Its tokens/s are those of {} texts at once; a single one is written at {}.",
                    first.record.cell.instances, Rate(first.numa.instances.front().tps));
  }
  return text;
}

}  // namespace moebench
