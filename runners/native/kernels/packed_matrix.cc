#include "runners/native/kernels/packed_matrix.h"

#include <algorithm>
#include <map>

#include "harness/base/error.h"

namespace moebench {

std::size_t MatrixShape::RawBytes() const {
  return static_cast<std::size_t>(rows) * RawRowBytes(type, cols);
}

PackedMatrix::PackedMatrix(const MatrixShape& shape, int granule, int n_threads) : shape_(shape) {
  CHECK(granule % kTileRows == 0);
  for (int thread = 0; thread < n_threads; ++thread) {
    AddPart(PartOf(shape.rows, granule, thread, n_threads), 0, shape.count);
  }
}

PackedMatrix::PackedMatrix(const MatrixShape& shape, int granule, const MatrixGroups& groups)
    : shape_(shape), group_of_(groups.of_matrix.begin(), groups.of_matrix.end()) {
  CHECK(granule % kTileRows == 0 && std::ssize(groups.of_matrix) == shape.count);
  for (const int group : groups.of_thread) n_groups_ = std::max(n_groups_, group + 1);
  std::map<int, int> held, threads, ranks;
  for (const int group : group_of_) place_of_.push_back(held[group]++);
  for (const int group : groups.of_thread) ++threads[group];
  for (const int group : groups.of_thread) {
    AddPart(PartOf(shape.rows, granule, ranks[group]++, threads[group]), group, held[group]);
  }
  for (const int group : group_of_) CHECK(threads.contains(group));
}

void PackedMatrix::AddPart(Range rows, int group, int held) {
  Part part{.rows = rows, .group = group, .held = held};
  part.tile_rows = TileRows(shape_.type, rows.size());
  part.stride_bytes = Arena::Rounded(SliceBytes(shape_.type, rows.size(), shape_.cols));
  parts_.push_back(part);
}

std::size_t PackedMatrix::SliceBytesOf(int thread) const {
  const Part& part = parts_[static_cast<std::size_t>(thread)];
  return part.stride_bytes * static_cast<std::size_t>(part.held);
}

void PackedMatrix::Pack(int thread, const std::byte* raw, Arena& arena, const RawAccess& access) {
  Part& part = parts_[static_cast<std::size_t>(thread)];
  if (part.rows.size() == 0 || part.held == 0) return;
  std::byte* tiles = arena.Take(SliceBytesOf(thread));
  part.tiles = tiles;
  const std::size_t first =
      static_cast<std::size_t>(part.rows.begin) * RawRowBytes(shape_.type, shape_.cols);
  const std::size_t stride = access.stride == 0 ? shape_.RawBytes() : access.stride;
  const std::size_t bytes =
      static_cast<std::size_t>(part.rows.size()) * RawRowBytes(shape_.type, shape_.cols);
  std::byte* next = tiles;
  for (int i = 0; i < shape_.count; ++i) {
    if (!Holds(thread, i)) continue;
    const std::byte* piece = raw + static_cast<std::size_t>(i) * stride + first;
    if (access.before != nullptr) access.before(piece, bytes);
    PackSlice(shape_.type, piece, part.rows.size(), shape_.cols, next);
    next += part.stride_bytes;
    if (access.after != nullptr) access.after(piece, bytes);
  }
  // The kernel maps a few neighbours of each page asked for: pieces that others let go before.
  if (access.after != nullptr) {
    access.after(raw, stride * static_cast<std::size_t>(shape_.count - 1) + shape_.RawBytes());
  }
}

}  // namespace moebench
