#include "results/instance_places.h"

#include <gmock/gmock.h>

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kTwo[] = R"([{"policy":"local:0","thread_cpus":[1,0],"memory_nodes":[0]},)"
                        R"({"policy":"local:1","thread_cpus":[2,3],"memory_nodes":[1]}])";

TEST(InstancePlaces, OnePlanIsOnePlaceAndAListOneForEach) {
  const auto one =
      InstancePlaces(R"({"policy":"interleave","thread_cpus":[0],"memory_nodes":[0]})");
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_EQ(one[0].policy, "interleave");
  const auto two = InstancePlaces(kTwo);
  ASSERT_THAT(two, SizeIs(2));
  EXPECT_THAT(two[0].cpus, ElementsAre(0, 1));
  EXPECT_THAT(two[1].nodes, ElementsAre(1));
}

TEST(InstancePlaces, WhatIsNoPlanIsNoPlace) {
  EXPECT_THAT(InstancePlaces(""), IsEmpty());
  EXPECT_THAT(InstancePlaces("[1, \"x\"]"), IsEmpty());
  const auto odd = InstancePlaces(R"({"policy":7,"thread_cpus":["a",-1,9e99],"memory_nodes":{}})");
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd[0].policy, "");
  EXPECT_THAT(odd[0].cpus, IsEmpty());
}

TEST(InstancePlaces, OurProcessesAreHeldToTheirCpusAndPlaceTheirMemory) {
  EXPECT_EQ(StartTogether(InstancePlaces(kTwo), "moebench generate --placement {placement} -t 2"),
            "taskset -c 0-1 moebench generate --placement local:0 -t 2 & "
            "taskset -c 2-3 moebench generate --placement local:1 -t 2");
}

TEST(InstancePlaces, OthersAreBoundFromOutsideAndGetAPortEach) {
  EXPECT_EQ(StartServersTogether(InstancePlaces(kTwo), "llama-server -t 2"),
            "numactl --physcpubind=0-1 --membind=0 llama-server -t 2 --port 8080 & "
            "numactl --physcpubind=2-3 --membind=1 llama-server -t 2 --port 8081");
  const auto spread =
      InstancePlaces(R"([{"policy":"interleave","thread_cpus":[0],"memory_nodes":[0,1]}])");
  EXPECT_EQ(StartServersTogether(spread, "llama-server"),
            "numactl --physcpubind=0 --interleave=0-1 llama-server --port 8080");
}

}  // namespace
}  // namespace moebench
