#include "harness/cli/command_judge.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/cli/signals.h"
#include "runners/worker/child_process.h"

namespace moebench {
namespace {

constexpr int64_t kTimeoutNs = 120'000'000'000;
constexpr size_t kMostReplyBytes = 1 << 20;
constexpr int kPollMs = 100;

[[noreturn]] void Refuse(const std::string& program, const std::string& problem) {
  throw Error{program + " " + problem, "judge", "", ExitCode::kIo};
}

// Reads what is there; false at the end of the output.
bool ReadSome(int fd, std::string* to) {
  std::array<char, 16 << 10> part{};
  for (;;) {
    const ssize_t n = read(fd, part.data(), part.size());
    if (n > 0 && to != nullptr) to->append(part.data(), static_cast<size_t>(n));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 && errno == EAGAIN;
  }
}

// Writes the question and reads the reply, both as the pipes take it.
std::string Talk(ChildProcess& child, const std::string& program, std::string question) {
  std::string reply;
  const int64_t deadline_ns = NowNs() + kTimeoutNs;
  for (;;) {
    if (StopAsked()) throw Error{"interrupted", "judge", "", ExitCode::kInterrupted};
    if (NowNs() > deadline_ns) Refuse(program, "gave no answer in 120 s");
    std::array<pollfd, 3> fds{{{child.stdout_fd(), POLLIN, 0},
                               {child.stderr_fd(), POLLIN, 0},
                               {question.empty() ? -1 : child.stdin_fd(), POLLOUT, 0}}};
    poll(fds.data(), fds.size(), kPollMs);
    if (fds[2].revents != 0) {
      const ssize_t n = write(child.stdin_fd(), question.data(), question.size());
      if (n < 0 && errno != EAGAIN && errno != EINTR) question.clear();  // it reads no more
      if (n > 0) question.erase(0, static_cast<size_t>(n));
      if (question.empty()) child.CloseStdin();
    }
    ReadSome(child.stderr_fd(), nullptr);
    if (!ReadSome(child.stdout_fd(), &reply)) return reply;
    if (reply.size() > kMostReplyBytes) Refuse(program, "writes more than 1 MiB");
  }
}

}  // namespace

JudgeModel CommandJudge(const std::vector<std::string>& command) {
  signal(SIGPIPE, SIG_IGN);  // a program that does not read its question
  const std::string& program = command.front();
  const auto ask = [command, program](const JudgePrompt& prompt) {
    const nlohmann::json question = {
        {"system", prompt.system}, {"user", prompt.user}, {"max_tokens", prompt.max_tokens}};
    ChildProcess child(command);
    JudgeReply reply;
    reply.text =
        Talk(child, program,
             question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    constexpr double kPatience_s = 5;
    const auto drain = [&child] { ReadSome(child.stderr_fd(), nullptr); };
    const std::optional<int> status = child.WaitForEnd(kPatience_s, drain);
    if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0) Refuse(program, "failed");
    reply.model = program;
    return reply;
  };
  return {"command:" + program.substr(program.find_last_of('/') + 1), ask};
}

}  // namespace moebench
