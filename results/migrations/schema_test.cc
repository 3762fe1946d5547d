// Older databases come forward whole, after a copy was put aside; newer ones are refused.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/rng.h"
#include "results/migrations/schema_steps.h"
#include "results/store.h"
#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_rows::Folder;

// The golden dump of a released schema as a database file.
void WriteGolden(int schema, const fs::path& path) {
  const fs::path dump = fs::path(MOEBENCH_SOURCE_DIR) / "results" / "testdata" /
                        ("schema_" + std::to_string(schema) + ".sql");
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec(ReadFile(dump, 1 << 20));
}

// What schema_1.sql holds; the numbers stand in the dump.
void ExpectTheGoldenSweep(const Store& store) {
  ASSERT_EQ(store.LatestSweepId(), 1);
  const SweepRows rows = store.ReadSweep(1);
  EXPECT_EQ(rows.sweep.finished, "2026-11-22T07:45:37Z");
  ASSERT_EQ(rows.cells.size(), 3u);
  EXPECT_EQ(rows.cells[2].status, Status::kFailed);
  EXPECT_THAT(rows.cells[2].reason, HasSubstr("no such expert"));
  ASSERT_EQ(rows.trials.size(), 6u);
  EXPECT_EQ(rows.trials[1].decode_ms, 99.912314414978027343);
  EXPECT_EQ(rows.trials[5].logits_hash, static_cast<uint64_t>(-5218812320519933117));
  EXPECT_EQ(rows.trials[5].inter_token_ms.size(), 15u);
  ASSERT_EQ(rows.answers.size(), 6u);
  EXPECT_EQ(rows.answers[2].answer, "the ");
  EXPECT_EQ(rows.sessions[1].read_bandwidth_gbps, 26.751856101073382631);
}

std::vector<fs::path> Copies(const Folder& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".backup") found.push_back(entry);
  }
  return found;
}

class EverySchema : public testing::TestWithParam<int> {};

TEST_P(EverySchema, IsBroughtForwardByTheWriterAndACopyPutAside) {
  const Folder folder;
  WriteGolden(GetParam(), folder / "s.db");
  {
    Store store = Store::OpenForWriting(folder / "s.db");
    EXPECT_THAT(store.opening_note(), HasSubstr("schema " + std::to_string(GetParam())));
    ExpectTheGoldenSweep(store);
    EXPECT_EQ(store.CreateSweep(testing_rows::SomeSweep(), {}, {}), 2);
  }
  const StoreCheck check = CheckStore(folder / "s.db");
  EXPECT_EQ(check.schema, NewestSchema());
  EXPECT_THAT(check.problems, testing::IsEmpty());
  const std::vector<fs::path> copies = Copies(folder);
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(CheckStore(copies[0]).schema, GetParam());
  EXPECT_EQ(Store::OpenForWriting(folder / "s.db").opening_note(), "") << "once is enough";
}

TEST_P(EverySchema, IsReadWithoutTouchingTheFile) {
  const Folder folder;
  WriteGolden(GetParam(), folder / "s.db");
  const std::string before = ReadFile(folder / "s.db", 16 << 20);
  ExpectTheGoldenSweep(Store::OpenForReading(folder / "s.db"));
  EXPECT_EQ(ReadFile(folder / "s.db", 16 << 20), before);
  EXPECT_TRUE(Copies(folder).empty());
}

// The fastest of three: what else runs here must not move the moments behind the end.
double SecondsToBringForward(int schema, const Folder& folder) {
  double fastest_s = 1;
  for (const char* name : {"a.db", "b.db", "c.db"}) {
    WriteGolden(schema, folder / name);
    const int64_t start_ns = NowNs();
    Store::OpenForWriting(folder / name);
    fastest_s = std::min(fastest_s, static_cast<double>(NowNs() - start_ns) * 1e-9);
  }
  return fastest_s;
}

// kill -9 while it is brought forward, at 50 moments of the time that takes: afterwards it is of
// the old schema or the new one, whole.
TEST_P(EverySchema, KilledOnTheWayItIsStillWhole) {
  const Folder folder;
  constexpr uint64_t kSeed = 61;
  constexpr int kKills = 50;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Rng rng(kSeed);
  const double whole_s = SecondsToBringForward(GetParam(), folder);
  int cut = 0;
  for (int run = 0; run < kKills; ++run) {
    const fs::path path = folder / ("s" + std::to_string(run) + ".db");
    WriteGolden(GetParam(), path);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Store::OpenForWriting(path);
      _exit(0);
    }
    const double moment_s = whole_s * (run + rng.Uniform()) / kKills;
    const timespec moment{0, static_cast<long>(1e9 * moment_s)};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    cut += WIFSIGNALED(status) ? 1 : 0;
    ExpectTheGoldenSweep(Store::OpenForReading(path));
    ExpectTheGoldenSweep(Store::OpenForWriting(path));
    EXPECT_THAT(CheckStore(path).problems, testing::IsEmpty());
  }
  EXPECT_GT(cut, 0) << "all came too late";
}

INSTANTIATE_TEST_SUITE_P(Golden, EverySchema, testing::Range(1, NewestSchema()),
                         testing::PrintToStringParamName());

TEST(Schema, NewerDatabasesAreRefusedWithASentenceAndLeftAlone) {
  const Folder folder;
  { Store::OpenForWriting(folder / "s.db"); }
  SQLite::Database((folder / "s.db").string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  for (const auto& open : {+[](const fs::path& p) { Store::OpenForWriting(p); },
                           +[](const fs::path& p) { Store::OpenForReading(p); }}) {
    try {
      open(folder / "s.db");
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kBadData);
      EXPECT_THAT(error.what(), HasSubstr("was written by a newer moebench (schema 99; this one"));
      EXPECT_THAT(error.what(), HasSubstr("update moebench"));
    }
  }
  EXPECT_TRUE(Copies(folder).empty());
}

TEST(Schema, EveryTableKeepsItsRowsAndCarriesAChecksum) {
  SQLite::Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  RunSchemaSteps(db, 0);
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), NewestSchema());
  SQLite::Statement tables(db,
                           "SELECT name, (SELECT count(*) FROM pragma_table_info(t.name) c WHERE"
                           " c.name = 'checksum'), (SELECT count(*) FROM sqlite_schema s WHERE"
                           " s.type = 'trigger' AND s.tbl_name = t.name) FROM sqlite_schema t"
                           " WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  int count = 0;
  for (; tables.executeStep(); ++count) {
    const std::string name = tables.getColumn(0).getString();
    EXPECT_EQ(tables.getColumn(1).getInt(), 1) << name << " has no checksum";
    EXPECT_EQ(tables.getColumn(2).getInt(), 2) << name << " can be changed";
  }
  EXPECT_GE(count, 9);
}

TEST(Backup, IsWholeAndNeverReplacesAnother) {
  const Folder folder;
  WriteGolden(1, folder / "s.db");
  const Store writer = Store::OpenForWriting(folder / "s.db");  // a copy can be made meanwhile
  BackUpStore(folder / "s.db", folder / "copy.db");
  ExpectTheGoldenSweep(Store::OpenForReading(folder / "copy.db"));
  EXPECT_THAT(CheckStore(folder / "copy.db").problems, testing::IsEmpty());
  EXPECT_THROW(BackUpStore(folder / "s.db", folder / "copy.db"), Error);
  EXPECT_THROW(BackUpStore(folder / "s.db", folder / "nowhere" / "copy.db"), Error);
  EXPECT_FALSE(fs::exists(folder / "copy.db.part"));
}

}  // namespace
}  // namespace moebench
