// Once a model is loaded, decoding takes no memory: not from the heap, not from the kernel. This
// program stands in for malloc and mmap to count.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "runners/native/decode/sampler.h"
#include "runners/native/gguf/testing/temp_file.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/kernels/wait_meter.h"
#include "runners/native/model/engine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define MOEBENCH_COUNTS_CALLS 0  // a sanitiser stands there itself
#else
#define MOEBENCH_COUNTS_CALLS 1
#endif

namespace {
std::atomic<bool> counting{false};
std::atomic<int> heap_calls{0}, kernel_calls{0};

[[maybe_unused]] void Count(std::atomic<int>& calls) {
  if (counting.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

#if MOEBENCH_COUNTS_CALLS
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  Count(heap_calls);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  Count(heap_calls);
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  Count(heap_calls);
  return __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  Count(heap_calls);
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
void* mmap(void* at, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  Count(kernel_calls);
  return reinterpret_cast<void*>(
      syscall(SYS_mmap, at, bytes, protection, flags, fd, offset));  // NOLINT
}
}
#endif

namespace moebench {
namespace {

std::vector<int> TwoCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 2; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  if (cpus.size() == 1) cpus.push_back(cpus[0]);
  return cpus;
}

// A prompt, tokens one at a time, a pass that is verified and taken back.
void Decode(Engine& engine, std::vector<float>& logits, WaitMeter& waits) {
  Transformer& transformer = engine.transformer();
  const int width = transformer.hyper().vocabulary, k = std::min(2, transformer.most_experts());
  const int prompt[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const std::span<float> row = std::span(logits).first(static_cast<std::size_t>(width));
  transformer.Reset();
  waits.Start();
  transformer.Forward(prompt, k, LogitsOf::kLast, row);
  for (int i = 0; i < 8; ++i) {
    const int token = BestOf(row, {}).token;
    transformer.Forward({&token, 1}, k, LogitsOf::kLast, row);
  }
  const int at = transformer.position();
  transformer.Forward(std::span(prompt).first(4), k, LogitsOf::kAll,
                      std::span(logits).first(static_cast<std::size_t>(4 * width)),
                      Hold::kRevocable);
  transformer.Rewind(at);
  waits.Part();
}

void ExpectNoCalls(const std::string& name, TensorType type, bool whole_experts) {
  SCOPED_TRACE(name + " " + std::string(NameOf(type)));
  const TempFile file(BuildTinyModel(TinyModelNamed(name), type).Build());
  const GgufFile gguf = GgufFile::Open(file.path());
  const Hyper hyper = ReadHyper(gguf);
  ExpertSplit split;
  if (whole_experts) {
    split.group_of_thread = {0, 1};
    split.group_of_expert.resize(static_cast<std::size_t>(hyper.CountOf(FeedForward::kExperts)),
                                 std::vector<int>(static_cast<std::size_t>(hyper.n_experts)));
    for (std::vector<int>& layer : split.group_of_expert) layer[1] = 1;
  }
  Engine engine(gguf, {.thread_cpus = TwoCpus(), .context_tokens = 64, .experts = split});
  WaitMeter waits(engine.team());
  std::vector<float> logits(4 * static_cast<std::size_t>(hyper.vocabulary));
  heap_calls = kernel_calls = 0;
  counting = true;
  Decode(engine, logits, waits);
  counting = false;
  EXPECT_EQ(heap_calls, 0);
  EXPECT_EQ(kernel_calls, 0);
}

TEST(NoAllocation, TheseCallsAreCounted) {
  if (!MOEBENCH_COUNTS_CALLS) GTEST_SKIP() << "a sanitiser stands in for malloc";
  heap_calls = kernel_calls = 0;
  counting = true;
  { const std::vector<int> some(1000); }
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  counting = false;
  munmap(page, 4096);
  EXPECT_GE(heap_calls, 1);
  EXPECT_EQ(kernel_calls, 1);
}

TEST(NoAllocation, DecodingTakesNoMemory) {
  if (!MOEBENCH_COUNTS_CALLS) GTEST_SKIP() << "a sanitiser stands in for malloc";
  for (const TinyModel& model : TinyModels()) ExpectNoCalls(model.name, TensorType::kF32, false);
  ExpectNoCalls("qwen3vlmoe", TensorType::kQ8_0, false);
  ExpectNoCalls("qwen3vlmoe", TensorType::kBF16, false);
}

TEST(NoAllocation, NorWithWholeExpertsOnNodes) {
  if (!MOEBENCH_COUNTS_CALLS) GTEST_SKIP() << "a sanitiser stands in for malloc";
  ExpectNoCalls("qwen3vlmoe", TensorType::kF32, true);
  ExpectNoCalls("gpt-oss", TensorType::kF32, true);
}

}  // namespace
}  // namespace moebench
