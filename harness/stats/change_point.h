// Where a series of nights changed for good: finds the slow loss that no single night shows.
//   for (const ChangePoint& change : ChangePoints(levels)) ...
// E-divisive (Matteson and James 2014, alpha = 1) says where, a t-test whether, as in Hunter
// (Fleming et al. 2023, arXiv:2301.03034): the same answer each time. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace moebench {

struct ChangePoint {
  size_t at = 0;     // index of the first night after the change
  double ratio = 1;  // speed after / before, up to the next change on either side
  double p = 1;      // of Student's t between the two sides
};

// levels: log of tokens/s, a night each, oldest first; at most the last 120 are used. Returned in
// order of time: p <= 0.001 and a change of at least 3 %, at least three nights on each side.
std::vector<ChangePoint> ChangePoints(std::span<const double> levels);

}  // namespace moebench
