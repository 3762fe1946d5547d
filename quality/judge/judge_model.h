// A language model that is asked for its judgement: whatever answers a prompt with text. Models
// behind an API are made by judge_api.h; one in our own engine or a program of the user's is a
// function that the caller brings along.
//   JudgeModel judge{"gguf:judge.gguf", [&](const JudgePrompt& p) { return JudgeReply{...}; }};
// ask() throws Error if there is no answer to be had; that ends the judging, not the sweep.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace moebench {

struct JudgePrompt {
  std::string system, user;
  int max_tokens = 400;
};

struct JudgeReply {
  std::string text;   // raw
  std::string model;  // as the server names itself; may be more exact than what was asked for
  int64_t input_tokens = 0, output_tokens = 0;
  int requests = 1;  // sent, with those that had to be repeated
};

struct JudgeModel {
  std::string name;  // kind and model: "anthropic:NAME"
  std::function<JudgeReply(const JudgePrompt&)> ask;
};

}  // namespace moebench
