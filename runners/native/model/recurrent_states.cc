#include "runners/native/model/recurrent_states.h"

#include <algorithm>
#include <array>

#include "harness/base/error.h"
#include "runners/native/kernels/recurrence.h"
#include "runners/native/kernels/team.h"

namespace moebench {
namespace {

constexpr int kLine = 16;                          // floats of a cache line
static_assert(kMaxConvKernel <= kMostConvKernel);  // what a file may ask for can be computed

int RoundedUp(int floats) { return (floats + kLine - 1) / kLine * kLine; }

// Floats of one step's notes: the decay in a line of its own, then key and change.
std::size_t StepFloats(const RecurrentLayer& layer) {
  return static_cast<std::size_t>(kLine + RoundedUp(layer.cols) + RoundedUp(layer.rows));
}

RecurrentLayer ShapeOf(const Hyper& hyper, int layer, int& conv_rows) {
  switch (hyper.layers[static_cast<std::size_t>(layer)].mixer) {
    case Mixer::kDeltaNet: {
      const DeltaNetShape& net = hyper.delta_net;
      conv_rows = RecurrentStates::ConvRows(net.conv_kernel);
      return {.heads = net.n_value_heads,
              .rows = net.head_dim,
              .cols = net.head_dim,
              .channels = (2 * net.n_key_heads + net.n_value_heads) * net.head_dim};
    }
    case Mixer::kMamba2: {
      const Mamba2Shape& mamba = hyper.mamba2;
      conv_rows = RecurrentStates::ConvRows(mamba.conv_kernel);
      return {.heads = mamba.n_heads,
              .rows = mamba.inner / mamba.n_heads,
              .cols = mamba.state,
              .channels = mamba.inner + 2 * mamba.n_groups * mamba.state};
    }
    default:
      return {};
  }
}

std::size_t Product(int a, int b, std::size_t c) {
  return static_cast<std::size_t>(a) * static_cast<std::size_t>(b) * c;
}

Range ShareOf(std::size_t floats, int thread, int n_threads) {
  return PartOf(static_cast<int>((floats + kLine - 1) / kLine), 1, thread, n_threads);
}

void CopyShare(std::span<const float> from, std::span<float> to, int thread, int n_threads) {
  CHECK(from.size() == to.size());
  const Range lines = ShareOf(from.size(), thread, n_threads);
  const std::size_t begin = static_cast<std::size_t>(lines.begin) * kLine;
  const std::size_t end = std::min(static_cast<std::size_t>(lines.end) * kLine, from.size());
  if (begin < end)
    std::copy(from.begin() + static_cast<std::ptrdiff_t>(begin),
              from.begin() + static_cast<std::ptrdiff_t>(end),
              to.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace

RecurrentStates::RecurrentStates(const Hyper& hyper, const MemoryBinder& bind) {
  std::vector<RecurrentLayer> layers;
  std::vector<std::size_t> conv_floats;
  std::size_t kept = 0, notes = 0;
  for (int i = 0; i < hyper.n_layers; ++i) {
    int conv_rows = 0;
    layers.push_back(ShapeOf(hyper, i, conv_rows));
    const RecurrentLayer& layer = layers.back();
    conv_floats.push_back(Product(conv_rows, layer.channels, 1));
    kept +=
        conv_floats.back() + Product(layer.heads, layer.rows, static_cast<std::size_t>(layer.cols));
    notes += Product(layer.heads, kMostRevocable, StepFloats(layer));
  }
  if (kept == 0) return;
  layers_ = std::move(layers);
  arena_ =
      Arena(Arena::Rounded(kept * sizeof(float)) + Arena::Rounded(notes * sizeof(float)), bind);
  kept_ = arena_.TakeArray<float>(kept);
  std::span<float> kept_left = kept_, notes_left = arena_.TakeArray<float>(notes);
  const auto take = [](std::span<float>& left, std::size_t n) {
    const std::span<float> taken = left.first(n);
    left = left.subspan(n);
    return taken;
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    RecurrentLayer& layer = layers_[i];
    layer.conv = take(kept_left, conv_floats[i]);
    layer.memory =
        take(kept_left, Product(layer.heads, layer.rows, static_cast<std::size_t>(layer.cols)));
    layer.steps = take(notes_left, Product(layer.heads, kMostRevocable, StepFloats(layer)));
  }
}

void RecurrentStates::Clear(int thread, int n_threads) {
  for (const RecurrentLayer& layer : layers_) {
    if (layer.heads == 0) continue;
    const Range mine = PartOf(layer.heads, 1, thread, n_threads);
    for (const std::span<float> by_head : {layer.memory, layer.steps}) {
      const std::size_t each = by_head.size() / static_cast<std::size_t>(layer.heads);
      const auto part = by_head.subspan(static_cast<std::size_t>(mine.begin) * each,
                                        static_cast<std::size_t>(mine.size()) * each);
      std::fill(part.begin(), part.end(), 0.0f);
    }
    if (thread == 0) std::fill(layer.conv.begin(), layer.conv.end(), 0.0f);
  }
}

RecurrentStep RecurrentStates::Step(int layer, int head, int position) const {
  const RecurrentLayer& of = Layer(layer);
  const std::size_t slot =
      Product(head, kMostRevocable, 1) + static_cast<std::size_t>(position % kMostRevocable);
  float* notes = of.steps.data() + slot * StepFloats(of);
  return {.decay = notes, .key = notes + kLine, .change = notes + kLine + RoundedUp(of.cols)};
}

float* RecurrentStates::Open(const KernelTable& kernels, int layer, int head, int position,
                             Hold hold, float* scratch) const {
  const RecurrentLayer& of = Layer(layer);
  float* memory = MemoryOf(of, head);
  std::array<NotedStep, 2 * kMostRevocable> steps;
  int n = 0;
  for (int p = folded_; p < position; ++p, ++n) {
    const RecurrentStep step = Step(layer, head, p);
    steps[static_cast<std::size_t>(n)] = {*step.decay, step.key, step.change};
  }
  const auto all = std::span<const NotedStep>(steps).first(static_cast<std::size_t>(n));
  const auto confirmed = all.first(static_cast<std::size_t>(confirmed_ - folded_));
  const auto open = all.subspan(confirmed.size());
  if (hold == Hold::kForGood && confirmed.empty()) return memory;
  const auto repeat = [&](std::span<const NotedStep> some, const float* from, float* to) {
    kernels.repeat_steps(some.data(), static_cast<int>(some.size()), from, to, of.rows, of.cols);
  };
  if (!confirmed.empty()) repeat(confirmed, memory, memory);
  if (hold == Hold::kRevocable) repeat(open, memory, scratch);
  return hold == Hold::kForGood ? memory : scratch;
}

void RecurrentStates::EndPass(int position, Hold hold) {
  if (hold == Hold::kForGood) confirmed_ = position;
  folded_ = confirmed_;
}

void RecurrentStates::Fold(const KernelTable& kernels, int thread, int n_threads) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Range mine = PartOf(layers_[i].heads, 1, thread, n_threads);
    for (int head = mine.begin; head < mine.end; ++head) {
      Open(kernels, static_cast<int>(i), head, confirmed_, Hold::kForGood, nullptr);
    }
  }
}

void RecurrentStates::Save(std::span<float> to, int thread, int n_threads) const {
  CopyShare(kept_, to, thread, n_threads);
}

void RecurrentStates::Restore(std::span<const float> from, int thread, int n_threads) {
  CopyShare(from, kept_, thread, n_threads);
}

}  // namespace moebench
