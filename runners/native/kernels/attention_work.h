// How the attention of one layer in one pass is cut into items that threads share evenly: KV head x
// piece of the positions x tile of query rows. The cut follows from the shape and the positions
// alone, so that results are bitwise the same for any number of threads; for passes of at most
// kFewTokens its borders are the same whatever the pass, so that a token's result is bitwise the
// same in any of them.
//   AttentionWork work(shape, {.n_kv_heads = 4, .group = 8, .first_position = 16000, .n_tokens =
//   1}); work.Attend(kernels, heads, packed, work.ItemsOf(thread, n_threads), states);
//   // barrier, unless work.HeadsStayWhole(n_threads)
//   work.Merge(kernels, states, kv_head, row, sink, out);
// Plain arithmetic; all methods are const and may run on any thread.
#pragma once

#include <span>

#include "runners/native/kernels/attention.h"
#include "runners/native/kernels/team.h"

namespace moebench {

inline constexpr int kFewTokens = 16;  // as speculation verifies at once, or fewer

struct AttentionPass {
  int n_kv_heads = 1;
  int group = 1;           // query heads of each KV head
  int first_position = 0;  // of the first token of the pass
  int n_tokens = 1;
  int window = 0;  // a token sees so many positions, itself included; 0: all
};

class AttentionWork {
 public:
  AttentionWork(const KvShape& shape, const AttentionPass& pass);

  int n_tiles() const { return n_tiles_; }    // of the rows of one KV head
  int n_splits() const { return n_splits_; }  // pieces of the positions
  int n_items() const { return pass_.n_kv_heads * n_splits_ * n_tiles_; }
  Range ItemsOf(int thread, int n_threads) const { return PartOf(n_items(), 1, thread, n_threads); }
  // True if no KV head's items are shared between threads.
  bool HeadsStayWhole(int n_threads) const { return pass_.n_kv_heads % n_threads == 0; }

  // Row r of a KV head is query head r % group of the group, of token r / group. Its place in the
  // packed queries [n_kv_heads, n_tiles, PackedQueryBytes]:
  std::ptrdiff_t PackedOffset(int kv_head, int row) const {
    return (std::ptrdiff_t{kv_head} * n_tiles_ + row / kTileQueries) * PackedQueryBytes(shape_);
  }
  int rows() const { return pass_.group * pass_.n_tokens; }  // of one KV head
  int padded_rows() const { return n_tiles_ * kTileQueries; }

  // heads [n_kv_heads]; states [n_items, AttentionStateFloats].
  void Attend(const AttentionKernels& kernels, std::span<const KvHead> heads,
              const std::byte* packed, Range items, float* states) const;
  // sink: the query head's logit or null; out [value_dim].
  void Merge(const AttentionKernels& kernels, const float* states, int kv_head, int row,
             const float* sink, float* out) const;

  // Room for any pass of at most max_tokens tokens, in a cache of `context` positions.
  static std::ptrdiff_t MostPackedBytes(const KvShape& shape, int n_kv_heads, int group,
                                        int max_tokens);
  static std::ptrdiff_t MostStateFloats(const KvShape& shape, int n_kv_heads, int group,
                                        int max_tokens, int context);

 private:
  Range PositionsOf(int split) const;
  QueryTile Tile(const std::byte* packed, int kv_head, int tile) const;
  std::ptrdiff_t StateOffset(int kv_head, int split, int tile) const {
    return ((std::ptrdiff_t{kv_head} * n_splits_ + split) * n_tiles_ + tile) *
           AttentionStateFloats(shape_);
  }

  KvShape shape_;
  AttentionPass pass_;
  int begin_ = 0, end_ = 0;  // positions that any row sees, begin_ rounded down to a block
  int split_ = 0;            // positions of a piece, whole blocks; 0: pieces of few tokens
  int first_piece_ = 0;
  int n_splits_ = 1, n_tiles_ = 1;
};

}  // namespace moebench
