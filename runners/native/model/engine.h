// A model ready to run: the file's shape, the team, the memory under its policy, the forward pass.
//   Engine engine(GgufFile::Open(path), {.thread_cpus = {0, 1}, .context_tokens = 512});
//   engine.transformer().Forward(tokens, k, LogitsOf::kLast, logits);
// Needs nothing of the file once made. Belongs to the thread that made it, which is pinned as long
// as the engine lives.
#pragma once

#include <memory>
#include <vector>

#include "runners/native/model/transformer.h"

namespace moebench {

struct EngineOptions {
  std::vector<int> thread_cpus;   // one cpu for each thread, the caller's first
  std::vector<ThreadSeat> seats;  // where they are, for barriers; empty: nobody knows
  int context_tokens = 512;       // more than the model was trained for become that
  IsaLevel isa = DetectIsa();
  KvType kv = KvType::kF32;  // of the KV cache
  ExpertSplit experts;       // empty: split over all threads
  MemoryBinders bind;
  LoadProgress progress;  // may be empty
};

class Engine {
 public:
  // Throws Error for a file that is no such model, a cpu that may not be used, too little memory.
  Engine(const GgufFile& file, const EngineOptions& options);
  // On another engine's team, which must outlive this one; options.thread_cpus don't matter.
  Engine(const GgufFile& file, const EngineOptions& options, Team& team);

  Transformer& transformer() { return *transformer_; }
  Team& team() { return *team_; }
  // Logits of every position of a fresh sequence, [tokens.size(), vocabulary].
  std::vector<float> Logits(std::span<const int> tokens, int k);

 private:
  void Load(const GgufFile& file, const Hyper& hyper, const EngineOptions& options);

  std::unique_ptr<Team> own_team_;
  Team* team_;
  std::unique_ptr<Transformer> transformer_;
};

}  // namespace moebench
