// Each API against a server on this machine that speaks it, well and badly.
#include "quality/judge/judge_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "quality/judge/testing/loopback_server.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kKey[] = "MOEBENCH-CANARY-5f1c";

std::shared_ptr<const Secret> Key() { return std::make_shared<Secret>(std::string(kKey)); }

// Shapes as the APIs' references show them.
std::string MessagesReply(const std::string& text) {
  return Json{{"id", "msg_1"},
              {"type", "message"},
              {"role", "assistant"},
              {"model", "claude-x-20260101"},
              {"content", {{{"type", "text"}, {"text", text}}}},
              {"stop_reason", "end_turn"},
              {"usage", {{"input_tokens", 321}, {"output_tokens", 17}}}}
      .dump();
}

std::string CompletionsReply(const std::string& text) {
  return Json{{"id", "chatcmpl-1"},
              {"object", "chat.completion"},
              {"model", "judge.gguf"},
              {"choices",
               {{{"index", 0},
                 {"finish_reason", "stop"},
                 {"message", {{"role", "assistant"}, {"content", text}}}}}},
              {"usage", {{"prompt_tokens", 200}, {"completion_tokens", 9}, {"total_tokens", 209}}}}
      .dump();
}

class JudgeApi : public testing::Test {
 protected:
  JudgeTransport Transport(const HttpRules& rules = {}) {
    return {.post = [rules](const HttpRequest& request) { return PostJson(request, rules); },
            .wait = [this](double seconds) { waits_.push_back(seconds); }};
  }
  JudgeModel Claude(const LoopbackServer& server, const HttpRules& rules = {}) {
    return AnthropicJudge({.model = "claude-x", .url = server.url(), .key = Key()},
                          Transport(rules));
  }
  // The error of one question.
  Error Refusal(const JudgeModel& judge) {
    try {
      judge.ask({"system", "user"});
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr(kKey)));
      return error;
    }
    ADD_FAILURE() << "it answered";
    return Error{"", ""};
  }
  std::vector<double> waits_;
};

TEST_F(JudgeApi, MessagesAreAskedAndReadAsTheReferenceSays) {
  LoopbackServer server(
      [](const LoopbackRequest&) { return HttpAnswer(200, MessagesReply("{\"score\": 3}")); });
  const JudgeModel judge = Claude(server);
  EXPECT_EQ(judge.name, "anthropic:claude-x");
  const JudgeReply reply = judge.ask({.system = "Grade.", .user = "An answer", .max_tokens = 55});
  EXPECT_EQ(reply.text, "{\"score\": 3}");
  EXPECT_EQ(reply.model, "claude-x-20260101");
  EXPECT_EQ(reply.input_tokens, 321);
  EXPECT_EQ(reply.output_tokens, 17);
  EXPECT_EQ(reply.requests, 1);
  ASSERT_EQ(server.requests().size(), 1u);
  const LoopbackRequest request = server.requests().front();
  EXPECT_THAT(request.head, HasSubstr("POST /v1/messages HTTP"));
  EXPECT_THAT(request.head, HasSubstr(std::string("x-api-key: ") + kKey + "\r\n"));
  EXPECT_THAT(request.head, HasSubstr("anthropic-version: 2023-06-01\r\n"));
  const Json body = Json::parse(request.body);
  EXPECT_EQ(body,
            (Json{{"model", "claude-x"},
                  {"max_tokens", 55},
                  {"temperature", 0},
                  {"system", "Grade."},
                  {"messages", Json::array({{{"role", "user"}, {"content", "An answer"}}})}}));
}

TEST_F(JudgeApi, CompletionsAreAskedAndReadAsTheReferenceSays) {
  LoopbackServer server(
      [](const LoopbackRequest&) { return HttpAnswer(200, CompletionsReply("{\"score\": 1}")); });
  const JudgeModel judge =
      OpenAiJudge({.model = "judge.gguf", .url = server.url() + "/v1/"}, Transport());
  const JudgeReply reply = judge.ask({.system = "Grade.", .user = "An answer"});
  EXPECT_EQ(reply.text, "{\"score\": 1}");
  EXPECT_EQ(reply.model, "judge.gguf");
  EXPECT_EQ(reply.input_tokens, 200);
  EXPECT_EQ(reply.output_tokens, 9);
  const LoopbackRequest request = server.requests().front();
  EXPECT_THAT(request.head, HasSubstr("POST /v1/chat/completions HTTP"));
  EXPECT_THAT(request.head, Not(HasSubstr("uthorization")));
  const Json body = Json::parse(request.body);
  EXPECT_EQ(body["messages"][0]["role"], "system");
  EXPECT_EQ(body["messages"][1]["content"], "An answer");
  EXPECT_EQ(body["temperature"], 0);
  EXPECT_EQ(body["response_format"]["type"], "json_object");
}

TEST_F(JudgeApi, AKeyGoesToCompletionsAsABearer) {
  LoopbackServer server(
      [](const LoopbackRequest&) { return HttpAnswer(200, CompletionsReply("x")); });
  OpenAiJudge({.model = "m", .url = server.url(), .key = Key()}, Transport()).ask({"s", "u"});
  EXPECT_THAT(server.requests().front().head,
              HasSubstr(std::string("authorization: Bearer ") + kKey + "\r\n"));
}

TEST_F(JudgeApi, ABusyServerIsAskedAgainWhenItSays) {
  int asked = 0;
  LoopbackServer server([&](const LoopbackRequest&) {
    ++asked;
    if (asked == 1) return HttpAnswer(429, "{}", "retry-after: 7\r\n");
    if (asked == 2) return HttpAnswer(529, "{}");
    return HttpAnswer(200, MessagesReply("done"));
  });
  const JudgeReply reply = Claude(server).ask({"s", "u"});
  EXPECT_EQ(reply.text, "done");
  EXPECT_EQ(reply.requests, 3);
  EXPECT_THAT(waits_, ElementsAre(7, 2));
}

TEST_F(JudgeApi, AServerThatStaysBusyIsGivenUp) {
  LoopbackServer server([](const LoopbackRequest&) { return HttpAnswer(503, "down"); });
  EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("answers 503 (5 times): down"));
  EXPECT_THAT(waits_, ElementsAre(1, 2, 4, 8));
}

TEST_F(JudgeApi, AServerThatWantsTooLongAWaitIsGivenUpAtOnce) {
  LoopbackServer server(
      [](const LoopbackRequest&) { return HttpAnswer(429, "{}", "retry-after: 3600\r\n"); });
  EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("answers 429"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(JudgeApi, ARefusedKeyIsToldWithoutIt) {
  LoopbackServer server([](const LoopbackRequest&) {
    return HttpAnswer(401, Json{{"type", "error"},
                                {"error",
                                 {{"type", "authentication_error"},
                                  {"message", std::string("invalid x-api-key ") + kKey}}}}
                               .dump());
  });
  const Error error = Refusal(Claude(server));
  EXPECT_THAT(error.what(), HasSubstr("answers 401: invalid x-api-key [key]"));
  EXPECT_EQ(error.hint(), "check the key");
  EXPECT_EQ(error.code(), ExitCode::kConfig);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(JudgeApi, GarbageIsRefused) {
  for (const std::string body : {"", "<html>", "[]", "3", "{}", "{\"content\": 5}", "\xff\xfe"}) {
    LoopbackServer server([&](const LoopbackRequest&) { return HttpAnswer(200, body); });
    EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("answers with")) << body;
  }
  for (const std::string body : {"{}", "{\"choices\": []}", "{\"choices\": [{\"message\": 3}]}"}) {
    LoopbackServer server([&](const LoopbackRequest&) { return HttpAnswer(200, body); });
    EXPECT_THAT(Refusal(OpenAiJudge({.url = server.url()}, Transport())).what(),
                HasSubstr("answers without"))
        << body;
  }
}

TEST_F(JudgeApi, WrongTypesInAReplyAreNoText) {
  LoopbackServer server([](const LoopbackRequest&) {
    return HttpAnswer(200, R"({"model": 5, "content": [3, {"type": "text", "text": 7},
                               {"type": "tool_use"}], "usage": {"input_tokens": -4}})");
  });
  const JudgeReply reply = Claude(server).ask({"s", "u"});
  EXPECT_EQ(reply.text, "");
  EXPECT_EQ(reply.input_tokens, 0);
}

TEST_F(JudgeApi, RedirectsAreRefused) {
  LoopbackServer elsewhere([](const LoopbackRequest&) { return HttpAnswer(200, "{}"); });
  LoopbackServer server([&](const LoopbackRequest&) {
    return HttpAnswer(307, "", "location: " + elsewhere.url() + "/v1/messages\r\n");
  });
  EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("redirects (307)"));
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(JudgeApi, RepliesOfAnySizeAreCutOff) {
  LoopbackServer server(
      [](const LoopbackRequest&) { return HttpAnswer(200, std::string(4 << 20, 'x')); });
  EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("larger than 1048576 bytes"));
}

TEST_F(JudgeApi, ASilentServerIsGivenUpAfterTheTimeout) {
  LoopbackServer server([](const LoopbackRequest&) { return std::string(); });
  const Error error = Refusal(Claude(server, {.timeout_s = 0.05}));
  EXPECT_THAT(error.what(), HasSubstr("127.0.0.1: Timeout was reached (5 times)"));
}

TEST_F(JudgeApi, HalfAReplyIsTrouble) {
  LoopbackServer server([](const LoopbackRequest&) {
    return std::string("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"content\"");
  });
  EXPECT_THAT(Refusal(Claude(server)).what(), HasSubstr("127.0.0.1: "));
}

TEST_F(JudgeApi, Cancelling_EndsARequestUnderWay) {
  LoopbackServer server([](const LoopbackRequest&) { return std::string(); });
  HttpRules rules;
  rules.cancelled = [] { return true; };
  EXPECT_EQ(Refusal(Claude(server, rules)).code(), ExitCode::kInterrupted);
}

TEST_F(JudgeApi, ProxiesOfTheEnvironmentAreIgnored) {
  setenv("http_proxy", "http://127.0.0.1:9", 1);
  setenv("all_proxy", "http://127.0.0.1:9", 1);
  LoopbackServer server([](const LoopbackRequest&) { return HttpAnswer(200, MessagesReply("x")); });
  EXPECT_EQ(Claude(server).ask({"s", "u"}).text, "x");
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

TEST(JudgeUrl, OnlySafeOnesAreTaken) {
  const HttpRules strict, open{.private_network = true};
  EXPECT_NO_THROW(CheckJudgeUrl("https://judge.example/v1/messages", strict));
  EXPECT_NO_THROW(CheckJudgeUrl("http://localhost:8080/", strict));
  EXPECT_NO_THROW(CheckJudgeUrl("http://[::1]:8080/", strict));
  EXPECT_NO_THROW(CheckJudgeUrl("http://box.local:8000/v1", open));
  EXPECT_THROW(CheckJudgeUrl("http://box.local:8000/v1", strict), Error);
  EXPECT_THROW(CheckJudgeUrl("http://127.0.0.1.evil.example/", strict), Error);
  EXPECT_THROW(CheckJudgeUrl("file:///etc/passwd", open), Error);
  EXPECT_THROW(CheckJudgeUrl("https://user:pass@judge.example/", open), Error);
  EXPECT_THROW(CheckJudgeUrl("", open), Error);
}

TEST(JudgeUrl, AddressesItMustNotHaveAreRefused) {
  const HttpRequest metadata{.url = "http://169.254.169.254/latest", .body = "{}"};
  try {
    PostJson(metadata, {.private_network = true, .connect_timeout_s = 1});
    FAIL() << "it was reached";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("169.254.169.254, an address it must not have"));
  }
  EXPECT_THROW(PostJson({.url = "https://10.0.0.1/", .body = "{}"}, {.connect_timeout_s = 1}),
               Error);
}

}  // namespace
}  // namespace moebench
