// The promises of the verdict over nights, held against simulated machines (seeded; every number
// printed is in this folder's README.md). Label: slow.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/base/rng.h"
#include "harness/stats/confirm.h"

namespace moebench {
namespace {

constexpr int kNightsPerPoint = 2500;
constexpr int kHistory = 30;
constexpr int kProcesses = 5;
constexpr int kTrials = 3;
constexpr int kConfirmProcesses = 3;
constexpr int kBlocksPerProcess = 2;
constexpr std::array<double, 4> kLosses = {0, 0.05, 0.15, 0.20};

enum class Shape { kNormal, kAutocorrelated, kHeavyTails, kOutliers };
constexpr std::array<Shape, 4> kShapes = {Shape::kNormal, Shape::kAutocorrelated,
                                          Shape::kHeavyTails, Shape::kOutliers};
const char* Name(Shape shape) {
  constexpr const char* kNames[] = {"normal", "AR(1) 0.6", "t3", "3 % x 0.5"};
  return kNames[static_cast<int>(shape)];
}

// A machine: each night has an effect of its own (boot, placement, neighbours; SD session_sd), each
// process half as much again, each trial its noise. Heavy tails: Student t with 3 degrees of
// freedom at the same SD, for nights and trials. Outliers: 3 % of the trials run at half speed.
class Machine {
 public:
  Machine(Shape shape, double session_sd, double trial_sd, uint64_t seed)
      : shape_(shape), session_sd_(session_sd), trial_sd_(trial_sd), rng_(seed) {}

  Night NextNight() {
    constexpr double kPhi = 0.6;
    night_effect_ =
        shape_ == Shape::kAutocorrelated
            ? kPhi * night_effect_ + std::sqrt(1 - kPhi * kPhi) * session_sd_ * rng_.Normal()
            : session_sd_ * Draw();
    for (double& level : levels_) level = night_effect_ + ProcessEffect() + MedianOfTrials();
    return NightOf(levels_);
  }

  // A re-run tonight: the night's effect and the process's are common to both arms, but for what a
  // setting has of its own in a process.
  Confirmation Rerun(double log_change) {
    std::array<double, 2 * kConfirmProcesses * kBlocksPerProcess> pairs{};
    size_t at = 0;
    for (int process = 0; process < kConfirmProcesses; ++process) {
      const double own = ProcessEffect();
      for (int block = 0; block < kBlocksPerProcess; ++block) {
        for (int half = 0; half < 2; ++half) pairs[at++] = log_change + own + Trial() - Trial();
      }
    }
    return ConfirmationOf(pairs);
  }

 private:
  double Draw() {
    if (shape_ != Shape::kHeavyTails) return rng_.Normal();
    double squares = 0;
    for (int i = 0; i < 3; ++i) {
      const double z = rng_.Normal();
      squares += z * z;
    }
    return rng_.Normal() / std::sqrt(squares);  // t3 / sqrt(3): variance 1
  }
  double ProcessEffect() { return 0.5 * session_sd_ * rng_.Normal(); }
  double Trial() {
    const double noise = trial_sd_ * Draw();
    return shape_ == Shape::kOutliers && rng_.Uniform() < 0.03 ? noise + std::log(0.5) : noise;
  }
  double MedianOfTrials() {
    static_assert(kTrials == 3);
    const double a = Trial(), b = Trial(), c = Trial();
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
  }

  Shape shape_;
  double session_sd_, trial_sd_;
  Rng rng_;
  double night_effect_ = 0;
  std::array<double, kProcesses> levels_{};
};

struct Rates {  // shares of nights, by loss
  std::array<double, kLosses.size()> flagged{}, inconclusive{}, called_ok{};
  double reruns = 0;    // of nights without a change
  double suspects = 0;  // flagged if no re-run were asked
  double improved = 0;  // of nights without a change
  // Of a cell without a second arm, after two nights with the loss.
  std::array<double, kLosses.size()> flagged_alone{};
};

// Two nights with a loss, the first of them the second look at the other.
VerdictKind JudgeAlone(std::span<const Night> history, Night tonight, double log_change) {
  std::array<Night, kHistory> nights{};
  std::copy(history.begin(), history.end(), nights.begin());
  nights.back().level += log_change;
  tonight.level += log_change;
  const NightShift before = ShiftOf(std::span(nights).first(kHistory - 1), nights.back());
  return JudgeTwoNights(before, ShiftOf(nights, tonight));
}

Rates Simulate(Shape shape, double session_sd, double trial_sd, uint64_t seed) {
  Machine machine(shape, session_sd, trial_sd, seed);
  std::vector<Night> series;
  series.reserve(kNightsPerPoint + kHistory);
  for (int i = 0; i < kHistory; ++i) series.push_back(machine.NextNight());
  Rates rates;
  constexpr double kShare = 1.0 / kNightsPerPoint;
  for (int night = 0; night < kNightsPerPoint; ++night) {
    const std::span<const Night> history = std::span(series).last(kHistory);
    const Night tonight = machine.NextNight();
    for (size_t i = 0; i < kLosses.size(); ++i) {
      const double change = std::log(1 - kLosses[i]);
      Night changed = tonight;
      changed.level += change;
      const NightShift shift = ShiftOf(history, changed);
      std::optional<Confirmation> confirmation;
      if (WantsConfirmation(shift)) confirmation = machine.Rerun(change);
      const VerdictKind kind = JudgeShift(shift, confirmation);
      rates.flagged[i] += kind == VerdictKind::kFlagged ? kShare : 0;
      rates.inconclusive[i] += kind == VerdictKind::kInconclusive ? kShare : 0;
      rates.called_ok[i] += kind == VerdictKind::kOk ? kShare : 0;
      const VerdictKind alone = JudgeAlone(history, tonight, change);
      rates.flagged_alone[i] += alone == VerdictKind::kFlagged ? kShare : 0;
      if (i > 0) continue;
      rates.reruns += confirmation ? kShare : 0;
      rates.improved += kind == VerdictKind::kImproved ? kShare : 0;
      rates.suspects += JudgeShift(shift, std::nullopt) == VerdictKind::kFlagged ? kShare : 0;
    }
    series.push_back(tonight);
  }
  return rates;
}

TEST(NightsSimulation, KeepsItsPromises) {
  double false_flags = 0, false_improved = 0, suspects = 0;
  int points = 0;
  uint64_t seed = 20261122;
  std::printf(
      "| noise | session | trial | A/A flagged | improved | re-run | inconclusive | -5 %% | -15 %% "
      "| "
      "-20 %% | -15 %% called ok | alone: A/A flagged | -15 %% "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Shape shape : kShapes) {
    for (const double session_sd : {0.005, 0.01, 0.02, 0.03, 0.05}) {
      for (const double trial_sd : {0.01, 0.03, 0.05}) {
        const Rates r = Simulate(shape, session_sd, trial_sd, seed++);
        const std::string at = std::string(Name(shape)) + ", session " +
                               std::to_string(session_sd) + ", trial " + std::to_string(trial_sd);
        std::printf(
            "| %s | %.1f %% | %.0f %% | %.3f %% (%.3f) | %.3f %% | %.1f %% | %.1f %% | %.1f %% | "
            "%.1f %% | %.2f %% "
            "| %.2f %% | %.3f %% | %.1f %% |\n",
            Name(shape), 100 * session_sd, 100 * trial_sd, 100 * r.flagged[0], 100 * r.suspects,
            100 * r.improved, 100 * r.reruns, 100 * r.inconclusive[0], 100 * r.flagged[1],
            100 * r.flagged[2], 100 * r.flagged[3], 100 * r.called_ok[2], 100 * r.flagged_alone[0],
            100 * r.flagged_alone[2]);
        EXPECT_LE(r.flagged_alone[0], 0.001) << at;
        EXPECT_LE(r.flagged[0], 0.001) << at;
        EXPECT_LE(r.improved, 0.001) << at;
        if (session_sd <= 0.02) {
          EXPECT_GE(r.flagged[2], 0.95) << at;
          EXPECT_GE(r.flagged[3], 0.99) << at;
          EXPECT_LE(r.inconclusive[0], 0.10) << at;
        }
        EXPECT_LE(r.called_ok[2], 0.015) << at;
        false_flags += r.flagged[0];
        false_improved += r.improved;
        suspects += r.suspects;
        ++points;
      }
    }
  }
  std::printf("%d nights; A/A: %.2e flagged, %.2e improved; before the re-run %.2e suspects\n",
              points * kNightsPerPoint, false_flags / points, false_improved / points,
              suspects / points);
}

}  // namespace
}  // namespace moebench
