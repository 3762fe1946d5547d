// What the program may do to the terminal: colours, its width, a line that is written over.
#pragma once

#include <string>

#include "harness/sweep/run_sweep.h"

namespace moebench {

bool UseColour(int fd);     // a terminal, NO_COLOR unset or empty, TERM not dumb
int TerminalWidth(int fd);  // columns; 80 where unknown

// Shows the events of a sweep on stderr: on a terminal one line that is kept up to date, elsewhere
// a plain line when something of note happens and at every tenth of the way.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void Show(const SweepEvent& event);

 private:
  void Erase();
  bool terminal_;
  int width_ = 80;
  bool line_shown_ = false;
  int last_tenth_ = -1;
};

}  // namespace moebench
