#include "quality/judge/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <type_traits>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr char kKey[] = "MOEBENCH-CANARY-77ab";

class SecretFile : public testing::Test {
 protected:
  SecretFile() : path_(fs::path(testing::TempDir()) / ("key-" + std::to_string(getpid()))) {}
  ~SecretFile() override { fs::remove_all(path_); }
  void Write(const std::string& text, mode_t mode) {
    fs::remove(path_);
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  std::string Refusal() {
    try {
      SecretFromFile(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "taken";
  }
  const fs::path path_;
};

TEST_F(SecretFile, IsReadWithoutItsLineEnd) {
  Write(std::string(kKey) + "\r\n", 0600);
  EXPECT_EQ(SecretFromFile(path_).Reveal(), kKey);
  Write(kKey, 0400);
  EXPECT_EQ(SecretFromFile(path_).Reveal(), kKey);
}

TEST_F(SecretFile, ThatOthersMayReadIsRefused) {
  Write(kKey, 0640);
  EXPECT_THAT(Refusal(), HasSubstr("chmod 600"));
  EXPECT_THAT(Refusal(), Not(HasSubstr(kKey)));
  Write(kKey, 0604);
  EXPECT_THAT(Refusal(), HasSubstr("others may read"));
}

TEST_F(SecretFile, ThatHoldsNoKeyIsRefused) {
  EXPECT_THAT(Refusal(), HasSubstr("No such file"));
  Write("", 0600);
  EXPECT_THAT(Refusal(), HasSubstr("is empty"));
  Write("two words", 0600);
  EXPECT_THAT(Refusal(), HasSubstr("has blanks"));
  Write("two\nlines", 0600);
  EXPECT_THAT(Refusal(), HasSubstr("has blanks"));
  Write(std::string(5000, 'k'), 0600);
  EXPECT_THAT(Refusal(), Not(HasSubstr("taken")));
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_THAT(Refusal(), HasSubstr("no regular file"));
}

TEST(Secret, OfTheEnvironment_IsGoneFromIt) {
  setenv("MOEBENCH_TEST_KEY", kKey, 1);
  EXPECT_EQ(SecretFromEnvironment("MOEBENCH_TEST_KEY").Reveal(), kKey);
  EXPECT_EQ(std::getenv("MOEBENCH_TEST_KEY"), nullptr);
  EXPECT_THROW(SecretFromEnvironment("MOEBENCH_TEST_KEY"), Error);
}

TEST(Secret, CanNeitherBeCopiedNorPrinted) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  Secret first{std::string(kKey)};
  Secret second = std::move(first);
  EXPECT_EQ(second.Reveal(), kKey);
  Secret third;
  third = std::move(second);
  EXPECT_EQ(third.Reveal(), kKey);
}

TEST(Secret, IsTakenOutOfTexts) {
  const Secret key{std::string("abc")};
  EXPECT_EQ(key.Redact("abc and abcabc"), "[key] and [key][key]");
  EXPECT_EQ(Secret().Redact("abc"), "abc");
}

}  // namespace
}  // namespace moebench
