#include "runners/routing/packed_trace.h"

#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr const char* kText =
    "moebench-routing/1 experts=700 layers=2\n3 17 90 641;5 6 7 127\n8;0 6\n";

std::string Refusal(const std::string& bytes, int experts = 700, int layers = 2) {
  try {
    UnpackRoutingTrace(bytes, experts, layers, "sweep 7");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(PackedTrace, ComesBackAsItWas) {
  const std::string bytes = PackRoutingTrace(ParseRoutingTrace(kText, "t"));
  EXPECT_EQ(bytes.size(), 2u * (4 + 11));
  EXPECT_EQ(bytes.substr(0, 4), std::string("\4\0\3\0", 4)) << "little-endian";
  EXPECT_EQ(FormatRoutingTrace(UnpackRoutingTrace(bytes, 700, 2, "t")), kText);
}

TEST(PackedTrace, RefusesWhatIsNoWholeTrace) {
  const std::string bytes = PackRoutingTrace(ParseRoutingTrace(kText, "t"));
  EXPECT_THAT(Refusal(""), HasSubstr("sweep 7: a packed routing trace holds no token"));
  EXPECT_THAT(Refusal(bytes, 0), HasSubstr("of 0 experts"));
  EXPECT_THAT(Refusal(bytes, 700, 1 << 20), HasSubstr("in 1048576 layers"));
  EXPECT_THAT(Refusal(bytes, 641), HasSubstr("names expert 641 of 641"));
  EXPECT_THAT(Refusal(std::string("\0\0", 2)), HasSubstr("a token 0 of 700 experts"));
  EXPECT_THAT(Refusal("\xff\xff"), HasSubstr("a token 65535 of 700 experts"));
  EXPECT_THAT(Refusal(std::string("\2\0\5\0\5\0", 6), 700, 1), HasSubstr("twice"));
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    if (size == 20) continue;  // the first token alone
    EXPECT_THAT(Refusal(bytes.substr(0, size)), HasSubstr("in the middle of a token")) << size;
  }
}

TEST(PackedTrace, AnyBytesAreATraceOrRefused) {
  constexpr uint64_t kSeed = 9;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Rng rng(kSeed);
  int taken = 0;
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes(rng.Below(24), '\0');
    for (std::size_t i = 0; i < bytes.size(); i += 2) bytes[i] = static_cast<char>(rng.Below(4));
    try {
      const RoutingTrace trace = UnpackRoutingTrace(bytes, 3, 1, "t");
      ++taken;
      EXPECT_EQ(PackRoutingTrace(trace), bytes);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kBadData);
    }
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace moebench
