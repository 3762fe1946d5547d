// Softmax attention of up to eight query rows at a time over one KV head, in one pass over its
// positions: the softmax is kept up to date block by block (Milakov and Gimelshein,
// arXiv:1805.02867; FlashAttention, arXiv:2205.14135), and pieces of the positions that were done
// apart are merged exactly (flash decoding).
//   const AttentionKernels& kernels = AttentionKernelsFor(DetectIsa());
//   kernels.store(shape, head, position, key, value);
//   kernels.pack(shape, query, scale, row, packed);            // for each row of the tile
//   StartAttention(shape, state);
//   kernels.attend(shape, head, {packed, rows, first, last}, begin, end, state);
//   kernels.merge({state, 1, stride, row, sink}, value_dim, out);
// Rows are the query heads that share the KV head, of one or several tokens. What a row gets does
// not depend on the thread, nor on the other rows of its tile (but for the last bits beside q8_0,
// whose values are scaled by the largest of a block that any row of the tile sees). Plain functions
// over raw arrays: they check nothing and allocate nothing.
#pragma once

#include <cstddef>

#include "runners/native/kernels/isa.h"
#include "runners/native/kernels/kv_layout.h"

namespace moebench {

inline constexpr int kTileQueries = 8;
inline constexpr int kAttentionBlock = 64;  // positions between two updates of the softmax

// Rows beyond `rows` are packed as zeros and see nothing.
struct QueryTile {
  const std::byte* packed = nullptr;  // PackedQueryBytes
  int rows = 0;
  int first[kTileQueries] = {}, last[kTileQueries] = {};  // a row sees positions [first, last)
};
constexpr std::ptrdiff_t PackedQueryBytes(const KvShape& shape) {
  return std::ptrdiff_t{shape.key_dim} * kTileQueries * static_cast<int>(sizeof(float));
}

// What has been seen so far, one tile:
//   max  [16]                  largest score of each row, in units of log 2
//   sums [8][16]               partial sums of 2^(score - max)
//   out  [8][value chunks x 32]
inline constexpr int kStateSums = 16;
inline constexpr int kStateOut = kStateSums + kTileQueries * 16;
constexpr std::ptrdiff_t AttentionStateFloats(const KvShape& shape) {
  return kStateOut + std::ptrdiff_t{kTileQueries} * ValueChunks(shape) * kKvChunk;
}
inline constexpr float kNoScore = -1e30f;  // below every score: nothing seen yet
void StartAttention(const KvShape& shape, float* state);

// The states of one row over pieces of its positions, at states + i x stride.
inline constexpr int kMostStates = 256;
struct RowStates {
  const float* states = nullptr;
  int count = 0;                // 1..kMostStates
  std::ptrdiff_t stride = 0;    // floats
  int row = 0;                  // in the tile
  const float* sink = nullptr;  // a logit that takes its share of the softmax and has no value
};

struct AttentionKernels {
  // Writes key [key_dim] and value [value_dim] of one position.
  void (*store)(const KvShape& shape, const KvHead& head, int position, const float* key,
                const float* value);
  // Writes query [key_dim] as row `row` of a packed tile; scale is that of the scores. Without a
  // query the row becomes zeros.
  void (*pack)(const KvShape& shape, const float* query, float scale, int row, std::byte* packed);
  // Takes positions [begin, end) into the state. begin is a multiple of kAttentionBlock; memory up
  // to the end of end's block is read.
  void (*attend)(const KvShape& shape, const KvHead& head, const QueryTile& tile, int begin,
                 int end, float* state);
  // out [value_dim]; zeros if the row has seen nothing.
  void (*merge)(const RowStates& row, const KvShape& shape, float* out);
};

const AttentionKernels& AttentionKernelsFor(IsaLevel isa);

}  // namespace moebench
