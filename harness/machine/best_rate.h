// The highest common rate of several threads within a short window: how the bandwidth probe tells
// what the machine can do from what its neighbours left over.
#pragma once

#include <cstdint>
#include <vector>

namespace moebench {

struct TimedChunk {  // one piece of work of one thread
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
};

// Bytes per nanosecond (= 1e9 bytes/s) of all threads together in the best window of window_ns.
// Each chunk is bytes_per_chunk, done evenly from its begin to its end. A thread that was
// pre-empted has a long chunk and spoils the windows over it, no others; a window in which all ran
// shows what they can do together. 0 if there are no chunks.
double BestRate(const std::vector<std::vector<TimedChunk>>& threads, int64_t bytes_per_chunk,
                int64_t window_ns);

}  // namespace moebench
