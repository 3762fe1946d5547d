// Attention on every instruction set this cpu has, held against the plain formula in double.
#include "runners/native/kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/kernels/half.h"

namespace moebench {
namespace {

constexpr IsaLevel kIsas[] = {IsaLevel::kScalar, IsaLevel::kAvx2, IsaLevel::kAvx512Vnni};
constexpr KvType kTypes[] = {KvType::kF32, KvType::kF16, KvType::kQ8_0};

std::size_t Size(std::ptrdiff_t n) { return static_cast<std::size_t>(n); }

// Keys, values and queries of one KV head, the queries of one tile.
struct Problem {
  KvShape shape;
  int positions = 0, rows = 0;
  float scale = 1;
  std::vector<float> keys, values, queries;  // [positions or rows, dim]
  std::vector<int> first, last;              // [rows]
  std::vector<float> sinks;                  // [rows] or none
};

Problem RandomProblem(KvShape shape, int positions, int rows, uint64_t seed, double spread = 1) {
  Problem p{shape, positions, rows, 1 / std::sqrt(static_cast<float>(shape.key_dim))};
  Rng rng(seed);
  const auto fill = [&](std::vector<float>& to, int n, int dim, double scale) {
    to.resize(Size(n) * Size(dim));
    for (float& value : to) value = static_cast<float>(scale * rng.Normal());
  };
  fill(p.keys, positions, shape.key_dim, 1);
  fill(p.values, positions, shape.value_dim, 1);
  fill(p.queries, rows, shape.key_dim, spread);
  p.first.assign(Size(rows), 0);
  p.last.assign(Size(rows), positions);
  return p;
}

// One head's memory, filled with the problem's positions.
class Cache {
 public:
  Cache(const Problem& p, const AttentionKernels& kernels)
      : keys_(Groups(p) * Size(KeyGroupBytes(p.shape))),
        values_(Groups(p) * Size(ValueGroupBytes(p.shape))) {
    for (int i = 0; i < p.positions; ++i) {
      kernels.store(p.shape, head(), i, &p.keys[Size(i) * Size(p.shape.key_dim)],
                    &p.values[Size(i) * Size(p.shape.value_dim)]);
    }
  }
  KvHead head() { return {keys_.data(), values_.data()}; }
  const std::vector<std::byte>& keys() const { return keys_; }
  const std::vector<std::byte>& values() const { return values_; }

 private:
  static std::size_t Groups(const Problem& p) {
    return Size((p.positions + kAttentionBlock - 1) / kAttentionBlock * kAttentionBlock / kKvGroup);
  }
  std::vector<std::byte> keys_, values_;
};

// `cuts`: where pieces of the positions begin and end; each becomes a state of its own.
std::vector<float> Attend(const Problem& p, IsaLevel isa, const std::vector<int>& cuts) {
  const AttentionKernels& kernels = AttentionKernelsFor(isa);
  Cache cache(p, kernels);
  alignas(64) static std::byte packed[1 << 17];
  QueryTile tile{packed, p.rows};
  for (int r = 0; r < kTileQueries; ++r) {
    const bool real = r < p.rows;
    kernels.pack(p.shape, real ? &p.queries[Size(r) * Size(p.shape.key_dim)] : nullptr, p.scale, r,
                 packed);
    if (!real) continue;
    tile.first[r] = p.first[Size(r)];
    tile.last[r] = p.last[Size(r)];
  }
  const std::ptrdiff_t stride = AttentionStateFloats(p.shape);
  std::vector<float> states(Size(stride) * (cuts.size() - 1));
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    float* state = &states[i * Size(stride)];
    StartAttention(p.shape, state);
    kernels.attend(p.shape, cache.head(), tile, cuts[i], cuts[i + 1], state);
  }
  std::vector<float> out(Size(p.rows) * Size(p.shape.value_dim));
  for (int r = 0; r < p.rows; ++r) {
    kernels.merge({states.data(), static_cast<int>(cuts.size()) - 1, stride, r,
                   p.sinks.empty() ? nullptr : &p.sinks[Size(r)]},
                  p.shape, &out[Size(r) * Size(p.shape.value_dim)]);
  }
  return out;
}
std::vector<float> Attend(const Problem& p, IsaLevel isa) {
  return Attend(p, isa, {0, p.positions});
}

// A number as a cache of this type gives it back; block: the 32 elements it stands among.
double Kept(KvType type, float x, const float* block) {
  if (type == KvType::kF32) return x;
  if (type == KvType::kF16) return F16ToF32(F32ToF16(x));
  float amax = 0;
  for (int i = 0; i < kKvChunk; ++i) amax = std::max(amax, std::abs(block[i]));
  if (amax == 0) return 0;
  return std::nearbyint(x * (127.0f / amax)) * double{F16ToF32(F32ToF16(amax / 127.0f))};
}

// The formula over what the cache holds, and how far f32 may be from it.
struct Wanted {
  double out;
  double error;
};
std::vector<Wanted> Reference(const Problem& p) {
  const KvShape& s = p.shape;
  const bool q8 = s.type == KvType::kQ8_0;
  const auto kept = [&](const std::vector<float>& x, std::size_t at) {
    return Kept(s.type, x[at], q8 ? &x[at / kKvChunk * kKvChunk] : nullptr);
  };
  std::vector<Wanted> all;
  for (int r = 0; r < p.rows; ++r) {
    std::vector<double> scores;
    double largest = p.sinks.empty() ? -1e300 : p.sinks[Size(r)], score_error = 0;
    for (int i = p.first[Size(r)]; i < p.last[Size(r)]; ++i) {
      double score = 0, magnitude = 0, query_error = 0;
      for (int d = 0; d < s.key_dim; ++d) {
        const std::size_t at = Size(r) * Size(s.key_dim) + Size(d);
        const double key = kept(p.keys, Size(i) * Size(s.key_dim) + Size(d));
        const double q = p.queries[at];
        score += q * key;
        magnitude += std::abs(q * key);
        if (q8) {  // the query is rounded to half a step of its block
          const float* block = &p.queries[at / kKvChunk * kKvChunk];
          double amax = 0;
          for (int j = 0; j < kKvChunk; ++j) amax = std::max(amax, double{std::abs(block[j])});
          query_error += 0.5 * amax / 127 * std::abs(key);
        }
      }
      scores.push_back(score * p.scale);
      largest = std::max(largest, scores.back());
      // key_dim products and sums, the packed query's scale, the exponent's own subtraction.
      score_error = std::max(
          score_error, p.scale * (magnitude * (s.key_dim + 4) * 0x1.0p-24 + query_error * 1.001));
    }
    double sum = p.sinks.empty() ? 0 : std::exp(p.sinks[Size(r)] - largest);
    double magnitude_of_scores = 0;
    for (double& score : scores) {
      magnitude_of_scores = std::max(magnitude_of_scores, std::abs(score) + std::abs(largest));
      score = std::exp(score - largest);
      sum += score;
    }
    // A weight is off by its score's error, twice (its own and the sum's), and by the roundings of
    // 2^x, of as many blocks' rescaling, and of the sums.
    const int blocks = p.positions / kAttentionBlock + 2;
    const double relative = std::expm1(2 * (score_error + magnitude_of_scores * 0x1.0p-23)) +
                            (p.positions + 4 * blocks + 16) * 0x1.0p-24;
    for (int c = 0; c < s.value_dim; ++c) {
      double out = 0, magnitude = 0, most = 0;
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::size_t row = Size(p.first[Size(r)]) + i;
        const std::size_t at = row * Size(s.value_dim) + Size(c);
        const double value = kept(p.values, at);
        out += scores[i] * value;
        magnitude += scores[i] * std::abs(value);
        if (!q8) continue;
        for (int j = 0; j < kKvChunk; ++j) {
          most = std::max(most, std::abs(kept(p.values, at / kKvChunk * kKvChunk + Size(j))));
        }
      }
      // q8_0: weights are whole numbers of 15 bits relative to their block's largest, whose own
      // weight is 1: 64 halves of a step of 1 / 32767 in a sum of at least 1.
      const double fixed = q8 ? 64 * 0.51 / 32767 * most * 127 / 127 : 0;
      const double total = scores.empty() && p.sinks.empty() ? 1 : sum;
      all.push_back({out / total, magnitude / total * relative + fixed + 1e-37});
    }
  }
  return all;
}

void ExpectRight(const Problem& p, const std::string& what) {
  const std::vector<Wanted> wanted = Reference(p);
  for (const IsaLevel isa : kIsas) {
    if (!IsaAvailable(isa)) continue;
    const std::vector<float> out = Attend(p, isa);
    double worst = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      worst = std::max(worst, std::abs(out[i] - wanted[i].out) / wanted[i].error);
      if (!(worst <= 1)) {
        FAIL() << what << ", " << IsaName(isa) << ", " << NameOf(p.shape.type) << ": element " << i
               << " is " << out[i] << ", not " << wanted[i].out << " within " << wanted[i].error;
      }
    }
  }
}

TEST(Attention, IsTheSoftmaxWeightedSumOfTheValues) {
  uint64_t seed = 1;
  for (const KvType type : kTypes) {
    for (const auto& [key_dim, value_dim] :
         {std::pair{128, 128}, {32, 32}, {64, 96}, {192, 128}, {8, 8}, {72, 40}, {2, 2}}) {
      if (type == KvType::kQ8_0 && (key_dim % 32 != 0 || value_dim % 32 != 0)) continue;
      for (const int positions : {1, 15, 16, 17, 63, 64, 65, 200}) {
        const int rows = 1 + static_cast<int>(seed % 8);
        ExpectRight(RandomProblem({type, key_dim, value_dim}, positions, rows, seed),
                    std::to_string(key_dim) + "x" + std::to_string(positions) + ", seed " +
                        std::to_string(seed));
        ++seed;
      }
    }
  }
}

TEST(Attention, LargeAndEqualScoresAreNoTrouble) {
  for (const KvType type : kTypes) {
    ExpectRight(RandomProblem({type, 64, 64}, 300, 8, 1, 60), "scores of hundreds");
    Problem equal = RandomProblem({type, 64, 64}, 300, 8, 2);
    std::fill(equal.queries.begin(), equal.queries.end(), 0.0f);
    ExpectRight(equal, "equal scores");
    Problem rising = RandomProblem({type, 32, 32}, 300, 2, 3);  // a new largest score in each block
    for (int i = 0; i < rising.positions; ++i) {
      for (std::size_t d = 0; d < 32; ++d) {
        rising.keys[Size(i) * 32 + d] = rising.queries[d] * static_cast<float>(i) * 0.05f;
      }
    }
    ExpectRight(rising, "rising scores");
  }
}

TEST(Attention, EachRowSeesItsOwnPositions) {
  for (const KvType type : kTypes) {
    Problem p = RandomProblem({type, 32, 64}, 260, 8, 7);
    p.first = {0, 0, 63, 64, 65, 128, 259, 40};
    p.last = {1, 64, 65, 128, 66, 260, 260, 200};
    ExpectRight(p, "masks at the edges of blocks");
  }
}

TEST(Attention, ASinkTakesItsShareAndGivesNothing) {
  for (const KvType type : kTypes) {
    Problem p = RandomProblem({type, 32, 32}, 70, 3, 8);
    p.sinks = {0.5f, 200.0f, -200.0f};
    ExpectRight(p, "sinks");
  }
}

TEST(Attention, ARowThatSeesNothingIsZero) {
  for (const KvType type : kTypes) {
    for (const IsaLevel isa : kIsas) {
      if (!IsaAvailable(isa)) continue;
      Problem p = RandomProblem({type, 32, 32}, 70, 2, 9);
      p.last[1] = 0;
      const std::vector<float> out = Attend(p, isa);
      EXPECT_NE(out[0], 0);
      EXPECT_EQ(std::vector<float>(out.begin() + 32, out.end()), std::vector<float>(32, 0.0f));
    }
  }
}

TEST(Attention, PiecesOfThePositionsMergeToTheWhole) {
  for (const KvType type : kTypes) {
    Problem p = RandomProblem({type, 64, 64}, 500, 8, 10, 3);
    p.first[3] = 130;  // sees nothing of the first two pieces
    p.sinks.assign(8, 1.0f);
    const std::vector<Wanted> wanted = Reference(p);
    for (const IsaLevel isa : kIsas) {
      if (!IsaAvailable(isa)) continue;
      const std::vector<float> out = Attend(p, isa, {0, 64, 128, 320, 500});
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_NEAR(out[i], wanted[i].out, wanted[i].error) << IsaName(isa) << " " << NameOf(type);
      }
    }
  }
}

TEST(Attention, ARowDependsNeitherOnItsTileNorOnWhatIsBeyondItsPositions) {
  for (const KvType type : kTypes) {
    for (const IsaLevel isa : kIsas) {
      if (!IsaAvailable(isa)) continue;
      Problem all = RandomProblem({type, 64, 32}, 150, 8, 11);
      all.last = {150, 70, 100, 64, 150, 1, 149, 128};
      const std::vector<float> together = Attend(all, isa);
      for (int r = 0; r < 8; ++r) {
        Problem one = all;
        one.rows = 1;
        one.queries.assign(all.queries.begin() + r * 64, all.queries.begin() + (r + 1) * 64);
        one.first = {0};
        one.last = {all.last[Size(r)]};
        for (std::size_t i = Size(one.last[0]) * 64; i < one.keys.size(); ++i) {
          one.keys[i] = std::numeric_limits<float>::quiet_NaN();
        }
        for (std::size_t i = Size(one.last[0]) * 32; i < one.values.size(); ++i) {
          one.values[i] = std::numeric_limits<float>::infinity();
        }
        const std::vector<float> alone = Attend(one, isa);
        if (type == KvType::kQ8_0) {  // two roundings of at most 64 halves of a step of 4 / 32767
          for (std::size_t i = 0; i < 32; ++i) {
            ASSERT_NEAR(alone[i], together[Size(r) * 32 + i], 2 * 64 * 0.51 * 4 / 32767);
          }
          continue;
        }
        EXPECT_EQ(std::memcmp(alone.data(), &together[Size(r) * 32], 32 * sizeof(float)), 0)
            << IsaName(isa) << " " << NameOf(type) << " row " << r;
      }
    }
  }
}

TEST(Attention, WhatIsNotANumberIsNotLost) {
  for (const KvType type : kTypes) {
    for (const IsaLevel isa : kIsas) {
      if (!IsaAvailable(isa)) continue;
      for (const int what : {0, 1, 2, 3}) {
        Problem p = RandomProblem({type, 32, 32}, 100, 1, 12);
        std::vector<float>& in = what == 0 ? p.queries : what == 1 ? p.keys : p.values;
        in[what == 0 ? 5 : 70 * 32 + 5] = what == 3 ? std::numeric_limits<float>::infinity()
                                                    : std::numeric_limits<float>::quiet_NaN();
        bool finite = true;
        for (const float x : Attend(p, isa)) finite = finite && std::isfinite(x);
        EXPECT_FALSE(finite) << IsaName(isa) << " " << NameOf(type) << " " << what;
      }
    }
  }
}

// How far a cache's rounding may move the result: a key element is off by `step`, the score by the
// sum of |query| x step, the weights by twice that in the exponent; a value by its own step.
TEST(Attention, TheRoundingOfTheCacheStaysInItsBounds) {
  for (const KvType type : {KvType::kF16, KvType::kQ8_0}) {
    Problem p = RandomProblem({KvType::kF32, 128, 128}, 700, 8, 13);
    const std::vector<Wanted> exact = Reference(p);
    double largest = 0, sum_q = 0;
    for (const float x : p.keys) largest = std::max(largest, double{std::abs(x)});
    for (const float x : p.values) largest = std::max(largest, double{std::abs(x)});
    for (int r = 0; r < 8; ++r) {
      double sum = 0;
      for (std::size_t d = 0; d < 128; ++d) sum += std::abs(p.queries[Size(r) * 128 + d]);
      sum_q = std::max(sum_q, sum);
    }
    // f16 keeps 11 bits; q8_0 half of amax / 127, whose f16 scale is off by 2^-11 itself. The query
    // is rounded beside q8_0 too, by half a step of a largest element below 5.
    const bool q8 = type == KvType::kQ8_0;
    const double step = q8 ? largest * (0.5 / 127 + 0x1.0p-11) : largest * 0x1.0p-11;
    const double score = p.scale * (sum_q * step + (q8 ? 128 * largest * 2.5 / 127 : 0));
    double mean_square = 0;
    p.shape.type = type;
    const std::vector<float> out = Attend(p, DetectIsa());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double error = std::abs(out[i] - exact[i].out);
      EXPECT_LE(error, largest * std::expm1(2 * score) + 2 * step);
      mean_square += error * error / static_cast<double>(out.size());
    }
    // Errors of single elements are independent: their root mean square is far below. With keys,
    // values and queries ~ N(0, 1), scores ~ N(0, 1), a sum over some 700 / e positions:
    // sqrt(step_k^2 + step_v^2 [+ step_q^2]) / sqrt(3) / sqrt(250) with the steps of a typical
    // block, amax about 2.2 (q8_0), or of an element of 1 (f16); twice that.
    const double typical = q8 ? 0.5 * 2.2 / 127 * std::sqrt(3) : 0x1.0p-11 * std::sqrt(2);
    EXPECT_LE(std::sqrt(mean_square), 2 * typical / std::sqrt(3 * 250)) << NameOf(type);
  }
}

}  // namespace
}  // namespace moebench
