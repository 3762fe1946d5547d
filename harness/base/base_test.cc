#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "harness/base/suggest.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  fs::path folder_ = fs::path(testing::TempDir()) / ("base_test" + std::to_string(getpid()));
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
};

TEST(Error, NamesPlaceProblemAndRemedyInOneLine) {
  const Error error{"placement: 'x' is not a policy", "a.yaml:1:2", "did you mean 'y'?"};
  EXPECT_STREQ(error.what(), "a.yaml:1:2: placement: 'x' is not a policy; did you mean 'y'?");
}

TEST(Clock, StampIsUtcIso8601) {
  EXPECT_EQ(UtcStamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(UtcStamp(1795309200), "2026-11-22T01:00:00Z");
}

// First outputs of SplitMix64 with seed 1234567 (Vigna's published reference implementation).
TEST(Rng, MatchesTheReferenceSequence) {
  Rng rng(1234567);
  EXPECT_EQ(rng.Next(), 6457827717110365317ULL);
  EXPECT_EQ(rng.Next(), 3203168211198807973ULL);
}

TEST(Hash, MatchesPublishedVectors) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Fnv1a64("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(Hex16(0xaf63dc4c8601ec8cULL), "af63dc4c8601ec8c");
}

TEST(Suggest, FindsTheNearestName) {
  const std::vector<std::string> names = {"interleave", "local"};
  EXPECT_EQ(SuggestName("intreleave", names), "did you mean 'interleave'?");
  EXPECT_EQ(SuggestName("zzzzzz", names), "one of: interleave, local");
}

TEST_F(Files, WrittenThenReadIsTheSame) {
  const std::string content("a\0b", 3);
  WriteFileAtomically(folder_ / "x", content);
  EXPECT_EQ(ReadFile(folder_ / "x", 3), content);
  EXPECT_EQ(Sha256OfFile(folder_ / "x"), Sha256Hex(content));
}

TEST_F(Files, RefusesWhatIsNoRegularFileOrTooLarge) {
  WriteFileAtomically(folder_ / "x", "1234");
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(ReadFile(folder_ / "x", 3), Error);
  EXPECT_THROW(ReadFile(folder_ / "absent", 3), Error);
  EXPECT_THROW(ReadFile(folder_, 3), Error);
  EXPECT_THROW(ReadFile(folder_ / "fifo", 3), Error);
  EXPECT_THROW(ReadFile("/dev/zero", 3), Error);
}

TEST_F(Files, FailedWriteLeavesTheOldFileAndNoRubbish) {
  EXPECT_THROW(WriteFileAtomically(folder_ / "absent" / "x", "1"), Error);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Files, DevicesAndLinksAreWrittenToNotReplaced) {
  fs::create_symlink("/dev/null", folder_ / "null");
  WriteFileAtomically(folder_ / "null", "1");
  EXPECT_TRUE(fs::is_symlink(folder_ / "null"));
  EXPECT_TRUE(fs::is_character_file(folder_ / "null"));
  WriteFileAtomically(folder_ / "x", "1");
  fs::create_symlink("x", folder_ / "link");
  WriteFileAtomically(folder_ / "link", "2");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(folder_ / "x", 3), "2");
}

}  // namespace
}  // namespace moebench
