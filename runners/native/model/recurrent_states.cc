#include "runners/native/model/recurrent_states.h"

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/kernels/team.h"

namespace moebench {

RecurrentStates::RecurrentStates(const Hyper& hyper, const MemoryBinder& bind) {
  std::size_t floats = 0;
  for (int i = 0; i < hyper.n_layers; ++i) {
    const RecurrentState state = RecurrentStateOf(hyper, i);
    floats += static_cast<std::size_t>(state.conv + state.memory);
  }
  layers_.resize(static_cast<std::size_t>(hyper.n_layers));
  if (floats == 0) return;
  arena_ = Arena(Arena::Rounded(floats * sizeof(float)), bind);
  all_ = arena_.TakeArray<float>(floats);
  std::size_t at = 0;
  const auto take = [&](int64_t n) {
    const std::span<float> taken = all_.subspan(at, static_cast<std::size_t>(n));
    at += taken.size();
    return taken;
  };
  for (int i = 0; i < hyper.n_layers; ++i) {
    const RecurrentState state = RecurrentStateOf(hyper, i);
    RecurrentLayer& layer = layers_[static_cast<std::size_t>(i)];
    layer.conv = take(state.conv);
    layer.memory = take(state.memory);
    layer.heads = state.heads;
  }
}

void RecurrentStates::Clear(int thread, int n_threads) {
  for (const RecurrentLayer& layer : layers_) {
    if (layer.heads == 0) continue;
    const std::size_t floats = layer.memory.size() / static_cast<std::size_t>(layer.heads);
    const Range mine = PartOf(layer.heads, 1, thread, n_threads);
    const auto memory = layer.memory.subspan(static_cast<std::size_t>(mine.begin) * floats,
                                             static_cast<std::size_t>(mine.size()) * floats);
    std::fill(memory.begin(), memory.end(), 0.0f);
    if (thread == 0) std::fill(layer.conv.begin(), layer.conv.end(), 0.0f);
  }
}

void RecurrentStates::Save(std::span<float> to) const {
  CHECK(to.size() == all_.size());
  std::copy(all_.begin(), all_.end(), to.begin());
}

void RecurrentStates::Restore(std::span<const float> from) {
  CHECK(from.size() == all_.size());
  std::copy(from.begin(), from.end(), all_.begin());
}

}  // namespace moebench
