// A made-up model that was measured under some placements, for tests of what is said of them.
#pragma once

#include <string>
#include <vector>

#include "results/sweep_view.h"

namespace moebench::testing {

// Plain decoding at k = 8 with 8 threads, 3 sessions, memory-bound.
inline CellView CellAt(const std::string& placement, double tps, double lo, double hi) {
  CellView cell;
  cell.record.cell.placement = placement;
  cell.record.cell.k = 8;
  cell.record.cell.threads = 8;
  cell.record.cell_id = CellId(cell.record.cell);
  cell.status = "ok";
  cell.decode_tps = {tps, lo, hi, 3};
  cell.bytes_per_token = 1e9;
  cell.bandwidth_gbps = tps;
  cell.numa.bound = {
      .kind = BoundKind::kReading, .word = "memory-bound", .why = "reading takes most of the time"};
  return cell;
}

// The first is the baseline.
inline ModelView ModelWith(std::vector<CellView> cells) {
  ModelView model;
  model.name = "made-up.gguf";
  cells.front().record.cell.baseline = true;
  cells.front().record.cell_id = CellId(cells.front().record.cell);
  model.cells = std::move(cells);
  return model;
}

}  // namespace moebench::testing
