// How hot the cores are, and a wait, with patience, until they are as cool as they were: a hot core
// boosts less, so what runs after long work looks slower than what ran before it.
//   const Reading start = ReadTemperature("/");                    // before anything ran
//   CoolDown wait = WaitUntilCool(start, {.patience_s = 60}, gate);  // before the next process
// The caller's functions are the sensor and the clock, so that a test needs neither.
#pragma once

#include <filesystem>
#include <functional>

#include "harness/machine/proc_text.h"

namespace moebench {

// Thousandths of a degree Celsius of the hottest cpu package, by its own sensor (k10temp, zenpower,
// coretemp). Needs no root.
Reading ReadTemperature(const std::filesystem::path& root);

struct CoolDownRule {
  double above_start_c = 5;  // cool enough (reliability practice)
  double patience_s = 60;    // at most so long; work that began again is not waited for
};

struct CoolDownGate {
  std::function<Reading()> look;
  std::function<void()> pause;  // takes its slice of time, half a second or so
  std::function<double()> now_s;
  std::function<bool()> cancelled;
};

struct CoolDown {
  bool cool = true;  // also where nobody says how hot it is: then nothing is waited for
  double waited_s = 0;
  Reading last;
};

CoolDown WaitUntilCool(const Reading& start, const CoolDownRule& rule, const CoolDownGate& gate);

}  // namespace moebench
