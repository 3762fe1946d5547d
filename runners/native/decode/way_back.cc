#include "runners/native/decode/way_back.h"

#include "harness/base/error.h"

namespace moebench {

Recurrent RecurrentFrom(const std::string& name) {
  if (name == "rollback") return Recurrent::kRollback;
  if (name == "checkpoint") return Recurrent::kCheckpoint;
  throw Error("recurrent layers can't go back by '" + name + "'", "speculation",
              "choose rollback or checkpoint", ExitCode::kConfig);
}

void WayBack::Start(Recurrent recurrent) {
  saved_.resize(recurrent == Recurrent::kCheckpoint ? model_.state_floats() : 0);
}

void WayBack::Mark() {
  mark_ = model_.position();
  if (uses_checkpoint()) {
    model_.SaveState(saved_);
  } else {
    model_.Confirm();
  }
}

void WayBack::Append(std::span<const int> tokens, int k, LogitsOf wanted, std::span<float> logits) {
  model_.Forward(tokens, k, wanted, logits, uses_checkpoint() ? Hold::kForGood : Hold::kRevocable);
}

void WayBack::GoTo(int position) {
  CHECK(position >= mark_);
  if (position == model_.position()) return;
  if (uses_checkpoint()) {
    model_.RestoreState(saved_, mark_);
  } else {
    model_.Rewind(position);
  }
}

}  // namespace moebench
