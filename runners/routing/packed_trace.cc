#include "runners/routing/packed_trace.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

void Put(std::size_t number, std::string& bytes) {
  bytes += static_cast<char>(number & 0xff);
  bytes += static_cast<char>(number >> 8 & 0xff);
}

class Unpacker {
 public:
  Unpacker(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  bool done() const { return bytes_.empty(); }
  int Take() {
    if (bytes_.size() < 2) Refuse("ends in the middle of a token");
    const int number = static_cast<unsigned char>(bytes_[0]) | static_cast<unsigned char>(bytes_[1])
                                                                   << 8;
    bytes_.remove_prefix(2);
    return number;
  }
  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error{"a packed routing trace " + what, name_, "", ExitCode::kBadData};
  }

 private:
  std::string_view bytes_;
  const std::string& name_;
};

void TakeLayer(Unpacker& from, RoutingTrace& trace, std::vector<int32_t>& sorted) {
  const int count = from.Take();
  if (count < 1 || count > trace.n_experts) {
    from.Refuse("gives a token " + std::to_string(count) + " of " +
                std::to_string(trace.n_experts) + " experts");
  }
  sorted.clear();
  for (int i = 0; i < count; ++i) {
    sorted.push_back(from.Take());
    trace.ids.push_back(sorted.back());
  }
  std::sort(sorted.begin(), sorted.end());
  if (sorted.back() >= trace.n_experts) {
    from.Refuse("names expert " + std::to_string(sorted.back()) + " of " +
                std::to_string(trace.n_experts));
  }
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    from.Refuse("names an expert twice for one token");
  }
  trace.begin.push_back(trace.ids.size());
}

}  // namespace

std::string PackRoutingTrace(const RoutingTrace& trace) {
  std::string bytes;
  bytes.reserve(2 * (trace.ids.size() + trace.begin.size()));
  for (int token = 0; token < trace.n_tokens(); ++token) {
    for (int layer = 0; layer < trace.n_layers; ++layer) {
      const auto experts = trace.Experts(token, layer);
      Put(experts.size(), bytes);
      for (const int32_t expert : experts) Put(static_cast<std::size_t>(expert), bytes);
    }
  }
  return bytes;
}

RoutingTrace UnpackRoutingTrace(std::string_view bytes, int n_experts, int n_layers,
                                const std::string& name) {
  Unpacker from(bytes, name);
  if (n_experts < 1 || n_experts > kMostTraceExperts || n_layers < 1 ||
      n_layers > kMostTraceLayers) {
    from.Refuse("is of " + std::to_string(n_experts) + " experts in " + std::to_string(n_layers) +
                " layers");
  }
  if (from.done()) from.Refuse("holds no token");
  RoutingTrace trace{.n_experts = n_experts, .n_layers = n_layers, .ids = {}, .begin = {0}};
  std::vector<int32_t> sorted;
  while (!from.done()) {
    for (int layer = 0; layer < n_layers; ++layer) TakeLayer(from, trace, sorted);
  }
  return trace;
}

}  // namespace moebench
