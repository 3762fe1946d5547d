#include "harness/machine/bandwidth.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstring>
#include <exception>
#include <optional>
#include <thread>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/machine/best_rate.h"
#include "harness/machine/cgroup.h"
#include "harness/machine/memory_policy.h"
#include "harness/machine/proc_text.h"
#include "harness/machine/read_loop.h"

namespace moebench {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kChunkBytes = size_t{1} << 20;  // 60 us from memory: shorter than a time slice
constexpr int64_t kWindowNs = 2'000'000;
constexpr size_t kMostChunks = 1 << 16;  // per thread: 64 GiB of 1 MiB chunks

// Anonymous memory of one thread, in huge pages where the kernel gives them.
class Buffer {
 public:
  Buffer(size_t bytes, int node)
      : bytes_(bytes),
        data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (data_ == MAP_FAILED) return;
    madvise(data_, bytes_, MADV_HUGEPAGE);
    if (node >= 0) BindMemory(data_, bytes_, {.policy = "local", .memory_nodes = {node}});
    std::memset(data_, 1, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }

  const char* data() const {
    return data_ == MAP_FAILED ? nullptr : static_cast<const char*>(data_);
  }

 private:
  size_t bytes_;
  void* data_;
};

struct Task {
  size_t buffer_bytes;  // per thread, whole chunks
  size_t chunk_bytes;   // a multiple of kReadBlockBytes
  int64_t length_ns;
  int node = -1;  // where the buffers lie; -1: where each thread is
};

struct Shared {
  explicit Shared(std::ptrdiff_t threads) : start(threads) {}
  std::barrier<> start;
  std::atomic<bool> give_up{false};  // a thread has no buffer or no cpu: nobody measures
  std::atomic<uint64_t> sink{0};     // keeps the reads from being optimised away
};

struct ThreadResult {
  std::vector<TimedChunk> chunks;
  std::exception_ptr error;
};

// Reads the buffer chunk by chunk, round and round, until the time is over.
void ReadUntil(const Task& task, const char* data, Shared* shared, ThreadResult* result) {
  uint64_t sum = 0;
  int64_t now_ns = NowNs();
  const int64_t deadline_ns = now_ns + task.length_ns;
  for (size_t offset = 0; now_ns < deadline_ns && result->chunks.size() < kMostChunks;
       offset = (offset + task.chunk_bytes) % task.buffer_bytes) {
    sum += ReadBlocks(data + offset, task.chunk_bytes);
    const int64_t end_ns = NowNs();
    result->chunks.push_back({now_ns, end_ns});
    now_ns = end_ns;
  }
  shared->sink += sum;
}

void RunThread(int cpu, const Task& task, Shared* shared, ThreadResult* result) {
  std::optional<Buffer> buffer;
  try {
    PinThisThread(cpu);
    buffer.emplace(task.buffer_bytes, task.node);
    result->chunks.reserve(kMostChunks);
  } catch (const Error&) {
    result->error = std::current_exception();
  }
  if (!buffer || buffer->data() == nullptr) shared->give_up = true;
  shared->start.arrive_and_wait();
  if (!shared->give_up) ReadUntil(task, buffer->data(), shared, result);
}

// 1e9 bytes/s of all threads; 0 if there was not enough memory.
double Measure(const std::vector<int>& cpus, const Task& task) {
  Shared shared(static_cast<std::ptrdiff_t>(cpus.size()));
  std::vector<ThreadResult> results(cpus.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < cpus.size(); ++i) {
    threads.emplace_back(RunThread, cpus[i], std::cref(task), &shared, &results[i]);
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::vector<TimedChunk>> chunks;
  for (ThreadResult& result : results) {
    if (result.error) std::rethrow_exception(result.error);
    chunks.push_back(std::move(result.chunks));
  }
  if (shared.give_up) return 0;
  return BestRate(chunks, static_cast<int64_t>(task.chunk_bytes), kWindowNs);
}

size_t RoundDown(size_t bytes, size_t unit) { return bytes / unit * unit; }

// What each of n threads may take: the wish, or its part of a quarter of what is available. The
// cgroup's limit counts too: the kernel's own figures know nothing of it, but its killer does.
size_t AffordableBytes(size_t wanted, size_t threads) {
  const std::optional<std::string> meminfo = ReadSmallFile("/proc/meminfo");
  const std::optional<int64_t> kib = meminfo ? FindNumber(*meminfo, "MemAvailable:") : std::nullopt;
  size_t bytes = wanted;
  if (kib && *kib >= 0) bytes = std::min(bytes, static_cast<size_t>(*kib) * 1024 / 4 / threads);
  const std::optional<int64_t> limit = ReadCgroup("/").memory_limit_bytes;
  if (limit && *limit >= 0) bytes = std::min(bytes, static_cast<size_t>(*limit) / 4 / threads);
  return bytes;
}

}  // namespace

Bandwidth MeasureReadBandwidth(const BandwidthProbe& probe) {
  Bandwidth result;
  result.threads = static_cast<int>(probe.cpus.size());
  result.isa = ReadLoopIsa();
  if (probe.cpus.empty()) {
    result.unavailable = "no cpus were named";
    return result;
  }
  const size_t memory_bytes =
      RoundDown(AffordableBytes(probe.memory_bytes_per_thread, probe.cpus.size()), kHugePage);
  if (memory_bytes < probe.memory_bytes_per_thread / 8 || memory_bytes == 0) {
    result.unavailable = "too little free memory to outgrow the caches";
    return result;
  }
  const size_t cache_bytes =
      std::max(kReadBlockBytes, RoundDown(probe.cache_bytes_per_thread, kReadBlockBytes));
  const bool with_cache = probe.cache_ms > 0;
  const double cache_gbps =
      with_cache ? Measure(probe.cpus, {.buffer_bytes = cache_bytes,
                                        .chunk_bytes = cache_bytes,
                                        .length_ns = int64_t{probe.cache_ms} * 1'000'000})
                 : 0;
  const double memory_gbps = Measure(probe.cpus, {.buffer_bytes = memory_bytes,
                                                  .chunk_bytes = kChunkBytes,
                                                  .length_ns = int64_t{probe.memory_ms} * 1'000'000,
                                                  .node = probe.memory_node});
  if (memory_gbps <= 0 || (with_cache && cache_gbps <= 0)) {
    result.unavailable = "the kernel gave no memory for the buffers";
    return result;
  }
  result.memory_gbps = memory_gbps;
  result.cache_gbps = cache_gbps;
  result.memory_bytes = memory_bytes * probe.cpus.size();
  return result;
}

}  // namespace moebench
