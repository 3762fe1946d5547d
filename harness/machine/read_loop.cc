#include "harness/machine/read_loop.h"

namespace moebench {
namespace {

// One cache line; the compiler makes it one AVX-512, two AVX2 or four SSE registers.
typedef uint64_t Line __attribute__((vector_size(64), may_alias));

constexpr size_t kPrefetchAhead = 4096;

// Compiled into each of the functions below, for the instruction set of that one.
[[gnu::always_inline]] inline uint64_t ReadWith(const void* data, size_t bytes) {
  const char* p = static_cast<const char*>(data);
  const char* const end = p + bytes;
  Line a{}, b{}, c{}, d{};
  for (; p < end; p += kReadBlockBytes) {
    const auto* line = reinterpret_cast<const Line*>(p);
    for (size_t i = 0; i < kReadBlockBytes; i += 64) __builtin_prefetch(p + kPrefetchAhead + i);
    a += line[0];
    b += line[1];
    c += line[2];
    d += line[3];
    a += line[4];
    b += line[5];
    c += line[6];
    d += line[7];
  }
  a += b;
  c += d;
  a += c;
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof(Line) / sizeof(uint64_t); ++i) sum += a[i];
  return sum;
}

uint64_t ReadBaseline(const void* data, size_t bytes) { return ReadWith(data, bytes); }

#if defined(__x86_64__)
[[gnu::target("avx512f")]] uint64_t ReadAvx512(const void* data, size_t bytes) {
  return ReadWith(data, bytes);
}
[[gnu::target("avx2")]] uint64_t ReadAvx2(const void* data, size_t bytes) {
  return ReadWith(data, bytes);
}
#endif

struct Loop {
  uint64_t (*read)(const void*, size_t);
  const char* isa;
};

Loop ChooseLoop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {ReadAvx512, "avx512f"};
  if (__builtin_cpu_supports("avx2")) return {ReadAvx2, "avx2"};
#endif
  return {ReadBaseline, "baseline"};
}

}  // namespace

uint64_t ReadBlocks(const void* data, size_t bytes) { return ChooseLoop().read(data, bytes); }

std::string ReadLoopIsa() { return ChooseLoop().isa; }

}  // namespace moebench
