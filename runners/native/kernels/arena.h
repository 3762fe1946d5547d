// A page-aligned piece of anonymous memory that is handed out from front to back and let go at
// once.
//   Arena arena(bytes, bind);            // bind sets the memory policy before the first touch
//   std::byte* slice = arena.Take(4096); // 64-byte aligned, zero until written
// Pages come to be where they are touched first, unless bind says otherwise. Not thread-safe; one
// thread may fill what another took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace moebench {

// Sets the policy of fresh memory: BindMemory of harness/machine, or nothing.
using MemoryBinder = std::function<void(void* begin, std::size_t bytes)>;

// A policy for each kind of memory; empty ones leave pages where they are touched first.
struct MemoryBinders {
  MemoryBinder shared;                           // what all threads read: norms, activations, ...
  std::function<MemoryBinder(int thread)> rows;  // the weights that one thread reads
  MemoryBinder cache;                            // keys and values, recurrent states
};

class Arena {
 public:
  Arena() = default;
  Arena(std::size_t bytes, const MemoryBinder& bind);  // throws Error if there is no memory
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // What Take(bytes) uses up: whole cache lines.
  static std::size_t Rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
  std::byte* Take(std::size_t bytes);  // CHECKs that it fits: sizes are summed before
  template <typename T>
  std::span<T> TakeArray(std::size_t count) {
    return {reinterpret_cast<T*>(Take(count * sizeof(T))), count};
  }
  std::span<std::byte> used() const { return {begin_, used_}; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t bytes_ = 0, used_ = 0;
};

}  // namespace moebench
