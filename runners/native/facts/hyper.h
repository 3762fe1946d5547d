// The shape of a model, read from its GGUF header and held against its tensors.
//   Hyper hyper = ReadHyper(file);
// After ReadHyper every tensor of the architecture is there, in the shape that follows from these
// numbers, and no other one is: who computes with them need not check again (the types of the
// weights aside). Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runners/native/facts/layer_shapes.h"
#include "runners/native/gguf/gguf_file.h"

namespace moebench {

// One layer: a mixer of positions, then a feed-forward part, each behind a norm and added to the
// residual stream. Layers of one kind have the same shape, but for what stands here.
struct LayerShape {
  Mixer mixer = Mixer::kAttention;
  FeedForward feed_forward = FeedForward::kExperts;
  int window = 0;       // positions attention looks back on, itself included; 0 = all
  int dense_width = 0;  // of a dense feed-forward part
  bool qkv_bias = false, out_bias = false;  // added to queries, keys and values; to the output
  bool qk_norm = false;                     // RMS norm of queries and keys before the rotation
};

struct Hyper {
  std::string architecture;
  int d_model = 0;
  int n_layers = 0;             // those that compute: without the ones below
  int n_prediction_layers = 0;  // next-token-prediction layers behind them; never computed
  int vocabulary = 0;           // rows of the embedding = rows of the output head
  int context = 0;              // tokens the model was trained for
  double rms_eps = 0;
  bool tied_output = false;  // the embedding is the output head too
  // The norm before the feed-forward part: "ffn_norm.weight", or "post_attention_norm.weight".
  std::string ffn_norm_tensor = "ffn_norm.weight";
  double embedding_scale = 1;  // times the embedded token
  double residual_scale = 1;   // times what each part adds to the residual stream
  double logit_scale = 1;      // times the logits

  // Attention, of every layer that has it; 0 heads without such layers.
  int n_heads = 0;
  int n_kv_heads = 0;          // divides n_heads
  int head_dim = 0;            // of queries and keys
  int value_dim = 0;           // of values
  double attention_scale = 0;  // times query . key
  bool qk_norm = false;        // in any layer; over each head
  bool qk_norm_joint = false;  // instead over all heads of a token at once
  bool output_gate = false;  // the q matrix gives [query, gate] of each head; out *= sigmoid(gate)
  bool sinks = false;        // each head's softmax has one more term, a learned number
  RopeShape rope;

  MlaShape mla;
  DeltaNetShape delta_net;
  Mamba2Shape mamba2;

  // Experts, of every layer that has them; n_experts is 0 in a dense model.
  int n_experts = 0;  // N, per layer
  int k0 = 0;         // trained experts per token, 1..N
  int expert_width = 0;
  bool norm_topk = true;  // weights of the chosen experts are divided by their sum
  RoutingShape routing;
  Activation activation = Activation::kSwiGlu;
  bool expert_bias = false;    // added to what gate, up and down of each expert give
  bool fused_gate_up = false;  // ffn_gate_up_exps: gate's rows, then up's
  int shared_width = 0;        // of the expert that every token takes; 0 = none
  int n_shared_experts = 0;    // how many experts it was trained as
  bool shared_gate = false;    // its output is multiplied by sigmoid(x . ffn_gate_inp_shexp)

  std::vector<LayerShape> layers;  // [n_layers]

  int CountOf(Mixer mixer) const;
  int CountOf(FeedForward feed_forward) const;
};

// The architectures that ReadHyper takes.
const std::vector<std::string>& KnownArchitectures();

// Throws Error naming the key or tensor, what it is and what it should be.
Hyper ReadHyper(const GgufFile& file);

// "blk.3.attn_q.weight"
std::string LayerTensor(int layer, const char* name);

// Numbers that all layers keep of each position.
int64_t KvNumbersPerPosition(const Hyper& hyper);
// Numbers of them that one token reads which is the last of so many positions.
int64_t KvNumbersRead(const Hyper& hyper, int64_t positions);

// Numbers that a recurrent layer keeps of a sequence, however long; none in other layers.
struct RecurrentState {
  int64_t conv = 0;    // [conv_kernel - 1, channels] the last inputs of the convolution
  int64_t memory = 0;  // DeltaNet [value heads, head_dim, head_dim], Mamba2 [inner, state]
};
RecurrentState RecurrentStateOf(const Hyper& hyper, int layer);

}  // namespace moebench
