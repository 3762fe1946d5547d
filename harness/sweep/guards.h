// Why a cell must not run, decided from the model's file and from what the runner says it can do;
// never from a list of names.
//   const Abilities abilities{.capabilities = hello, .draft = DraftInput{"d.gguf", sha, ""}};
//   if (auto reason = GuardReason(cell, facts, abilities)) ...  // skipped(reason)
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/config/cell.h"
#include "runners/runner.h"

namespace moebench {

struct DraftInput {
  std::string path, sha256;
  int64_t file_bytes = 0;
  std::string mismatch;  // why it can't guess for this model, "vocabulary ..."; empty = it can
  int64_t kv_bytes_per_position = 0;  // of a KV cache of f16
};

// What a cell of one model may count on.
struct Abilities {
  std::vector<std::string> capabilities;  // of the runner's hello: "decoding:draft", ...
  std::optional<DraftInput> draft;        // the model's draft model
};

bool HasCapability(const Abilities& abilities, const std::string& name);

// May a model with recurrent layers be decoded speculatively? Their state is a summary that can't
// be cut back to an earlier position: either it was kept there, or rejected tokens stay in it.
enum class StateGuard {
  kNotNeeded,   // no recurrent layer
  kForbidden,   // no way to restore the state, or none that was allowed
  kCheckpoint,  // correct and slow: one snapshot, accepted tokens are decoded again
  kRollback,    // a snapshot for each position of the guess
};
struct StateAnswer {
  StateGuard guard = StateGuard::kNotNeeded;
  std::string reason;  // of kForbidden, begins with "ssm: "
};
// asked: auto | rollback | checkpoint | off. auto takes rollback or nothing: that a checkpoint pays
// is not to be expected, so it must be asked for.
StateAnswer GuardState(const ModelFacts& facts, const Abilities& abilities,
                       const std::string& asked);
// Guessing::recurrent of a cell: what was asked for, auto decided; empty where it is not needed.
std::string RecurrentSetting(const ModelFacts& facts, const Abilities& abilities,
                             const std::string& asked);

// Nothing if the cell may run.
std::optional<std::string> GuardReason(const Cell& cell, const ModelFacts& facts,
                                       const Abilities& abilities);

}  // namespace moebench
