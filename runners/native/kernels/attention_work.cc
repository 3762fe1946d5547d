#include "runners/native/kernels/attention_work.h"

#include <algorithm>
#include <iterator>

namespace moebench {
namespace {

// Items of a long batch: enough for the threads of a big machine, few enough that merging them
// costs little beside the positions of each.
constexpr int kItems = 256;
static_assert(kItems <= kMostStates);
// Keys and values of so many positions stay in the second level cache while all tiles pass over
// them: 2 x 256 x 128 x 2 bytes.
constexpr int kCachedPositions = 256;

// Pieces of the positions for few tokens: their borders don't depend on how many positions or
// tokens there are. From `begin` on they have `positions` each; the last piece takes all the rest.
struct PieceSize {
  int begin, positions;
};
constexpr PieceSize kPieceSizes[] = {{0, 128}, {1 << 12, 256}, {1 << 15, 2048}, {5 << 15, 1 << 14}};

// Pieces before the one of a position: kMostStates - 1 at most.
int PieceOf(int position) {
  int pieces = 0;
  for (std::size_t i = 0; i < std::size(kPieceSizes); ++i) {
    const auto [begin, positions] = kPieceSizes[i];
    const bool last = i + 1 == std::size(kPieceSizes);
    const int end = last ? position : std::min(position, kPieceSizes[i + 1].begin);
    pieces += std::max(0, end - begin) / positions;
  }
  return std::min(pieces, kMostStates - 1);
}

int PieceBegin(int piece) {
  for (std::size_t i = 0; i + 1 < std::size(kPieceSizes); ++i) {
    const int here = (kPieceSizes[i + 1].begin - kPieceSizes[i].begin) / kPieceSizes[i].positions;
    if (piece < here) return kPieceSizes[i].begin + piece * kPieceSizes[i].positions;
    piece -= here;
  }
  return std::rbegin(kPieceSizes)->begin + piece * std::rbegin(kPieceSizes)->positions;
}

int RoundUp(int n, int granule) { return (n + granule - 1) / granule * granule; }

int TilesOf(int group, int n_tokens) {
  return RoundUp(group * n_tokens, kTileQueries) / kTileQueries;
}

int MostSplits(int n_kv_heads, int n_tokens) { return std::max(1, kItems / n_kv_heads / n_tokens); }

}  // namespace

AttentionWork::AttentionWork(const KvShape& shape, const AttentionPass& pass)
    : shape_(shape), pass_(pass), n_tiles_(TilesOf(pass.group, pass.n_tokens)) {
  const int first = pass.window == 0 ? 0 : std::max(0, pass.first_position + 1 - pass.window);
  begin_ = first / kAttentionBlock * kAttentionBlock;
  end_ = pass.first_position + pass.n_tokens;
  if (pass.n_tokens <= kFewTokens) {
    first_piece_ = PieceOf(begin_);
    n_splits_ = PieceOf(end_ - 1) - first_piece_ + 1;
    return;
  }
  const int most = MostSplits(pass.n_kv_heads, pass.n_tokens);
  split_ = RoundUp((end_ - begin_ + most - 1) / most, kAttentionBlock);
  n_splits_ = (end_ - begin_ + split_ - 1) / split_;
}

Range AttentionWork::PositionsOf(int split) const {
  if (split_ > 0) return {begin_ + split * split_, std::min(begin_ + (split + 1) * split_, end_)};
  return {std::max(begin_, PieceBegin(first_piece_ + split)),
          split + 1 == n_splits_ ? end_ : PieceBegin(first_piece_ + split + 1)};
}

QueryTile AttentionWork::Tile(const std::byte* packed, int kv_head, int tile) const {
  const int first_row = tile * kTileQueries;
  QueryTile out{packed + PackedOffset(kv_head, first_row),
                std::min(kTileQueries, rows() - first_row)};
  for (int r = 0; r < out.rows; ++r) {
    const int position = pass_.first_position + (first_row + r) / pass_.group;
    out.first[r] = pass_.window == 0 ? 0 : std::max(0, position + 1 - pass_.window);
    out.last[r] = position + 1;
  }
  return out;
}

void AttentionWork::Attend(const AttentionKernels& kernels, std::span<const KvHead> heads,
                           const std::byte* packed, Range items, float* states) const {
  for (int item = items.begin; item < items.end;) {
    const int head = item / n_tiles_ / n_splits_, split = item / n_tiles_ % n_splits_;
    const int first_tile = item % n_tiles_;
    const int last_tile = std::min(n_tiles_, first_tile + items.end - item);
    item += last_tile - first_tile;
    const auto [from, to] = PositionsOf(split);
    for (int tile = first_tile; tile < last_tile; ++tile) {
      StartAttention(shape_, states + StateOffset(head, split, tile));
    }
    const int step = last_tile - first_tile == 1 ? to - from : kCachedPositions;
    for (int at = from; at < to; at += step) {
      for (int tile = first_tile; tile < last_tile; ++tile) {
        kernels.attend(shape_, heads[static_cast<std::size_t>(head)], Tile(packed, head, tile), at,
                       std::min(at + step, to), states + StateOffset(head, split, tile));
      }
    }
  }
}

void AttentionWork::Merge(const AttentionKernels& kernels, const float* states, int kv_head,
                          int row, const float* sink, float* out) const {
  kernels.merge({.states = states + StateOffset(kv_head, 0, row / kTileQueries),
                 .count = n_splits_,
                 .stride = n_tiles_ * AttentionStateFloats(shape_),
                 .row = row % kTileQueries,
                 .sink = sink},
                shape_, out);
}

std::ptrdiff_t AttentionWork::MostPackedBytes(const KvShape& shape, int n_kv_heads, int group,
                                              int max_tokens) {
  return PackedQueryBytes(shape) * n_kv_heads * TilesOf(group, max_tokens);
}

std::ptrdiff_t AttentionWork::MostStateFloats(const KvShape& shape, int n_kv_heads, int group,
                                              int max_tokens, int context) {
  std::ptrdiff_t most = 0;
  for (int n = 1; n <= max_tokens; ++n) {
    const int splits =
        n <= kFewTokens ? PieceOf(std::max(0, context - 1)) + 1 : MostSplits(n_kv_heads, n);
    most = std::max(most, std::ptrdiff_t{splits} * TilesOf(group, n));
  }
  return most * n_kv_heads * AttentionStateFloats(shape);
}

}  // namespace moebench
