#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <vector>

#include "suites/proofs.h"

namespace moebench {
namespace {

using Order = std::string;  // one letter each, in order

// The only permutation of the letters that satisfies the condition; else "ambiguous" or "none".
std::string OnlyOrder(Order letters, const std::function<bool(const Order&)>& holds) {
  std::sort(letters.begin(), letters.end());
  std::string found = "none";
  do {
    if (!holds(letters)) continue;
    if (found != "none") return "ambiguous";
    found = letters;
  } while (std::next_permutation(letters.begin(), letters.end()));
  return found;
}

std::string Weekday(int days_after, const std::string& from) {
  static const std::vector<std::string> days = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};
  const auto start = static_cast<int>(std::find(days.begin(), days.end(), from) - days.begin());
  return days[static_cast<size_t>((start + days_after) % 7)];
}

std::string Runners() {
  const std::string order = OnlyOrder("ABCDE", [](const Order& o) {
    return o.find('C') < o.find('A') && o.find('A') < o.find('B') && o.back() == 'D' &&
           o.find('E') == 3;
  });
  return order.size() == 5 && order[2] == 'B' ? "Bo" : order;
}

std::string Knights() {
  std::vector<std::string> worlds;
  for (int bits = 0; bits < 16; ++bits) {
    const bool u = bits & 1, v = bits & 2, w = bits & 4, x = bits & 8;
    const int knaves = !u + !v + !w + !x;
    if (u == (knaves == 2) && v == (!u || x) && w == (v == w) && x == !u) {
      worlds.push_back(std::string(u ? "Una," : "") + (v ? "Vic," : "") + (w ? "Wes," : "") +
                       (x ? "Xia," : ""));
    }
  }
  return worlds.size() == 1 ? worlds[0].substr(0, worlds[0].size() - 1) : "ambiguous";
}

std::string Chests() {
  std::string found;
  for (const std::string chest : {"oak", "pine", "elm"}) {
    const int truths = (chest != "pine") + (chest == "pine") + (chest != "elm");
    if (truths == 1) found += chest;
  }
  return found;
}

std::string Cups() {
  constexpr std::array<std::pair<int, int>, 12> kSwaps = {{{1, 2},
                                                           {2, 3},
                                                           {1, 3},
                                                           {1, 2},
                                                           {2, 3},
                                                           {2, 3},
                                                           {1, 3},
                                                           {1, 2},
                                                           {1, 3},
                                                           {2, 3},
                                                           {1, 2},
                                                           {1, 3}}};
  int at = 2;
  for (const auto& [a, b] : kSwaps) at = at == a ? b : at == b ? a : at;
  return std::to_string(at);
}

std::string StackMachine() {
  std::vector<int64_t> s = {7 - 3};
  s.back() *= 7 - 3;      // dup, mul
  s.push_back(5);         // 16 5
  std::swap(s[0], s[1]);  // 5 16
  s.back() += 4;          // 5 20
  s = {s[0] - s[1]};      // -15
  s.push_back(s[0] * 2);  // -15 -30
  std::swap(s[0], s[1]);  // -30 -15
  s.back() += 9;          // -30 -6
  s = {s[0] * s[1]};      // 180
  return std::to_string(s[0] % 11);
}

std::string Robot() {
  constexpr std::array<std::pair<int, int>, 7> kMoves = {
      // quarter turns to the right, steps
      {{0, 7}, {1, 4}, {1, 9}, {3, 6}, {2, 3}, {1, 5}, {3, 2}}};
  constexpr std::array<std::pair<int, int>, 4> kSteps = {{{0, 1}, {1, 0}, {0, -1}, {-1, 0}}};
  constexpr std::array<const char*, 4> kNames = {"north", "east", "south", "west"};
  int x = 0, y = 0;
  size_t facing = 0;
  for (const auto& [turn, steps] : kMoves) {
    facing = (facing + static_cast<size_t>(turn)) % 4;
    x += kSteps[facing].first * steps;
    y += kSteps[facing].second * steps;
  }
  return std::string(kNames[facing]) + ", " + std::to_string(std::abs(x) + std::abs(y));
}

// Shortest plan of six jobs on two workers: every order and assignment, each begun as early as it
// can be.
std::string Cooks() {
  const std::map<char, int> minutes = {{'A', 4}, {'B', 3}, {'C', 5}, {'D', 2}, {'E', 6}, {'F', 3}};
  const std::map<char, std::string> needs = {{'C', "A"}, {'D', "B"}, {'E', "B"}, {'F', "CD"}};
  int best = 1000;
  std::string order = "ABCDEF";
  do {
    for (int who = 0; who < 64; ++who) {
      std::map<char, int> done;
      std::array<int, 2> free = {0, 0};
      bool possible = true;
      for (size_t i = 0; i < order.size() && possible; ++i) {
        const char job = order[i];
        int& worker = free[static_cast<size_t>(who >> i & 1)];
        int start = worker;
        if (needs.contains(job)) {
          for (const char before : needs.at(job)) {
            possible = possible && done.contains(before);
            if (possible) start = std::max(start, done[before]);
          }
        }
        worker = done[job] = start + minutes.at(job);
      }
      if (possible) best = std::min(best, std::max(free[0], free[1]));
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return std::to_string(best);
}

std::string Bridge() {
  constexpr std::array<int, 5> kMinutes = {2, 3, 7, 9, 14};
  // State: bits of who is across, and where the lamp is.
  std::map<std::pair<int, bool>, int> best = {{{0, false}, 0}};
  using Entry = std::pair<int, std::pair<int, bool>>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> todo;
  todo.push({0, {0, false}});
  while (!todo.empty()) {
    const auto [time, state] = todo.top();
    todo.pop();
    if (state.first == 31) return std::to_string(time);
    for (int a = 0; a < 5; ++a) {
      for (int b = a; b < 5; ++b) {
        const int group = 1 << a | 1 << b;
        if ((state.second ? ~state.first : state.first) & group) continue;
        const std::pair<int, bool> next = {state.first ^ group, !state.second};
        const int later =
            time + std::max(kMinutes[static_cast<size_t>(a)], kMinutes[static_cast<size_t>(b)]);
        if (best.contains(next) && best[next] <= later) continue;
        best[next] = later;
        todo.push({later, next});
      }
    }
  }
  return "none";
}

std::string Jugs() {
  std::map<std::pair<int, int>, int> moves = {{{0, 0}, 0}};
  std::queue<std::pair<int, int>> todo({{0, 0}});
  while (!todo.empty()) {
    const auto [x, y] = todo.front();
    const int so_far = moves[{x, y}];
    todo.pop();
    if (x == 2 || y == 2) return std::to_string(so_far);
    const int right = std::min(x, 11 - y), left = std::min(y, 7 - x);
    for (const std::pair<int, int>& next :
         {std::pair{7, y}, {x, 11}, {0, y}, {x, 0}, {x - right, y + right}, {x + left, y - left}}) {
      if (moves.emplace(next, so_far + 1).second) todo.push(next);
    }
  }
  return "none";
}

std::string Ages() {
  std::string found;
  for (int a = 1; a < 40; ++a) {
    for (int b = a + 1; b < 40; ++b) {
      const int c = 37 - a - b;
      if (c > b && a * b * c == 1260 && (b - a) % 2 == 1) found += std::to_string(c);
    }
  }
  return found;
}

std::string StoneGame() {
  std::vector<bool> wins = {false};
  std::string moves;
  for (size_t n = 1; n <= 33; ++n) {
    moves.clear();
    for (const size_t take : {1, 3, 4}) {
      if (take <= n && !wins[n - take]) moves += std::to_string(take);
    }
    wins.push_back(!moves.empty());
  }
  return moves;
}

std::string Circle() {
  std::vector<int> children(17);
  std::iota(children.begin(), children.end(), 1);
  size_t at = 0;
  while (children.size() > 1) {
    at = (at + 4) % children.size();
    children.erase(children.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return std::to_string(children[0]);
}

std::string Cells() {
  std::string row = "00101100010";
  for (int step = 0; step < 5; ++step) {
    std::string next = row;
    for (size_t i = 0; i < row.size(); ++i) {
      const char left = row[(i + row.size() - 1) % row.size()];
      const std::string three = {left, row[i], row[(i + 1) % row.size()]};
      next[i] = three == "000" || three == "111" || three == "100" ? '0' : '1';
    }
    row = next;
  }
  return row;
}

std::string CodeLock() {
  const auto feedback = [](const std::string& guess, const std::string& code) {
    int in_place = 0, common = 0;
    for (size_t i = 0; i < 4; ++i) in_place += guess[i] == code[i] ? 1 : 0;
    for (char c = '0'; c <= '9'; ++c) {
      common += static_cast<int>(std::min(std::count(guess.begin(), guess.end(), c),
                                          std::count(code.begin(), code.end(), c)));
    }
    return std::pair(in_place, common - in_place);
  };
  std::string found;
  for (int n = 0; n < 10000; ++n) {
    const std::string code = std::to_string(10000 + n).substr(1);
    if (feedback("1234", code) == std::pair(2, 0) && feedback("9274", code) == std::pair(2, 2) &&
        feedback("5798", code) == std::pair(1, 1) && feedback("2497", code) == std::pair(1, 3)) {
      found += code;
    }
  }
  return found;
}

std::string Dinners() {
  const std::vector<std::string> dishes = {"soup", "stew", "pasta", "curry", "salad"};
  std::string found;
  std::array<int, 5> day = {0, 1, 2, 3, 4};  // of Lea, Max, Nora, Otto, Pia
  do {
    const auto [lea, max, nora, otto, pia] = day;
    std::array<int, 5> dish = {0, 1, 2, 3, 4};  // day of soup, stew, pasta, curry, salad
    do {
      const auto [soup, stew, pasta, curry, salad] = dish;
      if (stew != otto || stew != lea + 1 || std::abs(max - pia) != 1 || curry != nora ||
          nora <= otto || soup >= salad || pasta != max || pasta >= 3 || pia == 4 || salad == 4 ||
          salad == lea || otto >= pia) {
        continue;
      }
      std::array<std::string, 5> menu;
      for (size_t i = 0; i < 5; ++i) menu[static_cast<size_t>(dish[i])] = dishes[i];
      std::string text;
      for (const std::string& name : menu) text += (text.empty() ? "" : ",") + name;
      if (!found.empty() && found != text) return "ambiguous";
      found = text;
    } while (std::next_permutation(dish.begin(), dish.end()));
  } while (std::next_permutation(day.begin(), day.end()));
  return found;
}

std::string RoundRobin() {
  constexpr std::array<std::pair<size_t, size_t>, 6> kMatches = {
      {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}};
  std::set<std::string> found;
  for (int code = 0; code < 729; ++code) {
    std::array<int, 4> points = {};
    std::string draws;
    int rest = code;
    for (const auto& [a, b] : kMatches) {
      const int result = rest % 3;
      rest /= 3;
      points[a] += result == 0 ? 3 : result == 1 ? 1 : 0;
      points[b] += result == 2 ? 3 : result == 1 ? 1 : 0;
      if (result == 1) {
        draws += (draws.empty() ? "" : ",") + std::string{"PQRS"[a]} + std::string{"PQRS"[b]};
      }
    }
    if (points == std::array<int, 4>{6, 5, 4, 1}) found.insert(draws);
  }
  return found.size() == 1 ? *found.begin() : "ambiguous";
}

std::string Lamps() {
  int lit = 0;
  for (int lamp = 1; lamp <= 60; ++lamp) {
    int presses = 0;
    for (int i = 1; i <= 59; i += 2) presses += lamp % i == 0 ? 1 : 0;
    lit += presses % 2;
  }
  return std::to_string(lit);
}

// Every farm is in one of eight groups; the numbers of the three pairs include those with all.
std::string Crops() {
  std::string found;
  for (int all = 0; all <= 15; ++all) {
    const int union_size = 51 + 44 + 38 - 19 - 17 - 15 + all;
    if (union_size + 8 == 96) found += std::to_string(all);
  }
  return found;
}

std::string Syllogism() {
  // Lamps of eight kinds (brass, east, signed); the museum holds some set of kinds. A statement
  // must be true if it holds in every museum that the three facts allow.
  std::string sure = "ABCD";
  std::vector<int> allowed;  // bit 1 brass, 2 east, 4 signed
  for (int kind = 0; kind < 8; ++kind) {
    if ((kind & 1) && !(kind & 2)) continue;
    if ((kind & 2) && (kind & 4)) continue;
    allowed.push_back(kind);
  }
  for (int museum = 1; museum < 1 << 8; ++museum) {
    const auto some = [&](const std::function<bool(int)>& is) {
      return std::any_of(allowed.begin(), allowed.end(),
                         [&](int kind) { return (museum >> kind & 1) && is(kind); });
    };
    if (!some([](int kind) { return kind & 4; })) continue;
    const bool brass = some([](int kind) { return kind & 1; });
    const bool plain = some([](int kind) { return !(kind & 1); });
    const bool other = some([](int kind) { return !(kind & 4) && !(kind & 2); });
    const std::array<bool, 4> holds = {!brass, plain, !other, brass};
    for (size_t i = 0; i < 4; ++i) {
      if (!holds[i]) sure.erase(std::remove(sure.begin(), sure.end(), "ABCD"[i]), sure.end());
    }
  }
  return sure;
}

int Weighings(int coins) {  // each tells apart three thirds
  int weighings = 0;
  for (int reach = 1; reach < coins; reach *= 3) ++weighings;
  return weighings;
}

std::string Clock(int minutes) {
  minutes = (minutes % 1440 + 1440) % 1440;
  const std::string hour = std::to_string(100 + minutes / 60).substr(1);
  return hour + ":" + std::to_string(100 + minutes % 60).substr(1);
}

TEST(ReasoningProofs, EveryAnswerIsComputedAgain) {
  ExpectProven(
      "reasoning",
      {
          {"reason-finish-order", Runners},
          {"reason-library-day", [] { return Weekday(45, "Wednesday"); }},
          {"reason-knights-four", Knights},
          {"reason-three-chests", Chests},
          {"reason-cup-swaps", Cups},
          {"reason-stack-machine", StackMachine},
          // Olga's brother is Ruth's father, so Olga's child is the child of her aunt.
          {"reason-family-tree", [] { return std::string("cousin"); }},
          {"reason-walk-facing", Robot},
          {"reason-two-cooks", Cooks},
          {"reason-night-bridge", Bridge},
          {"reason-two-jugs", Jugs},
          {"reason-three-ages", Ages},
          {"reason-venn-crops", Crops},
          {"reason-syllogism-lamps", Syllogism},
          {"reason-circle-counting", Circle},
          {"reason-cell-row", Cells},
          {"reason-stone-game", StoneGame},
          {"reason-code-lock", CodeLock},
          // 55 minutes shown in each true hour.
          {"reason-slow-clock", [] { return Clock(8 * 60 + (495 * 60) / 55); }},
          {"reason-heavy-coin", [] { return std::to_string(Weighings(80)); }},
          {"reason-night-flight", [] { return Clock(22 * 60 + 40 + 7 * 60 + 35 - 180); }},
          {"reason-year-end-day",
           [] { return Weekday(31 + 30 + 31 + 30 + 31 + 31 + 30 + 31 + 30 + 30, "Thursday"); }},
          {"reason-lamp-switches", Lamps},
          {"reason-five-dinners", Dinners},
          {"reason-round-robin", RoundRobin},
      });
}

}  // namespace
}  // namespace moebench
