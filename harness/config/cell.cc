#include "harness/config/cell.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hash.h"

namespace moebench {

bool HasUsualKv(const Cell& cell) { return cell.kv.empty() || cell.kv == Cell().kv; }

std::string RoutingName(const Cell& cell) {
  return cell.k > 0 ? "k=" + std::to_string(cell.k) : "dense";
}

namespace {

// "expert-shard/l3@load=sha256:0123456789ab" for the file wherever it lies.
std::string PlacementIdentity(const Cell& cell) {
  if (cell.placement_content.empty()) return cell.placement;
  const size_t at = std::min(cell.placement.find('@'), cell.placement.size());
  return cell.placement.substr(0, cell.placement.find('=', at)) +
         "=sha256:" + cell.placement_content;
}

}  // namespace

std::string CellId(const Cell& cell) {
  std::string text = "moebench.cell/1";
  for (const std::string& part :
       {cell.model_sha256, cell.runner, RoutingName(cell), cell.decoding, PlacementIdentity(cell),
        std::to_string(cell.threads), std::to_string(cell.control)}) {
    text += '\n' + part;
  }
  // Cells had no such type once; theirs go on to be the default's.
  if (!HasUsualKv(cell)) text += "\nkv=" + cell.kv;
  if (cell.instances > 1) text += "\ninstances=" + std::to_string(cell.instances);
  if (cell.decoding != "plain") {
    const Guessing& g = cell.guessing;
    text += fmt::format("\n{}\n{}\n{}\n{}", g.draft_sha256, g.draft_tokens, g.min_probability,
                        g.recurrent);
  }
  return Hex16(Fnv1a64(text));
}

std::string CellLabel(const Cell& cell) {
  std::string label = RoutingName(cell) + ' ' + cell.decoding + ' ' + cell.placement + ' ';
  if (cell.instances > 1) label += std::to_string(cell.instances) + " x ";
  label += "t=" + std::to_string(cell.threads);
  if (!HasUsualKv(cell)) label += " kv=" + cell.kv;
  const std::string& recurrent = cell.guessing.recurrent;
  if (!recurrent.empty()) label += recurrent == "off" ? " no rollback" : ' ' + recurrent;
  if (cell.control > 0) label += " A/A " + std::to_string(cell.control);
  return label;
}

}  // namespace moebench
