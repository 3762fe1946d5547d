// One point of the sweep matrix: model x runner x routing x decoding x placement x threads.
// Plain data; Cells of one sweep are compared by id.
#pragma once

#include <string>

namespace moebench {

struct Cell {
  std::string model_path;          // as the user named it
  std::string model_sha256;        // 64 hex digits
  std::string runner = "native";   // native | fake
  int k = 0;                       // experts used per token, 1..N; 0 for a dense model
  std::string decoding = "plain";  // plain | lookup | draft | draft+lookup
  std::string placement;           // its name: interleave, row-shard/l3, ...
  int threads = 0;                 // pinned threads, one per core
  std::string kv = "f16";          // type of the KV cache; empty: an older moebench didn't say
  bool baseline = false;           // k0, plain, reference placement and threads
  int control = 0;                 // n > 0: the n-th A/A copy of the baseline's setting
};

std::string RoutingName(const Cell& cell);  // "k=4"
bool HasUsualKv(const Cell& cell);          // f16, or not recorded: not worth a word

// 16 hex digits over the canonical text of all that identifies the setting (the model by its hash,
// not its path). Stable across versions of the program: history is joined on it.
std::string CellId(const Cell& cell);

// "k=4 plain interleave t=2" for people; another KV cache than f16 is named, an A/A copy ends in
// "A/A 1".
std::string CellLabel(const Cell& cell);

}  // namespace moebench
