// The feed-forward part of a layer: dense, or experts (transformer_experts.cc) and beside them the
// one that every token takes.
#include "runners/native/kernels/recurrence.h"
#include "runners/native/model/transformer.h"

namespace moebench {

void Transformer::FeedForwardOf(int thread, const Pass& pass, int layer) {
  const LayerWeights& w = Layer(layer);
  if (weights_.hyper.layers[static_cast<std::size_t>(layer)].feed_forward ==
      FeedForward::kExperts) {
    return Experts(thread, pass, layer);
  }
  const ActivationRows& x =
      Norm(thread, pass, w.ffn_norm, w.mlp.gate.quantised() || w.mlp.up.quantised());
  MlpHidden(thread, pass, w.mlp, x);
  team_.Barrier(thread);
  MlpDown(thread, pass, w, x);
}

void Transformer::MlpHidden(int thread, const Pass& pass, const GatedMlp& mlp,
                            const ActivationRows& x) {
  const ActivationRows hidden = OfWidth(space_.mlp, mlp.width());
  const Range rows = mlp.gate.RowsOf(thread);
  float* ups = Own(thread).products.data();
  Multiply(thread, mlp.gate, 0, x, 0, pass.n, hidden.f32 + rows.begin, hidden.cols);
  Multiply(thread, mlp.up, 0, x, 0, pass.n, ups, rows.size());
  const bool whole_blocks = SlicesAreWholeBlocks(mlp.gate);
  for (int token = 0; token < pass.n; ++token) {
    kernels_.swiglu(hidden.f32 + std::ptrdiff_t{token} * hidden.cols + rows.begin,
                    ups + std::ptrdiff_t{token} * rows.size(), rows.size());
    if (mlp.down.quantised() && whole_blocks) {
      QuantiseColumns(kernels_, hidden, 0, pass.n, token, rows.begin, rows.end);
    }
  }
  if (!mlp.down.quantised() || whole_blocks) return;
  team_.Barrier(thread);
  const Range mine = TokensOf(thread, pass);
  for (int token = mine.begin; token < mine.end; ++token) {
    QuantiseColumns(kernels_, hidden, 0, pass.n, token, 0, hidden.cols);
  }
}

// x: what the hidden part was computed from; a shared expert's gate reads it, too.
void Transformer::MlpDown(int thread, const Pass& pass, const LayerWeights& w,
                          const ActivationRows& x) {
  const PackedMatrix& down = w.mlp.down;
  Multiply(thread, down, 0, OfWidth(space_.mlp, w.mlp.width()), 0, pass.n,
           Own(thread).products.data(), down.RowsOf(thread).size());
  for (int token = 0; token < pass.n; ++token) {
    const float gate = w.shared_gate.empty()
                           ? 1.0f
                           : Sigmoid(kernels_.dot(x.f32 + std::ptrdiff_t{token} * x.cols,
                                                  w.shared_gate.data(), x.cols));
    AddToResidual(thread, down, token, token, gate);
  }
}

// True if every thread's rows are whole blocks of the rows that read them.
bool Transformer::SlicesAreWholeBlocks(const PackedMatrix& matrix) const {
  for (int thread = 0; thread < team_.size(); ++thread) {
    if (matrix.RowsOf(thread).begin % kActivationBlock != 0) return false;
  }
  return true;
}

}  // namespace moebench
