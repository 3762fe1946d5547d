#include "runners/native/kernels/packed_matrix.h"

#include "harness/base/error.h"

namespace moebench {

std::size_t MatrixShape::RawBytes() const {
  return static_cast<std::size_t>(rows) * RawRowBytes(type, cols);
}

PackedMatrix::PackedMatrix(const MatrixShape& shape, int granule, int n_threads) : shape_(shape) {
  CHECK(granule % kTileRows == 0);
  for (int thread = 0; thread < n_threads; ++thread) {
    Part part;
    part.rows = PartOf(shape.rows, granule, thread, n_threads);
    part.tile_rows = TileRows(shape.type, part.rows.size());
    part.stride_bytes = Arena::Rounded(SliceBytes(shape.type, part.rows.size(), shape.cols));
    parts_.push_back(part);
  }
}

std::size_t PackedMatrix::SliceBytesOf(int thread) const {
  return parts_[static_cast<std::size_t>(thread)].stride_bytes *
         static_cast<std::size_t>(shape_.count);
}

void PackedMatrix::Pack(int thread, const std::byte* raw, Arena& arena, const RawAccess& access) {
  Part& part = parts_[static_cast<std::size_t>(thread)];
  if (part.rows.size() == 0) return;
  std::byte* tiles = arena.Take(SliceBytesOf(thread));
  part.tiles = tiles;
  const std::size_t first =
      static_cast<std::size_t>(part.rows.begin) * RawRowBytes(shape_.type, shape_.cols);
  const std::size_t stride = access.stride == 0 ? shape_.RawBytes() : access.stride;
  const std::size_t bytes =
      static_cast<std::size_t>(part.rows.size()) * RawRowBytes(shape_.type, shape_.cols);
  for (int i = 0; i < shape_.count; ++i) {
    const std::byte* piece = raw + static_cast<std::size_t>(i) * stride + first;
    if (access.before != nullptr) access.before(piece, bytes);
    PackSlice(shape_.type, piece, part.rows.size(), shape_.cols,
              tiles + static_cast<std::size_t>(i) * part.stride_bytes);
    if (access.after != nullptr) access.after(piece, bytes);
  }
  // The kernel maps a few neighbours of each page asked for: pieces that others let go before.
  if (access.after != nullptr) {
    access.after(raw, stride * static_cast<std::size_t>(shape_.count - 1) + shape_.RawBytes());
  }
}

}  // namespace moebench
