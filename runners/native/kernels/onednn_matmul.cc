#include "runners/native/kernels/onednn_matmul.h"

#include <algorithm>
#include <bit>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "harness/base/error.h"

namespace moebench {
namespace {

using dnnl::memory;

memory::data_type DataType(WeightType type) {
  switch (type) {
    case WeightType::kF32:
      return memory::data_type::f32;
    case WeightType::kF16:
      return memory::data_type::f16;
    case WeightType::kBF16:
    case WeightType::kBF16Pairs:
      return memory::data_type::bf16;
    default:
      break;  // scales of groups: facts in README.md
  }
  CHECK(false);
}

memory::format_tag TileTag(WeightType type, int tile_rows) {
  if (type == WeightType::kBF16Pairs) {
    switch (tile_rows) {
      case 16:
        return memory::format_tag::BA16a16b2a;
      case 32:
        return memory::format_tag::BA16a32b2a;
      case 48:
        return memory::format_tag::BA16a48b2a;
      default:
        return memory::format_tag::BA16a64b2a;
    }
  }
  switch (tile_rows) {
    case 16:
      return memory::format_tag::BA16a16b;
    case 32:
      return memory::format_tag::BA16a32b;
    case 48:
      return memory::format_tag::BA16a48b;
    default:
      return memory::format_tag::BA16a64b;
  }
}

}  // namespace

struct OneDnnMatMul::State {
  struct Variant {  // for one number of rows
    dnnl::matmul primitive;
    memory x, w, y;
    std::unordered_map<int, memory> arguments;
  };
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<std::byte> scratchpad;
  std::vector<Variant> variants;  // 32 and 64 rows
};

OneDnnMatMul::OneDnnMatMul(const OneDnnShape& shape)
    : shape_(shape), state_(std::make_unique<State>()) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  std::vector<dnnl::matmul::primitive_desc> descriptions;
  try {
    for (int n_x = kFewest; n_x <= kMost; n_x *= 2) {
      const memory::data_type x_type =
          shape.type == WeightType::kBF16Pairs ? memory::data_type::bf16 : memory::data_type::f32;
      const memory::desc x({n_x, shape.cols}, x_type, memory::format_tag::ab);
      const memory::desc w({shape.cols, shape.rows}, DataType(shape.type),
                           TileTag(shape.type, shape.tile_rows));
      const memory::desc y({n_x, shape.rows}, memory::data_type::f32, memory::dims{shape.ldy, 1});
      descriptions.emplace_back(state_->engine, x, w, y, attributes);
      implementation_ = descriptions.back().impl_info_str();
      if (implementation_.find("ref") != std::string::npos) return;
    }
    std::size_t scratch_bytes = 1;
    for (const auto& each : descriptions) {
      scratch_bytes = std::max(scratch_bytes, each.scratchpad_desc().get_size());
    }
    state_->scratchpad.resize(scratch_bytes);
    for (const auto& each : descriptions) {
      State::Variant variant;
      variant.primitive = dnnl::matmul(each);
      variant.x = memory(each.src_desc(), state_->engine, nullptr);
      variant.w = memory(each.weights_desc(), state_->engine, nullptr);
      variant.y = memory(each.dst_desc(), state_->engine, nullptr);
      variant.arguments = {{DNNL_ARG_SRC, variant.x},
                           {DNNL_ARG_WEIGHTS, variant.w},
                           {DNNL_ARG_DST, variant.y},
                           {DNNL_ARG_SCRATCHPAD, memory(each.scratchpad_desc(), state_->engine,
                                                        state_->scratchpad.data())}};
      state_->variants.push_back(std::move(variant));
    }
    usable_ = true;
  } catch (const dnnl::error& error) {
    implementation_ = std::string("none: ") + error.message;
  }
}

OneDnnMatMul::~OneDnnMatMul() = default;
OneDnnMatMul::OneDnnMatMul(OneDnnMatMul&&) noexcept = default;

void OneDnnMatMul::Run(const std::byte* tiles, const void* x, int n_x, float* y) {
  const int index = std::countr_zero(static_cast<unsigned>(n_x)) -
                    std::countr_zero(static_cast<unsigned>(kFewest));
  CHECK(usable_ && std::has_single_bit(static_cast<unsigned>(n_x)) && index >= 0 &&
        static_cast<std::size_t>(index) < state_->variants.size());
  State::Variant& variant = state_->variants[static_cast<std::size_t>(index)];
  // oneDNN reads these two; its interface has no const.
  variant.x.set_data_handle(const_cast<void*>(x));
  variant.w.set_data_handle(const_cast<std::byte*>(tiles));
  variant.y.set_data_handle(y);
  try {
    variant.primitive.execute(state_->stream, variant.arguments);
  } catch (const dnnl::error&) {
    CHECK(false);  // the others of the team wait at a barrier: there is nowhere to throw to
  }
}

std::string OneDnnVersion() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace moebench
