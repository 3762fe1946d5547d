#include "harness/cli/bench_row.h"

#include <fmt/format.h>

#include "harness/stats/summary.h"

namespace moebench {

std::string BenchTest::Name() const {
  std::string name;
  if (prompt_tokens > 0) name = fmt::format("pp{}", prompt_tokens);
  if (generated_tokens > 0) {
    name += fmt::format("{}tg{}", name.empty() ? "" : "+", generated_tokens);
  }
  if (depth > 0) name += fmt::format(" @ d{}", depth);
  return name;
}

std::vector<double> BenchRow::SamplesTs() const {
  std::vector<double> speeds;
  for (const int64_t ns : samples_ns) {
    const int tokens = test.prompt_tokens + test.generated_tokens;
    speeds.push_back(1e9 * tokens / static_cast<double>(ns));
  }
  return speeds;
}

double BenchRow::ReadGbps() const {
  if (test.prompt_tokens > 0 || samples_ns.empty()) return 0;
  return bytes_per_token * Median(SamplesTs()) / 1e9;
}

// Decoding takes as long as its bytes: those of the layers grow with their number, those of the
// output head don't. Of a prompt the head computes one row only.
double BenchRow::ExtrapolatedTs() const {
  if (samples_ns.empty() || facts.synthetic_layers <= facts.n_layers || facts.n_layers == 0) {
    return 0;
  }
  const double more = static_cast<double>(facts.synthetic_layers) / facts.n_layers;
  const double speed = Median(SamplesTs());
  if (test.prompt_tokens > 0) return speed / more;
  const double all = static_cast<double>(facts.ActiveBytes(test.k));
  const double head = static_cast<double>(facts.head_bytes_per_token);
  return speed * all / (head + (all - head) * more);
}

}  // namespace moebench
