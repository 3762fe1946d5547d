#include "runners/native/tokenizer/testing/llama_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  throw Error{what, "llama-server", "", ExitCode::kInternal};
}

class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) Fail("no socket can be had");
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int FreePort() {
  const Socket socket;
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Fail("no port can be had");
  }
  return ntohs(address.sin_port);
}

std::string ShellWord(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace

LlamaServer::LlamaServer(const std::string& command, const std::vector<std::string>& arguments)
    : port_(FreePort()) {
  std::string line = "exec " + command + " --host 127.0.0.1 --port " + std::to_string(port_);
  for (const std::string& argument : arguments) line += " " + ShellWord(argument);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Fail("no pipe can be had");
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  log_ = ends[0];
  std::string said;
  char part[4096];
  while (said.find("listening on http") == said.npos) {
    const ssize_t n = read(log_, part, sizeof part);
    if (n <= 0) {
      Stop();
      Fail("it ended: " + said.substr(said.size() - std::min<size_t>(said.size(), 500)));
    }
    said.append(part, static_cast<size_t>(n));
  }
  // From here on nobody reads what it says.
  fcntl(log_, F_SETFL, O_NONBLOCK);
}

LlamaServer::~LlamaServer() { Stop(); }

void LlamaServer::Stop() {
  close(log_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string LlamaServer::Post(const std::string& path, const std::string& body) const {
  const Socket socket;
  const sockaddr_in address = Loopback(port_);
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    Fail("it takes no connection");
  }
  const std::string request = "POST " + path +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                              "Content-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    Fail("it takes no request");
  }
  std::string answer;
  char part[4096];
  for (ssize_t n; (n = recv(socket.fd(), part, sizeof part, 0)) > 0;) {
    answer.append(part, static_cast<size_t>(n));
  }
  const size_t end = answer.find("\r\n\r\n");
  if (end == answer.npos || answer.find(" 200 ") != 8) Fail("it answers " + answer.substr(0, 300));
  return answer.substr(end + 4);
}

}  // namespace moebench
