// The dimensions of real models, for files of random weights that weigh and run like them.
//   const SynthShape& shape = FindShape("qwen3-30b-a3b");
// Constants; what each number is called in the model's own config.json stands beside it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace moebench {

enum class AttentionKind {
  kGrouped,   // grouped-query attention
  kLatent,    // MLA (DeepSeek-V2, arXiv:2405.04434), as llama.cpp stores it: absorbed, one KV head
  kDeltaNet,  // gated delta net, every 4th layer gated attention (Qwen3-Next)
};
enum class QkNorm { kNone, kPerHead, kWholeRow };

struct SynthShape {
  std::string_view name;
  std::string_view architecture;  // general.architecture
  int layers = 0;                 // num_hidden_layers, without those for multi-token prediction
  int d_model = 0;                // hidden_size
  int heads = 0, kv_heads = 0, head_dim = 0;
  int vocabulary = 0, context = 0;
  int experts = 0, k0 = 0, expert_width = 0;
  double rope_base = 10000, rms_eps = 1e-6;
  AttentionKind attention = AttentionKind::kGrouped;
  QkNorm qk_norm = QkNorm::kNone;
  bool qkv_bias = false;
  bool output_bias = false;                  // attn_output, router and experts (gpt-oss)
  bool attention_sinks = false;              // gpt-oss
  bool post_attention_norm = false;          // the norm before the experts has that name
  int rope_dims = 0;                         // 0 = head_dim
  int dense_layers = 0, dense_width = 0;     // first_k_dense_replace, intermediate_size
  int shared_experts = 0, shared_width = 0;  // width of all shared experts together
  bool shared_gate = false;                  // sigmoid gate of the shared expert
  int gating = 0;                   // llama.cpp's number, 1 softmax, 2 sigmoid; 0 = key not written
  bool selection_bias = false;      // exp_probs_b
  int weights_norm = -1;            // norm_topk_prob; -1 = key not written
  double weights_scale = 0;         // routed_scaling_factor; 0 = key not written
  int groups = 0, groups_used = 0;  // n_group, topk_group
  int sliding_window = 0;
  double yarn_factor = 0;  // 0 = no rope scaling
  int yarn_context = 0;    // original_max_position_embeddings
  double yarn_log_multiplier = 0;
  // MLA
  int q_lora = 0, kv_lora = 0, nope_dim = 0, value_dim = 0;  // q_lora 0: queries not compressed
  // Gated delta net: heads are head_dim 128 wide
  int delta_key_heads = 0, delta_value_heads = 0, delta_head_dim = 0, delta_conv = 0;
};

std::span<const SynthShape> AllShapes();

// Throws Error (kUsage) with the nearest name.
const SynthShape& FindShape(std::string_view name);

}  // namespace moebench
