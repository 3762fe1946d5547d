#include "runners/native/tokenizer/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <queue>

#include "harness/base/error.h"

namespace moebench {
namespace {

uint64_t PairOf(int left, int right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

}  // namespace

BpeMerges::BpeMerges(size_t count)
    : slots_(std::bit_ceil(2 * count + 2)), shift_(64 - std::countr_zero(slots_.size())) {}

size_t BpeMerges::PlaceOf(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  size_t at = (pair * 0x9e3779b97f4a7c15ULL) >> shift_;  // Fibonacci hashing
  while (slots_[at].pair != pair && slots_[at].pair != kNoPair) at = (at + 1) & mask;
  return at;
}

void BpeMerges::Add(int left, int right, int merged) { AddRanked(left, right, merged, added_); }

void BpeMerges::AddRanked(int left, int right, int merged, uint32_t rank) {
  CHECK(left >= 0 && right >= 0 && rank != kNoRank && 2 * (size_t{added_} + 1) <= slots_.size());
  Slot& slot = slots_[PlaceOf(PairOf(left, right))];
  if (slot.pair == kNoPair) slot = {PairOf(left, right), rank, merged};
  ++added_;
}

const BpeMerges::Slot& BpeMerges::Find(int left, int right) const {
  return slots_[PlaceOf(PairOf(left, right))];
}

void BpeMerges::Apply(std::vector<int>& symbols) const {
  if (symbols.size() <= kShortWord) {
    ApplyShort(symbols);
  } else {
    ApplyLong(symbols);
  }
  std::erase(symbols, kNoToken);
}

void BpeMerges::ApplyShort(std::vector<int>& symbols) const {
  std::array<const Slot*, kShortWord> merge_at;  // of symbols i and i + 1
  size_t n = symbols.size();
  for (size_t i = 0; i + 1 < n; ++i) merge_at[i] = &Find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (merge_at[i]->rank < merge_at[best]->rank) best = i;
    }
    if (merge_at[best]->rank == kNoRank) break;
    symbols[best] = merge_at[best]->merged;
    --n;
    for (size_t i = best + 1; i < n; ++i) symbols[i] = symbols[i + 1];
    for (size_t i = best + 1; i + 1 < n; ++i) merge_at[i] = merge_at[i + 1];
    if (best > 0) merge_at[best - 1] = &Find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) merge_at[best] = &Find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(n);
}

void BpeMerges::ApplyLong(std::vector<int>& symbols) const {
  struct Candidate {
    uint32_t rank;
    size_t left, right;             // places in symbols
    int left_symbol, right_symbol;  // stale if the places hold others by now
    int merged;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  const size_t n = symbols.size();
  std::vector<size_t> next(n), previous(n);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](size_t left, size_t right) {
    const Slot& slot = Find(symbols[left], symbols[right]);
    if (slot.rank == kNoRank) return;
    queue.push({slot.rank, left, right, symbols[left], symbols[right], slot.merged});
  };
  for (size_t i = 0; i < n; ++i) {
    next[i] = i + 1;  // n: none
    previous[i] = i - 1;
    if (i + 1 < n) consider(i, i + 1);
  }
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    if (symbols[top.left] != top.left_symbol || next[top.left] != top.right ||
        symbols[top.right] != top.right_symbol) {
      continue;
    }
    symbols[top.left] = top.merged;
    symbols[top.right] = kNoToken;
    next[top.left] = next[top.right];
    if (next[top.left] < n) {
      previous[next[top.left]] = top.left;
      consider(top.left, next[top.left]);
    }
    if (top.left > 0) consider(previous[top.left], top.left);
  }
}

}  // namespace moebench
