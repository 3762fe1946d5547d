// Weights split by output rows over a team: every thread owns a slice of each matrix in its own
// arena.
//   PackedMatrix up({type, ffn_width, d_model, n_experts}, granule, n_threads);
//   ... arena of each thread: up.SliceBytesOf(thread) bytes ...
//   up.Pack(thread, raw, arena);            // by the thread itself: its touch is the first
//   PackedSlice mine = up.Slice(thread, expert);
// Immutable once packed; then any thread may read it. The memory belongs to the arenas.
#pragma once

#include <cstddef>
#include <vector>

#include "runners/native/kernels/arena.h"
#include "runners/native/kernels/kernel_table.h"
#include "runners/native/kernels/team.h"
#include "runners/native/kernels/tile_layout.h"

namespace moebench {

struct MatrixShape {
  WeightType type = WeightType::kF32;
  int rows = 0, cols = 0;  // outputs, inputs
  int count = 1;           // matrices of this shape, one after the other in the file: experts

  std::size_t RawBytes() const;  // of one of them, as GGUF stores it
};

// How the raw weights lie and are read: stride bytes from one matrix to the next (0: its own). Told
// before and after a piece of them is read, by the thread that reads it, and of all of them at the
// end; others may still be reading.
struct RawAccess {
  std::size_t stride = 0;
  void (*before)(const std::byte* begin, std::size_t bytes) = nullptr;
  void (*after)(const std::byte* begin, std::size_t bytes) = nullptr;
};

class PackedMatrix {
 public:
  PackedMatrix() = default;
  // granule: slices begin at multiples of it; a multiple of 16.
  PackedMatrix(const MatrixShape& shape, int granule, int n_threads);

  const MatrixShape& shape() const { return shape_; }
  bool quantised() const { return IsQuantised(shape_.type); }
  Range RowsOf(int thread) const { return parts_[static_cast<std::size_t>(thread)].rows; }
  std::size_t SliceBytesOf(int thread) const;
  // raw: shape().count matrices in GGUF's layout.
  void Pack(int thread, const std::byte* raw, Arena& arena, const RawAccess& access = {});
  PackedSlice Slice(int thread, int index = 0) const {
    const Part& part = parts_[static_cast<std::size_t>(thread)];
    return {part.tiles + static_cast<std::size_t>(index) * part.stride_bytes, part.rows.size(),
            shape_.cols, part.tile_rows};
  }

 private:
  struct Part {
    Range rows;
    int tile_rows = 16;
    std::size_t stride_bytes = 0;  // from one matrix to the next
    const std::byte* tiles = nullptr;
  };
  MatrixShape shape_;
  std::vector<Part> parts_;  // [n_threads]
};

}  // namespace moebench
