// The steps of ReadHyper, each for one part of the model. All throw Error.
#pragma once

#include "runners/native/facts/architecture.h"
#include "runners/native/facts/metadata_keys.h"

namespace moebench {

inline constexpr int kMaxWidth = 1 << 20;
inline constexpr int kMaxHeads = 4096;
inline constexpr int kMaxExperts = 65536;
inline constexpr int kMaxContext = 1 << 27;

// Which layers mix how: hyper.layers gets its size, their mixers and windows.
void ReadMixers(const Keys& keys, const Architecture& arch, Hyper& hyper);
// Heads, widths and scale of attention; the latent one's ranks; the recurrent ones' states.
void ReadAttention(const Keys& keys, const Architecture& arch, Hyper& hyper);
void ReadMla(const Keys& keys, Hyper& hyper);
void ReadDeltaNet(const Keys& keys, Hyper& hyper);
void ReadMamba2(const Keys& keys, Hyper& hyper);
// After attention: widths are known.
void ReadRope(const Keys& keys, const Architecture& arch, Hyper& hyper);
// Experts and the dense layers beside them.
void ReadFeedForward(const Keys& keys, const Architecture& arch, Hyper& hyper);
// Every tensor in its shape, and none that the computation would leave out.
void CheckTensors(const GgufFile& file, const Hyper& hyper);

// True for a tensor "blk.N..." with N in [first, end).
bool IsOfLayers(std::string_view name, int first, int end);

// Rows of a matrix in the file; 1 of a vector. Fails if they are more than `most`.
int RowsOf(const GgufFile& file, const std::string& tensor, int most);

}  // namespace moebench
