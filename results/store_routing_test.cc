// A routing trace comes back to the byte; the same one of every night is stored once.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using namespace testing_rows;

// Of one layer: two experts for each token, 0 and 256 + i.
std::string Trace(int tokens) {
  std::string bytes;
  for (int i = 0; i < tokens; ++i) {
    bytes += std::string("\2\0\0\0", 4) + static_cast<char>(i) + '\1';
  }
  return bytes;
}

int64_t SweepWith(Store& store, const std::string& trace) {
  const int64_t id = store.CreateSweep(SomeSweep(), {}, {});
  store.AddRouting(id, SomeRouting(store.AddSession(id, SomeSession()), trace));
  return id;
}

int64_t Count(const Folder& folder, const char* table) {
  return SQLite::Database((folder / "s.db").string(), SQLite::OPEN_READONLY)
      .execAndGet(std::string("SELECT count(*) FROM ") + table)
      .getInt64();
}

TEST(StoreRouting, ComesBackToTheByte) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = SweepWith(store, Trace(200));
  const SweepRows rows = store.ReadSweep(id);
  ASSERT_EQ(rows.routings.size(), 1u);
  const RoutingRecord& r = rows.routings[0];
  EXPECT_EQ(r.model_sha256, std::string(64, 'a'));
  EXPECT_EQ(r.session_id, rows.sessions.at(0).id);
  EXPECT_EQ(r.k, 2);
  EXPECT_EQ(r.text_hash, "0123456789abcdef");
  EXPECT_EQ(r.n_experts, 700);
  EXPECT_EQ(r.n_layers, 1);
  EXPECT_EQ(r.n_tokens, 200);
  EXPECT_EQ(r.experts, Trace(200));
}

TEST(StoreRouting, TheSameTraceOfEveryNightIsStoredOnce) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t first = SweepWith(store, Trace(3)), second = SweepWith(store, Trace(3)),
                third = SweepWith(store, Trace(4));
  EXPECT_EQ(Count(folder, "routing_trace"), 2);
  EXPECT_EQ(Count(folder, "sweep_routing"), 3);
  EXPECT_EQ(store.ReadSweep(first).routings.at(0).experts, Trace(3));
  EXPECT_EQ(store.ReadSweep(second).routings.at(0).experts, Trace(3));
  EXPECT_EQ(store.ReadSweep(third).routings.at(0).experts, Trace(4));
}

TEST(StoreRouting, AModelsFirstTraceInASweepStands) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  const int64_t id = SweepWith(store, Trace(3));
  store.AddRouting(id, SomeRouting(1, Trace(5)));
  ASSERT_EQ(store.ReadSweep(id).routings.size(), 1u);
  EXPECT_EQ(store.ReadSweep(id).routings[0].experts, Trace(3));
  EXPECT_EQ(Count(folder, "routing_trace"), 1) << "nobody names the other";
}

TEST(StoreRouting, ATraceOfAnotherSweepsSessionIsRefused) {
  const Folder folder;
  Store store = Store::OpenForWriting(folder / "s.db");
  SweepWith(store, Trace(3));
  const int64_t other = store.CreateSweep(SomeSweep(), {}, {});
  EXPECT_THROW(store.AddRouting(other, SomeRouting(1, Trace(3))), Error);
  EXPECT_TRUE(store.ReadSweep(other).routings.empty());
}

}  // namespace
}  // namespace moebench
