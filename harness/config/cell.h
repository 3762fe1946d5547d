// One point of the sweep matrix: model x runner x routing x decoding x placement x threads.
// Plain data; Cells of one sweep are compared by id.
#pragma once

#include <string>

namespace moebench {

// How a cell guesses tokens ahead; all empty with plain decoding.
struct Guessing {
  std::string draft_path;      // the draft model's GGUF, of draft and draft+lookup
  std::string draft_sha256;    // 64 hex digits
  int draft_tokens = 0;        // guesses checked in one pass, at most; 0 = adaptive
  double min_probability = 0;  // the draft model stops before a token it gives less
  // How recurrent layers take back rejected tokens: rollback | checkpoint | off (they can't, which
  // forbids the cell). Empty for a model without such layers.
  std::string recurrent;
  bool operator==(const Guessing&) const = default;
};

struct Cell {
  std::string model_path;          // as the user named it
  std::string model_sha256;        // 64 hex digits
  std::string runner = "native";   // native | fake
  int k = 0;                       // experts used per token, 1..N; 0 for a dense model
  std::string decoding = "plain";  // plain | lookup | draft | draft+lookup
  std::string placement;           // its name: interleave, row-shard/l3, ...
  // Of the file that the name names, the first 12 hex digits of its SHA-256; empty: it names none,
  // or the cell was read from a store, which keeps it in the id.
  std::string placement_content;
  int threads = 0;         // pinned threads, one per core; of each instance
  int instances = 1;       // copies of the model that run at once, each on its own cores
  std::string kv = "f16";  // type of the KV cache; empty: an older moebench didn't say
  bool baseline = false;   // k0, plain, reference placement and threads
  Guessing guessing;
  int control = 0;  // n > 0: the n-th A/A copy of the baseline's setting
};

std::string RoutingName(const Cell& cell);  // "k=4"
bool HasUsualKv(const Cell& cell);          // f16, or not recorded: not worth a word

// 16 hex digits over the canonical text of all that identifies the setting (the model, and a file
// that a placement names, by their hashes, not their paths). Stable across versions of the program:
// history is joined on it.
std::string CellId(const Cell& cell);

// "k=4 plain interleave t=2" for people, "... 4 x t=2" where four instances of two threads run at
// once; another KV cache than f16 is named, and how recurrent layers take guesses back
// ("k=4 draft interleave t=2 rollback"); an A/A copy ends in "A/A 1".
std::string CellLabel(const Cell& cell);

}  // namespace moebench
