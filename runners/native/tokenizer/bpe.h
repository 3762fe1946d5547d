// Byte-pair merging within one word: of all neighbours the pair with the lowest rank (the leftmost
// of several) becomes one symbol, until no pair has a rank (Sennrich et al., arXiv:1508.07909).
//   BpeMerges merges(count); merges.Add(left, right, merged);
//   merges.Apply(symbols);
// Symbols are token ids. Thread-safe once filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moebench {

class BpeMerges {
 public:
  static constexpr int kNoToken = -1;  // a symbol that merges with nothing

  // Room for so many merges.
  explicit BpeMerges(size_t count);

  // The next rank. A pair that has one already keeps it.
  void Add(int left, int right, int merged);
  // With a rank of the caller's, which other pairs may have too.
  void AddRanked(int left, int right, int merged, uint32_t rank);

  // Merges in place and leaves kNoToken out. O(n^2) for short words, O(n log n) for long ones.
  void Apply(std::vector<int>& symbols) const;

 private:
  static constexpr uint32_t kNoRank = ~uint32_t{0};
  struct Slot {
    uint64_t pair = kNoPair;
    uint32_t rank = kNoRank;
    int merged = -1;
  };
  static constexpr uint64_t kNoPair = ~uint64_t{0};
  static constexpr size_t kShortWord = 24;

  size_t PlaceOf(uint64_t pair) const;  // of the pair, or of the free slot it would take
  const Slot& Find(int left, int right) const;
  void ApplyShort(std::vector<int>& symbols) const;
  void ApplyLong(std::vector<int>& symbols) const;

  std::vector<Slot> slots_;  // open addressing, a power of two of them, at most half full
  int shift_;                // 64 - log2(slots)
  uint32_t added_ = 0;
};

}  // namespace moebench
