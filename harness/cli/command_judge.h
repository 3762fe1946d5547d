// A program of the user's as judge: one process for each question, which gets
// {"system": "...", "user": "...", "max_tokens": 400} and a line feed on its standard input and
// writes its reply to standard output.
//   JudgeModel judge = CommandJudge({"/usr/local/bin/my-judge", "--fast"});
#pragma once

#include <string>
#include <vector>

#include "quality/judge/judge_model.h"

namespace moebench {

// command[0] is the path of the program; PATH is not searched, no shell reads it. A program that
// fails, says nothing for two minutes or writes more than 1 MiB makes ask() throw Error.
JudgeModel CommandJudge(const std::vector<std::string>& command);

}  // namespace moebench
