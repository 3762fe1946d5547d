#include "harness/sweep/bandwidth_doubt.h"

#include <gtest/gtest.h>

#include <vector>

#include "harness/sweep/testing/run_sweep_fixture.h"

namespace moebench {
namespace {

// A model far larger than the caches.
ModelFacts LargeModel() {
  ModelFacts facts;
  facts.n_experts = 32;
  facts.n_moe_layers = 10;
  facts.expert_bytes = 100'000'000;
  facts.dense_bytes_per_token = 1'000'000'000;
  return facts;
}

// Reads so many GB/s.
TrialRecord Trial(double gbps) {
  TrialRecord trial;
  trial.bytes_per_token = 1e9;
  trial.inter_token_ms.assign(10, static_cast<float>(1e3 / gbps));
  trial.decode_ms = 10 * 1e3 / gbps;
  return trial;
}

struct Probes {
  std::vector<ReadBandwidths> next;
  size_t asked = 0;
  std::vector<double> kept;

  void Weigh(BandwidthDoubt& doubt, double gbps) {
    doubt.Weigh(
        Trial(gbps), [this] { return next.at(asked++); },
        [this](const ReadBandwidths& seen) { kept.push_back(seen.memory_gbps); });
  }
};

TEST(BandwidthDoubt, ABelievableTrialCostsNoProbe) {
  BandwidthDoubt doubt(LargeModel(), 1, {30, 100, 1 << 25});
  Probes probes;
  probes.Weigh(doubt, 29);
  EXPECT_EQ(probes.asked, 0u);
}

TEST(BandwidthDoubt, AsksUntilTheTrialIsBelievable) {
  BandwidthDoubt doubt(LargeModel(), 1, {30, 100, 1 << 25});
  Probes probes{.next = {{28, 90, 0}, {44, 95, 0}}};
  probes.Weigh(doubt, 40);
  EXPECT_EQ(probes.kept, (std::vector<double>{28, 44}));
  probes.Weigh(doubt, 43);
  EXPECT_EQ(probes.asked, 2u) << "what was seen is remembered";
}

TEST(BandwidthDoubt, ThreeProbesASessionAndNoMore) {
  BandwidthDoubt doubt(LargeModel(), 1, {30, 100, 1 << 25});
  Probes probes{.next = {{30, 90, 0}, {31, 90, 0}, {30, 90, 0}}};
  for (int trial = 0; trial < 5; ++trial) probes.Weigh(doubt, 1e6);
  EXPECT_EQ(probes.asked, 3u);
}

TEST(BandwidthDoubt, WithoutAnyBoundThereIsNothingToDoubt) {
  BandwidthDoubt doubt(LargeModel(), 1, {0, 0, 0});
  Probes probes;
  probes.Weigh(doubt, 1e6);
  EXPECT_EQ(probes.asked, 0u);
}

// One copy fits the caches, two don't: what both read together comes from memory.
TEST(BandwidthDoubt, CopiesOfTheWeightsNeedRoomForEach) {
  ModelFacts facts;
  facts.n_experts = 1;
  facts.dense_bytes_per_token = 20 << 20;
  Probes probes{.next = {{50, 100, 1 << 25}}};
  BandwidthDoubt one(facts, 1, {30, 100, 1 << 25});
  probes.Weigh(one, 90);
  EXPECT_EQ(probes.asked, 0u);
  BandwidthDoubt two(facts, 2, {1, 100, 1 << 25});
  probes.Weigh(two, 90);
  EXPECT_EQ(probes.asked, 1u);
}

// A sweep on a host whose memory became faster after the first probe.
TEST_F(RunSweepTest, AnHonestRowIsProbedAgainAndTheProbeKept) {
  prepare_ = [](ScriptedRunner& runner) {
    runner.on_generate = [](const GenerateRequest&, GenerateResult& result) {
      result.bytes_per_token = 40e6;  // 1 ms a token: 40 GB/s
    };
  };
  plan_.models[0].facts = LargeModel();
  int probes = 0;
  environment_.probe_again = [&](const std::vector<int>& cpus) {
    EXPECT_EQ(cpus.size(), 2u);
    ++probes;
    return ReadBandwidths{45, 120, 1 << 25};
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(probes, 2) << "once in each of two sessions";
  ASSERT_EQ(sink_.probes.size(), 2u);
  EXPECT_EQ(sink_.probes[1].session_id, 2);
  EXPECT_EQ(sink_.probes[1].read_bandwidth_gbps, 45);
}

TEST_F(RunSweepTest, CoolsDownBeforeEveryProcess) {
  int starts_when_cooled = -1, times = 0;
  environment_.cool_down = [&](double last_session_s) {
    EXPECT_GE(last_session_s, 0);
    starts_when_cooled = starts_;
    EXPECT_EQ(starts_when_cooled, times++) << "before the worker is started";
  };
  EXPECT_EQ(Run(), SweepEnd::kFinished);
  EXPECT_EQ(times, 2);
}

}  // namespace
}  // namespace moebench
