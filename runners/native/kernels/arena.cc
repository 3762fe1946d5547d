#include "runners/native/kernels/arena.h"

#include <sys/mman.h>

#include <string>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
// From here on huge pages save TLB misses that cost something. Below, single huge pages would make
// an interleaved arena lopsided: more than 5 % of it on the wrong node.
constexpr std::size_t kHugeArenaBytes = 32 * kHugePageBytes;

}  // namespace

Arena::Arena(std::size_t bytes, const MemoryBinder& bind) {
  if (bytes == 0) return;
  const bool huge = bytes >= kHugeArenaBytes;
  const std::size_t unit = huge ? kHugePageBytes : kPageBytes;
  bytes_ = (bytes + unit - 1) / unit * unit;
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error("no memory for " + std::to_string(bytes_ >> 20) + " MiB of weights or activations",
                "native engine", "use a smaller model or context", ExitCode::kIo);
  }
  begin_ = static_cast<std::byte*>(memory);
  madvise(begin_, bytes_, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);  // a hint; may be refused
  if (bind) bind(begin_, bytes_);
}

Arena::~Arena() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

Arena::Arena(Arena&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      used_(std::exchange(other.used_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(bytes_, other.bytes_);
  std::swap(used_, other.used_);
  return *this;
}

std::byte* Arena::Take(std::size_t bytes) {
  const std::size_t rounded = Rounded(bytes);
  CHECK(rounded >= bytes && rounded <= bytes_ - used_);
  std::byte* taken = begin_ + used_;
  used_ += rounded;
  return taken;
}

}  // namespace moebench
