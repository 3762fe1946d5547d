// Files that are no store of ours, damaged ones, disks that are full or can't be written.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/rng.h"
#include "results/store.h"
#include "results/store_file.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using namespace testing_rows;
using testing::AnyOf;
using testing::HasSubstr;

std::string MessageOf(const std::function<void()>& f, ExitCode code) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing thrown";
  return "";
}

const std::string kCell4 = SomeCell(4).cell_id;

// A store with some hundred rows, closed, so that all lies in the one file.
void FillStore(const fs::path& path) {
  Store store = Store::OpenForWriting(path);
  const int64_t id = store.CreateSweep(SomeSweep(), {}, std::vector{SomeCell(4)});
  const int64_t session = store.AddSession(id, SomeSession());
  for (int i = 0; i < 20; ++i) {
    store.AddTrial(id, SomeTrial(kCell4, session, i));
    store.AddAnswers(id, std::vector{SomeAnswer(kCell4, session, std::to_string(i))});
  }
}

TEST(StoreDamage, ForeignAndNewerDatabasesAreRefusedAndLeftAlone) {
  const Folder folder;
  {
    SQLite::Database db((folder / "foreign.db").string(),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec("CREATE TABLE mine(x); INSERT INTO mine VALUES(1)");
  }
  const std::string before = ReadFile(folder / "foreign.db", 1 << 20);
  EXPECT_THAT(MessageOf([&] { Store::OpenForWriting(folder / "foreign.db"); }, ExitCode::kBadData),
              HasSubstr("another program"));
  EXPECT_THAT(MessageOf([&] { Store::OpenForReading(folder / "foreign.db"); }, ExitCode::kBadData),
              HasSubstr("another program"));
  EXPECT_EQ(ReadFile(folder / "foreign.db", 1 << 20), before);

  FillStore(folder / "newer.db");
  SQLite::Database((folder / "newer.db").string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  EXPECT_THAT(MessageOf([&] { Store::OpenForWriting(folder / "newer.db"); }, ExitCode::kBadData),
              HasSubstr("newer moebench"));
}

TEST(StoreDamage, WhatIsNoDatabaseIsRefused) {
  const Folder folder;
  WriteFileAtomically(folder / "text.db", std::string(5000, 'x'));
  for (const auto& open : {+[](const fs::path& p) { Store::OpenForWriting(p); },
                           +[](const fs::path& p) { Store::OpenForReading(p); }}) {
    EXPECT_THAT(MessageOf([&] { open(folder / "text.db"); }, ExitCode::kBadData),
                HasSubstr("no database"));
    EXPECT_THROW(open(folder.path()), Error);
  }
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(Store::OpenForWriting(folder / "fifo"), Error);
  MessageOf([&] { Store::OpenForReading(folder / "absent.db"); }, ExitCode::kBadData);
  WriteFileAtomically(folder / "empty.db", "");
  EXPECT_THAT(MessageOf([&] { Store::OpenForReading(folder / "empty.db"); }, ExitCode::kBadData),
              HasSubstr("no sweep"));
  MessageOf([&] { Store::OpenForWriting(folder / "absent" / "s.db"); }, ExitCode::kIo);
}

// Whatever bytes are lost or turned: an Error, or a store that can be read; never a crash.
TEST(StoreDamage, TruncatedAndFlippedFilesAreRefusedOrRead) {
  const Folder folder;
  FillStore(folder / "whole.db");
  const std::string whole = ReadFile(folder / "whole.db", 16 << 20);
  Rng rng(42);
  int refused = 0;
  constexpr int kCases = 120;
  for (int i = 0; i < kCases; ++i) {
    std::string bytes = whole;
    if (i % 3 == 0) {
      bytes.resize(1 + rng.Below(whole.size() - 1));
    } else {
      // The header and the pages' own headers are where damage is structural.
      const size_t page = 4096 * rng.Below(whole.size() / 4096);
      for (int flip = 0; flip < 8; ++flip) bytes[page + rng.Below(i % 3 == 1 ? 100 : 4096)] ^= 0x55;
    }
    std::ofstream(folder / "bad.db", std::ios::binary) << bytes;
    try {
      Store::OpenForReading(folder / "bad.db").ReadSweep(1);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ExitCode::kOk);
      ++refused;
    }
  }
  EXPECT_GT(refused, kCases / 2);
}

// A limit on the size of files stands for a full disk: SQLite sees EFBIG instead of ENOSPC. Done in
// a child, because the limit can't be raised again by ordinary users.
TEST(StoreDamage, AFullDiskIsAnErrorAndKeepsWhatWasFinished) {
  const Folder folder;
  const fs::path path = folder / "s.db";
  FillStore(path);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{256 << 10, 256 << 10};
    int result = 3;
    try {
      Store store = Store::OpenForWriting(path);
      setrlimit(RLIMIT_FSIZE, &limit);
      const int64_t session = store.AddSession(1, SomeSession());
      AnswerRecord answer = SomeAnswer(kCell4, session, "");
      answer.answer.assign(20'000, 'x');
      for (int i = 0; i < 100; ++i) {
        answer.item_id = "big" + std::to_string(i);
        store.AddAnswers(1, std::vector{answer});
      }
    } catch (const Error& error) {
      result = error.code() == ExitCode::kIo ? 0 : 4;
    }
    _exit(result);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);

  Store store = Store::OpenForWriting(path);  // space is free again
  const SweepRows rows = store.ReadSweep(1);
  EXPECT_EQ(rows.trials.size(), 20u);
  EXPECT_GE(rows.answers.size(), 20u);
  const int64_t session = store.AddSession(1, SomeSession());
  store.AddTrial(1, SomeTrial(kCell4, session, 0));
  EXPECT_EQ(store.ReadSweep(1).trials.size(), 21u);
}

// Runs f as a user who may not write to the folder: ourselves, or nobody where we are root.
void AsPowerless(const std::function<void()>& f) {
  const bool root = geteuid() == 0;
  if (root && seteuid(65534) != 0) FAIL() << "seteuid";
  f();
  if (root && seteuid(0) != 0) FAIL() << "seteuid back";
}

TEST(StoreDamage, AReadOnlyFolderCanBeReadButNotWritten) {
  const Folder folder;
  FillStore(folder / "s#1?.db");  // characters that URIs act upon
  fs::permissions(folder.path(), fs::perms(0555));
  fs::permissions(folder / "s#1?.db", fs::perms(0444));
  fs::permissions(folder / "s#1?.db.lock", fs::perms(0444));
  AsPowerless([&] {
    EXPECT_EQ(Store::OpenForReading(folder / "s#1?.db").ReadSweep(1).trials.size(), 20u);
    MessageOf([&] { Store::OpenForWriting(folder / "s#1?.db"); }, ExitCode::kIo);
    MessageOf([&] { Store::OpenForWriting(folder / "new.db"); }, ExitCode::kIo);
  });
  fs::permissions(folder.path(), fs::perms(0755));
}

TEST(StoreDamage, NetworkFileSystemsDoWithoutWal) {
  EXPECT_FALSE(WalWorksOn(0x6969));                        // NFS
  EXPECT_FALSE(WalWorksOn(static_cast<int>(0xFF534D42)));  // CIFS, as a 32-bit long would hold it
  EXPECT_TRUE(WalWorksOn(0xEF53));                         // ext4
  EXPECT_TRUE(WalWorksOn(0x01021994));                     // tmpfs
}

}  // namespace
}  // namespace moebench
