// Power cuts: whatever was acknowledged is there afterwards, and the database is whole. WAL with
// synchronous = FULL promises that (SQLite's documentation); NORMAL would lose the last commits.
#include <gmock/gmock.h>

#include <set>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "results/store.h"
#include "results/store_care.h"
#include "results/store_test_rows.h"
#include "results/testing/power_cut.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using namespace testing_rows;

constexpr int kOpenings = 5;  // each end writes the log into the database and deletes it
constexpr int kTrials = 8;
constexpr int kCuts = 300;

struct Acknowledged {
  size_t calls = 0;  // the disk had seen so many when the store said it was done
  int order = 0;     // of the trial
};

class PowerCut : public testing::Test {
 protected:
  PowerCut() {
    const std::string cell = SomeCell(8, true).cell_id;
    int order = 0;
    for (int opening = 0; opening < kOpenings; ++opening) {
      Store store = Store::OpenForWriting(folder_ / "s.db");
      const int64_t sweep = opening == 0
                                ? store.CreateSweep(SomeSweep(), {{ModelRecord{}}},
                                                    std::vector<CellRecord>{SomeCell(8, true)})
                                : *store.LatestSweepId();
      const int64_t session = store.AddSession(sweep, SomeSession());
      for (int i = 0; i < kTrials; ++i) {
        store.AddTrial(sweep, SomeTrial(cell, session, order));
        said_.push_back({disk_.calls(), order++});
      }
    }
    disk_.StopRecording();
  }

  // What is wrong with the database after a cut, in words; empty if nothing.
  std::string AfterCut(size_t calls, uint64_t seed, Syncs syncs) const {
    const fs::path found = folder_ / "found";
    fs::remove_all(found);
    fs::create_directories(found);
    disk_.MakeAfterCut(calls, seed, found, syncs);
    std::set<int> kept;
    try {
      const StoreCheck check = CheckStore(found / "s.db");
      if (!check.problems.empty()) return check.problems.front();
      const Store store = Store::OpenForReading(found / "s.db");
      const auto sweep = store.LatestSweepId();
      if (sweep) {
        for (const TrialRecord& trial : store.ReadSweep(*sweep).trials) kept.insert(trial.order);
      }
    } catch (const Error& error) {
      if (calls >= said_.front().calls) return error.what();  // before: there is no sweep yet
    }
    for (const Acknowledged& said : said_) {
      if (said.calls <= calls && !kept.contains(said.order)) {
        return "trial " + std::to_string(said.order) + " is lost";
      }
    }
    return "";
  }

  Folder folder_;
  PowerCutDisk disk_;
  std::vector<Acknowledged> said_;
};

TEST_F(PowerCut, NothingAcknowledgedIsEverLost) {
  constexpr uint64_t kSeed = 71;
  Rng rng(kSeed);
  ASSERT_GT(disk_.calls(), 200u);
  for (int cut = 0; cut < kCuts; ++cut) {
    const size_t calls = rng.Below(disk_.calls() + 1);
    EXPECT_EQ(AfterCut(calls, kSeed + static_cast<uint64_t>(cut), Syncs::kObeyed), "")
        << "seed " << kSeed << ", cut " << cut << " after call " << calls;
  }
}

TEST_F(PowerCut, RightAfterEachAcknowledgement) {
  for (const Acknowledged& said : said_) {
    EXPECT_EQ(AfterCut(said.calls, 1, Syncs::kObeyed), "") << "trial " << said.order;
  }
}

// The test can fail: a disk that ignores every sync loses acknowledged rows.
TEST_F(PowerCut, WithoutSyncsRowsWouldBeLost) {
  int lost = 0;
  for (size_t i = 0; i < said_.size(); i += 4) {
    lost += AfterCut(said_[i].calls, 1, Syncs::kIgnored).empty() ? 0 : 1;
  }
  EXPECT_GT(lost, static_cast<int>(said_.size()) / 8);
}

}  // namespace
}  // namespace moebench
