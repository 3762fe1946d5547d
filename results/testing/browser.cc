#include "results/testing/browser.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace moebench::testing {
namespace {

constexpr int kAnswerTimeoutMs = 60'000;
constexpr int kBrowserReads = 3, kBrowserWrites = 4;  // the descriptors Chromium expects

// A pipe whose ends don't stand where the child's must go.
std::pair<int, int> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  std::pair<int, int> moved;
  moved.first = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
  moved.second = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  close(ends[0]);
  close(ends[1]);
  if (moved.first < 0 || moved.second < 0) throw std::runtime_error("no descriptors left");
  return moved;
}

}  // namespace

std::optional<std::string> FindChromium() {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return std::nullopt;
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    std::string_view rest = path;
    while (!rest.empty()) {
      const size_t colon = rest.find(':');
      const std::string program = std::string(rest.substr(0, colon)) + '/' + name;
      if (access(program.c_str(), X_OK) == 0) return program;
      rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
  }
  return std::nullopt;
}

Browser::Browser(const std::string& program) {
  signal(SIGPIPE, SIG_IGN);  // a browser that died is an error of write(), not the test's end
  std::string folder =
      (std::filesystem::temp_directory_path() / "moebench-browser-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  profile_ = folder;
  const auto [browser_in, our_out] = MakePipe();
  const auto [our_in, browser_out] = MakePipe();
  to_browser_ = our_out;
  from_browser_ = our_in;
  // --no-sandbox: containers and root have none; the only page it sees is ours.
  std::vector<std::string> args = {program,
                                   "--headless=new",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--disable-background-networking",
                                   "--disable-component-update",
                                   "--no-first-run",
                                   "--remote-debugging-pipe",
                                   "--user-data-dir=" + folder,
                                   "--window-size=1280,900"};
  std::vector<char*> argv;
  argv.reserve(args.size() + 1);
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, browser_in, kBrowserReads);
  posix_spawn_file_actions_adddup2(&actions, browser_out, kBrowserWrites);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // ends with all its children
  const int failed =
      posix_spawn(&process_, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(browser_in);
  close(browser_out);
  try {
    if (failed != 0) throw std::runtime_error("chromium did not start");
    const std::string target = Send("Target.createTarget", {{"url", "about:blank"}})["targetId"];
    session_ =
        Send("Target.attachToTarget", {{"targetId", target}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page", "Runtime", "Log", "Network"}) {
      Call(std::string(domain) + ".enable");
    }
  } catch (...) {
    Stop();
    throw;
  }
}

Browser::~Browser() { Stop(); }

void Browser::Stop() {
  if (process_ > 0) {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  close(to_browser_);
  close(from_browser_);
  std::error_code ignored;
  std::filesystem::remove_all(profile_, ignored);
}

nlohmann::json Browser::NextMessage() {
  size_t end = buffer_.find('\0');
  while (end == std::string::npos) {
    pollfd ready{from_browser_, POLLIN, 0};
    if (poll(&ready, 1, kAnswerTimeoutMs) != 1)
      throw std::runtime_error("chromium does not answer");
    std::array<char, 1 << 16> chunk{};
    const ssize_t size = read(from_browser_, chunk.data(), chunk.size());
    if (size <= 0) throw std::runtime_error("chromium ended");
    buffer_.append(chunk.data(), static_cast<size_t>(size));
    end = buffer_.find('\0');
  }
  nlohmann::json message = nlohmann::json::parse(buffer_.substr(0, end));
  buffer_.erase(0, end + 1);
  return message;
}

nlohmann::json Browser::Send(const std::string& method, nlohmann::json params) {
  const int id = next_id_++;
  nlohmann::json message = {{"id", id}, {"method", method}, {"params", std::move(params)}};
  if (!session_.empty()) message["sessionId"] = session_;
  const std::string text = message.dump() + '\0';
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t size = write(to_browser_, text.data() + sent, text.size() - sent);
    if (size < 0 && errno != EINTR) throw std::runtime_error("chromium ended");
    if (size > 0) sent += static_cast<size_t>(size);
  }
  while (true) {
    nlohmann::json answer = NextMessage();
    if (!answer.contains("id")) {
      events_.push_back(std::move(answer));
    } else if (answer["id"] == id) {
      if (answer.contains("error"))
        throw std::runtime_error(method + ": " + answer["error"].dump());
      return answer["result"];
    }
  }
}

nlohmann::json Browser::Call(const std::string& method, nlohmann::json params) {
  return Send(method, std::move(params));
}

void Browser::Open(const std::string& url) {
  events_.clear();
  Call("Page.navigate", {{"url", url}});
  while (Events("Page.loadEventFired").empty()) {
    nlohmann::json message = NextMessage();
    if (!message.contains("id")) events_.push_back(std::move(message));
  }
}

nlohmann::json Browser::Evaluate(const std::string& expression) {
  const nlohmann::json result =
      Call("Runtime.evaluate",
           {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
  if (result.contains("exceptionDetails")) {
    throw std::runtime_error(result["exceptionDetails"].dump());
  }
  return result["result"].value("value", nlohmann::json());
}

std::vector<nlohmann::json> Browser::Events(const std::string& method) const {
  std::vector<nlohmann::json> found;
  for (const nlohmann::json& event : events_) {
    if (event.value("method", "") == method) found.push_back(event["params"]);
  }
  return found;
}

}  // namespace moebench::testing
