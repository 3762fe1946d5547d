#include "harness/machine/best_rate.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace moebench {
namespace {

struct Point {  // of the curve "bytes done until t": straight between points
  double t_ns = 0;
  double bytes = 0;
};

std::vector<Point> BytesDone(const std::vector<std::vector<TimedChunk>>& threads,
                             int64_t bytes_per_chunk) {
  std::vector<std::pair<int64_t, double>> changes;  // when the common rate rises or falls, by what
  for (const std::vector<TimedChunk>& chunks : threads) {
    for (const TimedChunk& chunk : chunks) {
      if (chunk.end_ns <= chunk.begin_ns) continue;
      const double rate =
          static_cast<double>(bytes_per_chunk) / static_cast<double>(chunk.end_ns - chunk.begin_ns);
      changes.emplace_back(chunk.begin_ns, rate);
      changes.emplace_back(chunk.end_ns, -rate);
    }
  }
  std::sort(changes.begin(), changes.end());
  std::vector<Point> curve;
  double rate = 0, bytes = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    const auto t_ns = static_cast<double>(changes[i].first - changes[0].first);
    if (i > 0) bytes += rate * (t_ns - curve.back().t_ns);
    curve.push_back({t_ns, bytes});
    rate += changes[i].second;
  }
  return curve;
}

}  // namespace

double BestRate(const std::vector<std::vector<TimedChunk>>& threads, int64_t bytes_per_chunk,
                int64_t window_ns) {
  const std::vector<Point> curve = BytesDone(threads, bytes_per_chunk);
  if (curve.empty()) return 0;
  const double length_ns = curve.back().t_ns;
  const double window = std::min(static_cast<double>(window_ns), length_ns);
  double best = 0;
  size_t end = 1;  // first point at or after the window's end
  for (const Point& start : curve) {
    const double until = start.t_ns + window;
    if (until > length_ns) break;
    while (curve[end].t_ns < until) ++end;
    const Point& a = curve[end - 1];
    const Point& b = curve[end];
    const double part = b.t_ns > a.t_ns ? (until - a.t_ns) / (b.t_ns - a.t_ns) : 1;
    best = std::max(best, (a.bytes + part * (b.bytes - a.bytes) - start.bytes) / window);
  }
  return best;
}

}  // namespace moebench
