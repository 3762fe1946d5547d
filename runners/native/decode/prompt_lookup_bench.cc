// A search for what may come next, and the keeping of the index, in a text of 32k tokens: of words
// as unevenly used as in a language, so that most searches find something; and of random ones, so
// that none does.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/decode/prompt_lookup.h"

namespace moebench {
namespace {

constexpr int kTokens = 32768;

std::vector<int> Text(int64_t vocabulary, bool uneven) {
  Rng rng(7);
  std::vector<int> tokens(kTokens);
  for (int& token : tokens) {
    const double u = rng.Uniform();
    const double share = uneven ? std::pow(static_cast<double>(vocabulary), u) - 1
                                : static_cast<double>(vocabulary) * u;
    token = static_cast<int>(share);
  }
  return tokens;
}

void BM_Step(benchmark::State& state) {
  const std::vector<int> text = Text(state.range(0), state.range(1) == 1);
  PromptLookup lookup(2 * kTokens);
  std::vector<int> guesses(15);
  int64_t found = 0, searched = 0;
  std::size_t next = text.size();
  for (auto _ : state) {
    if (next == text.size()) {
      state.PauseTiming();
      lookup.Start(2, 5);
      for (const int token : text) lookup.Append(token);
      next = 0;
      state.ResumeTiming();
    }
    found += lookup.Guess(guesses) > 0;
    ++searched;
    lookup.Append(text[next++]);
  }
  state.counters["found"] =
      static_cast<double>(found) / static_cast<double>(std::max<int64_t>(searched, 1));
}
BENCHMARK(BM_Step)
    ->ArgNames({"vocabulary", "uneven"})
    ->Args({4000, 1})
    ->Args({150'000, 1})
    ->Args({150'000, 0});

}  // namespace
}  // namespace moebench

BENCHMARK_MAIN();
