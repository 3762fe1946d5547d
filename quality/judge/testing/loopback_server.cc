#include "quality/judge/testing/loopback_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

// Of a header block in any case; 0 if there is none.
std::size_t ContentLength(const std::string& head) {
  for (const char* name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    if (at != std::string::npos) return std::strtoul(head.c_str() + at + 16, nullptr, 10);
  }
  return 0;
}

}  // namespace

LoopbackServer::LoopbackServer(Page page) : page_(std::move(page)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  CHECK(stop_ >= 0 && bind(listener_, any, size) == 0 && listen(listener_, 16) == 0);
  CHECK(getsockname(listener_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

LoopbackServer::~LoopbackServer() {
  const uint64_t one = 1;
  CHECK(write(stop_, &one, sizeof one) == sizeof one);
  thread_.join();
  close(listener_);
  close(stop_);
}

std::vector<LoopbackRequest> LoopbackServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void LoopbackServer::Serve() {
  for (;;) {
    std::array<pollfd, 2> fds{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    Answer(connection);
    close(connection);
  }
}

void LoopbackServer::Answer(int connection) {
  std::string bytes;
  std::array<char, 4096> part{};
  std::size_t end = std::string::npos;
  LoopbackRequest request;
  for (;;) {
    end = bytes.find("\r\n\r\n");
    if (end != std::string::npos) {
      request.head = bytes.substr(0, end + 2);
      request.body = bytes.substr(end + 4);
      if (request.body.size() >= ContentLength(request.head)) break;
    }
    const ssize_t n = read(connection, part.data(), part.size());
    if (n <= 0) return;
    bytes.append(part.data(), static_cast<std::size_t>(n));
  }
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const std::string answer = page_(request);
  for (std::size_t done = 0; done < answer.size();) {
    const ssize_t n = send(connection, answer.data() + done, answer.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
  if (!answer.empty()) return;
  std::array<pollfd, 2> fds{{{connection, POLLIN | POLLRDHUP, 0}, {stop_, POLLIN, 0}}};
  poll(fds.data(), fds.size(), -1);
}

std::string HttpAnswer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\ncontent-type: application/json\r\n" +
         headers + "content-length: " + std::to_string(body.size()) +
         "\r\nconnection: close\r\n\r\n" + body;
}

}  // namespace moebench
