#include "runners/routing/routing_trace.h"

#include <gmock/gmock.h>

#include "harness/base/error.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kText =
    "moebench-routing/1 experts=128 layers=2\n3 17 90 41;5 6 7 127\n8;0 6\n";

std::string Refusal(const std::string& text) {
  try {
    ParseRoutingTrace(text, "t.routing");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(RoutingTrace, IsReadAndWrittenBack) {
  const RoutingTrace trace = ParseRoutingTrace(kText, "t");
  EXPECT_EQ(trace.n_tokens(), 2);
  EXPECT_THAT(trace.Experts(0, 1), ElementsAre(5, 6, 7, 127));
  EXPECT_THAT(trace.Experts(1, 0), ElementsAre(8));
  EXPECT_EQ(FormatRoutingTrace(trace), kText);
}

TEST(RoutingTrace, RefusesWithTheLine) {
  const std::string header = "moebench-routing/1 experts=4 layers=2\n";
  EXPECT_THAT(Refusal(""), HasSubstr("t.routing:1: holds no token"));
  EXPECT_THAT(Refusal("{}\n"), HasSubstr("is no routing trace"));
  EXPECT_THAT(Refusal("moebench-routing/1 experts=99999 layers=2\n"), HasSubstr("1..16384"));
  EXPECT_THAT(Refusal(header), HasSubstr("holds no token"));
  EXPECT_THAT(Refusal(header + "0;4\n"), HasSubstr("t.routing:2: '4"));
  EXPECT_THAT(Refusal(header + "0;1\n0 0;1\n"), HasSubstr("t.routing:3: expert 0 stands twice"));
  EXPECT_THAT(Refusal(header + "0\n"), HasSubstr("not 2 layers"));
  EXPECT_THAT(Refusal(header + "0;1;2\n"), HasSubstr("not 2 layers"));
  EXPECT_THAT(Refusal(header + "0;\n"), HasSubstr("no number"));
  EXPECT_THAT(Refusal(header + "0;-1\n"), HasSubstr("no number"));
}

}  // namespace
}  // namespace moebench
