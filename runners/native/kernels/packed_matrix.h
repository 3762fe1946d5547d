// Weights split by output rows over a team: every thread owns a slice of each matrix in its own
// arena. Or whole matrices lie with groups of threads, and the threads of a group split the rows.
//   PackedMatrix up({type, ffn_width, d_model, n_experts}, granule, n_threads);
//   ... arena of each thread: up.SliceBytesOf(thread) bytes ...
//   up.Pack(thread, raw, arena);            // by the thread itself: its touch is the first
//   PackedSlice mine = up.Slice(thread, expert);
// Immutable once packed; then any thread may read it. The memory belongs to the arenas.
#pragma once

#include <cstddef>
#include <span>
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

// Which threads hold which of a shape's matrices, and split their rows.
struct MatrixGroups {
  std::span<const int> of_thread;  // [threads] a number from 0 on
  std::span<const int> of_matrix;  // [count] the same
};

class PackedMatrix {
 public:
  PackedMatrix() = default;
  // granule: slices begin at multiples of it; a multiple of 16.
  PackedMatrix(const MatrixShape& shape, int granule, int n_threads);
  PackedMatrix(const MatrixShape& shape, int granule, const MatrixGroups& groups);

  const MatrixShape& shape() const { return shape_; }
  bool quantised() const { return IsQuantised(shape_.type); }
  bool by_groups() const { return !group_of_.empty(); }
  int n_groups() const { return n_groups_; }
  int GroupOf(int thread) const { return parts_[static_cast<std::size_t>(thread)].group; }
  int GroupWith(int index) const {
    return group_of_.empty() ? 0 : group_of_[static_cast<std::size_t>(index)];
  }
  // Of every matrix that the thread holds a slice of: all, if there are no groups.
  Range RowsOf(int thread) const { return parts_[static_cast<std::size_t>(thread)].rows; }
  bool Holds(int thread, int index) const {
    return group_of_.empty() || group_of_[static_cast<std::size_t>(index)] ==
                                    parts_[static_cast<std::size_t>(thread)].group;
  }
  std::size_t SliceBytesOf(int thread) const;
  // raw: shape().count matrices in GGUF's layout.
  void Pack(int thread, const std::byte* raw, Arena& arena, const RawAccess& access = {});
  // Of no rows if the thread does not hold it.
  PackedSlice Slice(int thread, int index = 0) const {
    const Part& part = parts_[static_cast<std::size_t>(thread)];
    if (!Holds(thread, index)) return {nullptr, 0, shape_.cols, part.tile_rows};
    const int place = place_of_.empty() ? index : place_of_[static_cast<std::size_t>(index)];
    return {part.tiles + static_cast<std::size_t>(place) * part.stride_bytes, part.rows.size(),
            shape_.cols, part.tile_rows};
  }
  // A slice of the thread without its place: what all that it holds look like.
  PackedSlice SliceShape(int thread) const {
    const Part& part = parts_[static_cast<std::size_t>(thread)];
    return {nullptr, part.rows.size(), shape_.cols, part.tile_rows};
  }

 private:
  struct Part {
    Range rows;
    int group = 0;
    int held = 0;  // matrices
    int tile_rows = 16;
    std::size_t stride_bytes = 0;  // from one matrix to the next
    const std::byte* tiles = nullptr;
  };
  void AddPart(Range rows, int group, int held);

  MatrixShape shape_;
  std::vector<Part> parts_;  // [n_threads]
  int n_groups_ = 1;
  std::vector<int> group_of_;  // [count] that holds each matrix; or empty
  std::vector<int> place_of_;  // [count] of each among those of its group; or empty
};

}  // namespace moebench
