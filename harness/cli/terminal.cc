#include "harness/cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/sweep/estimate.h"
#include "results/report_escape.h"

namespace moebench {

bool UseColour(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(fd) && (!no_color || !*no_color) && term && std::string_view(term) != "dumb";
}

int TerminalWidth(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO)) {
  if (terminal_) width_ = TerminalWidth(STDERR_FILENO);
}

ProgressLine::~ProgressLine() { Erase(); }

void ProgressLine::Erase() {
  if (line_shown_) std::fputs("\r\x1b[K", stderr);
  line_shown_ = false;
}

void ProgressLine::Show(const SweepEvent& event) {
  const std::string text = VisibleText(event.text);
  if (event.kind == SweepEvent::Kind::kNote) {
    Erase();
    fmt::print(stderr, "  ! {}\n", text);
    return;
  }
  const std::string left =
      event.left_s >= 0 ? ", " + FormatDuration(event.left_s) + " left" : std::string();
  if (terminal_) {
    std::string line = fmt::format("[{:3.0f} %] {}{}", 100 * event.fraction, text, left);
    if (line.size() > static_cast<size_t>(width_ - 1)) line.resize(static_cast<size_t>(width_ - 1));
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    line_shown_ = true;
    return;
  }
  const int tenth = static_cast<int>(10 * event.fraction);
  if (tenth == last_tenth_) return;
  last_tenth_ = tenth;
  fmt::print(stderr, "[{:3.0f} %] {}{}\n", 100 * event.fraction, text, left);
}

}  // namespace moebench
