// What the parts of a layer can be: plain numbers that a forward pass is built from.
#pragma once

#include <array>

namespace moebench {

enum class Mixer {
  kAttention,  // softmax attention over a KV cache
  kMla,        // multi-head latent attention (DeepSeek-V2, arXiv:2405.04434)
  kDeltaNet,   // gated delta rule (arXiv:2412.06464): a matrix per head is the memory
  kMamba2,     // state space duality (arXiv:2405.21060)
};
enum class FeedForward { kDense, kExperts };
enum class Activation {
  kSwiGlu,         // silu(gate) * up
  kSwiGluClamped,  // gpt-oss: gate to at most 7, up to [-7, 7], gate sigmoid(1.702 gate) (up + 1)
};

// How router logits become weights of the chosen experts.
enum class Gating {
  kSoftmax,          // over all experts
  kSigmoid,          // of each
  kSoftmaxOfChosen,  // over the k chosen ones
};
struct RoutingShape {
  Gating gating = Gating::kSoftmax;
  bool logit_bias = false;      // ffn_gate_inp.bias, added to the logits
  bool selection_bias = false;  // exp_probs_b.bias, added for the choice, not to the weights
  // Experts stand in this many groups of N / n_groups; only those of the groups_used best can be
  // chosen, a group's score being the sum of its two best (DeepSeek-V3, arXiv:2412.19437).
  int n_groups = 1;
  int groups_used = 1;
  double scale = 1;  // times the weights, after they are divided by their sum
};

// Which elements of a head rotary embedding turns together: i and i + dims / 2 (NeoX), or
// 2i and 2i + 1 (interleaved, as llama.cpp's converters leave Llama weights).
enum class RopeStyle { kNeox, kInterleaved };
enum class RopeScaling { kNone, kLinear, kYarn };
struct RopeShape {
  RopeStyle style = RopeStyle::kNeox;
  int dims = 0;  // even; the first elements of a head (of MLA: its positional part). 0 = none turns
  double base = 10000;
  RopeScaling scaling = RopeScaling::kNone;
  double factor = 1;  // positions are divided by it; with yarn only in slow pairs
  int original_context = 0;
  double beta_fast = 32, beta_slow = 1;  // yarn: turns over the original context
  double magnitude = 1;                  // cos and sin times this
  bool has_factors = false;  // rope_freqs.weight [dims / 2]: each pair's angle is divided by it
  // Of models that see, pairs belong to an axis each: time, height, width, a fourth; so many in a
  // row, or the first three in turn. All 0: to one axis.
  std::array<int, 4> sections{};
  bool sections_take_turns = false;
};

struct MlaShape {
  int q_rank = 0;    // queries go through a matrix of this rank; 0 = directly
  int kv_rank = 0;   // elements that are cached of a position, beside rope.dims
  int nope_dim = 0;  // of a head's query and key that positions don't turn; rope.dims follow
  int value_dim = 0;
  bool split_kv = true;  // attn_k_b and attn_v_b; else both in attn_kv_b, by head
};

inline constexpr int kMaxConvKernel = 64;  // of a recurrent layer's convolution

struct DeltaNetShape {
  int n_key_heads = 0;
  int n_value_heads = 0;  // a multiple of n_key_heads
  int head_dim = 0;       // of keys and values
  int conv_kernel = 0;
  bool fused_qkvz = false;        // ssm_in, by key head [q, k, v, z]; else attn_qkv and attn_gate
  bool fused_beta_alpha = false;  // ssm_ba, by key head [beta, alpha]; else two tensors
  // Value head h reads key head h / (n_value_heads / n_key_heads), or else h % n_key_heads.
  bool key_heads_repeat = false;
};

struct Mamba2Shape {
  int n_heads = 0;
  int inner = 0;  // n_heads x head width
  int state = 0;
  int n_groups = 0;  // of heads that share B and C
  int conv_kernel = 0;
  bool conv_bias = false;
};

}  // namespace moebench
