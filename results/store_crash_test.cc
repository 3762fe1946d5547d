// kill -9 of a writer at any moment loses nothing that was acknowledged.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "harness/base/rng.h"
#include "results/store.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;

const std::string kCell4 = SomeCell(4).cell_id;

// Writes trials and answers until it is killed; after each transaction says so with one byte.
[[noreturn]] void WriteUntilKilled(const std::filesystem::path& path, int acknowledge) {
  Store store = Store::OpenForWriting(path);
  const int64_t id = store.CreateSweep(SomeSweep(), {}, std::vector{SomeCell(4)});
  const int64_t session = store.AddSession(id, SomeSession());
  for (int i = 0;; ++i) {
    store.AddTrial(id, SomeTrial(kCell4, session, i));
    if (write(acknowledge, "t", 1) != 1) _exit(1);
    const std::string item = std::to_string(i);
    store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, item + "a"),
                                     SomeAnswer(kCell4, session, item + "b")});
    if (write(acknowledge, "a", 1) != 1) _exit(1);
    RoutingRecord routing = SomeRouting(session, std::string(size_t(6 * (i % 3 + 1)), '\1'));
    routing.model_sha256 = item;
    store.AddRouting(id, routing);
    if (write(acknowledge, "r", 1) != 1) _exit(1);
  }
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(n));
  return text;
}

TEST(StoreCrash, KillLosesNoAcknowledgedRowAndKeepsNoHalfUnit) {
  const Folder folder;
  const std::filesystem::path path = folder / "s.db";
  constexpr uint64_t kSeed = 20261122;
  constexpr int kKills = 50;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Rng rng(kSeed);
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(path, ends[1]);
    }
    close(ends[1]);
    std::string acknowledged;
    // Some units of work, then any moment of the next: before, within or after its commit.
    for (uint64_t units = rng.Below(8); acknowledged.size() < units;) {
      char byte = 0;
      ASSERT_EQ(read(ends[0], &byte, 1), 1);
      acknowledged += byte;
    }
    const timespec moment{0, static_cast<long>(rng.Below(3'000'000))};
    ppoll(nullptr, 0, &moment, nullptr);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
    acknowledged += ReadAll(ends[0]);
    close(ends[0]);

    const Store store = Store::OpenForWriting(path);  // the lock died with its holder
    const std::optional<int64_t> id = store.LatestSweepId();
    if (acknowledged.empty()) continue;
    ASSERT_TRUE(id);
    const SweepRows rows = store.ReadSweep(*id);
    const auto trials = size_t(std::count(acknowledged.begin(), acknowledged.end(), 't'));
    const auto batches = size_t(std::count(acknowledged.begin(), acknowledged.end(), 'a'));
    const auto routings = size_t(std::count(acknowledged.begin(), acknowledged.end(), 'r'));
    EXPECT_GE(rows.routings.size(), routings);
    EXPECT_LE(rows.routings.size(), routings + 1);
    for (const RoutingRecord& r : rows.routings) EXPECT_EQ(int(r.experts.size()), 6 * r.n_tokens);
    EXPECT_GE(rows.trials.size(), trials);
    EXPECT_LE(rows.trials.size(), trials + 1);  // at most the one in flight
    EXPECT_GE(rows.answers.size(), 2 * batches);
    EXPECT_EQ(rows.answers.size() % 2, 0u);
    for (size_t i = 0; i < rows.trials.size(); ++i) EXPECT_EQ(rows.trials[i].order, int(i));
  }
  SQLite::Database db(path.string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(db.execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_FALSE(SQLite::Statement(db, "PRAGMA foreign_key_check").executeStep());
}

}  // namespace
}  // namespace moebench
