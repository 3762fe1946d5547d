// Holds the engine against what llama.cpp computed for a tiny model, in a gtest.
//   ExpectAgreement(TinyModelNamed("olmoe"), ParseFixture(text));
#pragma once

#include <vector>

#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/testing/fixture_case.h"

namespace moebench {

// Logits within the rounding of f32, greedy tokens equal where the top-2 gap allows.
//
// How far may two right implementations differ? All weights are F32, so nothing is rounded but
// sums; conformance_test.cc derives the tolerance from that, for sums of at most 192 terms. Here a
// mixer is up to five products deep where it is two there, and a recurrent state or a running
// softmax adds up to 128 positions, so the branches' number is taken as 10 L instead of 4 L. A
// delta net divides its output by that output's own rms, however much has cancelled in it, which
// makes errors that came before larger: by one more part for each such layer, 3 and 4 here. Seen of
// llama.cpp 0.7.0 against itself, all logits of 96 positions, its CPU back ends x64 and haswell
// against zen4: up to 0.60 of the tolerance without that factor in models without delta nets (0.31
// with Mamba-2, 0.60 with MLA), but 1.4 in qwen3next (two of them) and 3.5 in qwen35moe (three).
void ExpectAgreement(const TinyModel& model, const std::vector<FixtureCase>& cases);

// The same for quantised matrices, as conformance_test.cc derives it: both round activations to 8
// bits by the same rule until the first value between two steps, then independently; where routing
// then swaps an expert a position differs by that expert's share.
void ExpectQuantisedAgreement(const GgufBuilder& model, const std::vector<FixtureCase>& cases);

}  // namespace moebench
