#include "harness/machine/memory_policy.h"

#include <numaif.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <numeric>

#include "harness/base/error.h"
#include "harness/machine/interleave_weights.h"
#include "harness/machine/placement_name.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr int kMaxCpus = 1 << 16;  // far above CONFIG_NR_CPUS of any kernel (8192 on x86)
constexpr int kMaxNodes = 1 << 12;
constexpr int kWeightedInterleave = 6;  // MPOL_WEIGHTED_INTERLEAVE, newer than libnuma's header
constexpr size_t kMostRuns = 64;        // of one buffer: the kernel allows 65530 mappings

// A cpu_set_t of as many bits as asked for: the fixed one ends at 1024 cpus.
class CpuSet {
 public:
  explicit CpuSet(int cpus) : bytes_(CPU_ALLOC_SIZE(cpus)), set_(CPU_ALLOC(cpus)) {
    CHECK(set_ != nullptr);
    CPU_ZERO_S(bytes_, set_);
  }
  CpuSet(const CpuSet&) = delete;
  CpuSet& operator=(const CpuSet&) = delete;
  ~CpuSet() { CPU_FREE(set_); }

  cpu_set_t* get() { return set_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  cpu_set_t* set_;
};

// Why nobody may set a policy here, whatever the nodes; empty for other errors of mbind.
std::string RefusalReason(int error) {
  if (error == ENOSYS) return "mbind: this kernel is built without NUMA support";
  if (error == EPERM || error == EACCES) {
    return "mbind: not permitted (a container's seccomp filter; run it with --cap-add SYS_NICE)";
  }
  return "";
}

struct Span {  // whole pages
  uintptr_t begin = 0, end = 0;
};

// Empty, or why nobody may set a policy here; throws Error where this policy is refused.
std::string Bind(const Span& span, int mode, const std::vector<int>& nodes,
                 const std::string& policy) {
  constexpr size_t kBits = sizeof(unsigned long) * CHAR_BIT;
  const int highest = *std::max_element(nodes.begin(), nodes.end());
  const int lowest = *std::min_element(nodes.begin(), nodes.end());
  const std::string what =
      "memory policy '" + policy + "' on node " + FormatList(nodes) + " was refused";
  if (lowest < 0 || highest >= kMaxNodes) {
    throw Error{what + ": no such node", kPlacementRefused,
                "moebench doctor shows the nodes of this machine", ExitCode::kUsage};
  }
  std::vector<unsigned long> mask(static_cast<size_t>(highest) / kBits + 1);
  for (const int node : nodes) {
    mask[static_cast<size_t>(node) / kBits] |= 1UL << (static_cast<size_t>(node) % kBits);
  }
  // The kernel reads one bit less than maxnode says (mbind(2), BUGS of get_nodes()).
  const unsigned long maxnode = mask.size() * kBits + 1;
  if (mbind(reinterpret_cast<void*>(span.begin), span.end - span.begin, mode, mask.data(), maxnode,
            0) == 0) {
    return "";
  }
  const int reason = errno;
  if (std::string refused = RefusalReason(reason); !refused.empty()) return refused;
  if (reason == EINVAL) {
    throw Error{
        what + ": a node is not there, has no memory, or is not in the cpuset of this process",
        kPlacementRefused, "moebench doctor shows which nodes this process may use",
        ExitCode::kUsage};
  }
  throw Error{what + ": " + std::strerror(reason), kPlacementRefused, "mbind", ExitCode::kIo};
}

// Where the kernel's weights are those asked for it does it itself; else, or on a kernel
// before 6.9, the range is cut into runs of pages of the right lengths, each bound to its node.
std::string BindWeighted(const Span& whole, uintptr_t page, const PlacementPlan& plan) {
  const std::vector<int>& weights = plan.node_weights;
  if (weights.size() != plan.memory_nodes.size()) {
    throw Error{"weighted-interleave of " + std::to_string(plan.memory_nodes.size()) +
                    " nodes has " + std::to_string(weights.size()) + " weights",
                kPlacementRefused, "one for each node", ExitCode::kUsage};
  }
  if (ReadInterleaveWeights("/", plan.memory_nodes) == weights) {
    return Bind(whole, kWeightedInterleave, plan.memory_nodes, plan.policy);
  }
  const auto total = static_cast<uintptr_t>(std::accumulate(weights.begin(), weights.end(), 0));
  const uintptr_t pages = (whole.end - whole.begin) / page;
  const uintptr_t rounds =
      std::clamp<uintptr_t>(pages / total, 1, std::max<uintptr_t>(1, kMostRuns / weights.size()));
  // Page after so many of the rounds * total units; pages < 2^40, units < 2^24: no overflow.
  const auto boundary = [&](uintptr_t units) { return pages * units / (rounds * total); };
  for (uintptr_t round = 0, units = 0; round < rounds; ++round) {
    for (size_t i = 0; i < weights.size(); ++i) {
      const uintptr_t next = units + static_cast<uintptr_t>(weights[i]);
      const Span run = {whole.begin + boundary(units) * page, whole.begin + boundary(next) * page};
      units = next;
      if (run.end <= run.begin) continue;
      std::string refused = Bind(run, MPOL_BIND, {plan.memory_nodes[i]}, plan.policy);
      if (!refused.empty()) return refused;
    }
  }
  return "";
}

}  // namespace

std::string BindMemory(void* p, size_t bytes, const PlacementPlan& plan) {
  if (plan.memory_nodes.empty()) {
    throw Error{"placement '" + plan.policy + "' names no memory node", kPlacementRefused, "",
                ExitCode::kUsage};
  }
  const std::string_view policy = PolicyOf(plan.policy);
  if (policy == "none") return "";
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<uintptr_t>(p);
  const Span whole = {(address + page - 1) / page * page, (address + bytes) / page * page};
  if (whole.end <= whole.begin) return "";
  if (policy == "weighted-interleave") return BindWeighted(whole, page, plan);
  // These bind each thread's rows to one node; what all threads share is spread over them.
  const bool spread =
      policy == "interleave" || (ShardsRows(policy) && plan.memory_nodes.size() > 1);
  return Bind(whole, spread ? MPOL_INTERLEAVE : MPOL_BIND, plan.memory_nodes, plan.policy);
}

std::string WhyNoMemoryPolicy() {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const p = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return std::string("mmap: ") + std::strerror(errno);
  // The default policy needs no node, so that only the kernel's or container's refusal is seen.
  const long refused = mbind(p, page, MPOL_DEFAULT, nullptr, 0, 0);
  const int reason = errno;
  munmap(p, page);
  return refused == 0 ? "" : RefusalReason(reason);
}

PlacementProof ProofOf(const PageCounts& counts, std::vector<int> thread_cpus) {
  PlacementProof proof;
  proof.pages_per_node = counts.per_node;
  proof.pages_absent = counts.absent;
  proof.thread_cpus = std::move(thread_cpus);
  proof.unavailable = counts.unavailable;
  return proof;
}

void PinThisThread(int cpu) {
  const std::string what = "a thread can't be pinned to cpu " + std::to_string(cpu);
  if (cpu < 0 || cpu >= kMaxCpus) {
    throw Error{what + ": no such cpu", "", "moebench doctor shows the cpus of this machine",
                ExitCode::kUsage};
  }
  CpuSet set(cpu + 1);
  CPU_SET_S(static_cast<size_t>(cpu), set.bytes(), set.get());
  if (sched_setaffinity(0, set.bytes(), set.get()) == 0) return;
  if (errno == EINVAL) {
    throw Error{what + ": it is not there, offline, or not in the cpuset of this process", "",
                "moebench doctor shows which cpus this process may use", ExitCode::kUsage};
  }
  throw Error{what + ": " + std::strerror(errno), "sched_setaffinity", "", ExitCode::kIo};
}

std::vector<int> ThisThreadCpus() {
  // The kernel answers EINVAL until the set is as large as its own.
  for (int cpus = 1024; cpus <= kMaxCpus; cpus *= 2) {
    CpuSet set(cpus);
    if (sched_getaffinity(0, set.bytes(), set.get()) == 0) {
      std::vector<int> allowed;
      for (int cpu = 0; cpu < cpus; ++cpu) {
        if (CPU_ISSET_S(static_cast<size_t>(cpu), set.bytes(), set.get())) allowed.push_back(cpu);
      }
      return allowed;
    }
    if (errno != EINVAL) break;
  }
  throw Error{
      std::string("the kernel does not say where this thread may run: ") + std::strerror(errno),
      "sched_getaffinity", "", ExitCode::kIo};
}

int ThisThreadPinnedCpu() {
  const std::vector<int> cpus = ThisThreadCpus();
  return cpus.size() == 1 ? cpus.front() : -1;
}

}  // namespace moebench
