#include "results/testing/html_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace moebench::testing {
namespace {

constexpr std::array<std::string_view, 3> kVoid = {"meta", "br", "link"};

std::string Decoded(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  while (!text.empty()) {
    const auto entity = std::find_if(kEntities.begin(), kEntities.end(),
                                     [&](const auto& e) { return text.starts_with(e.first); });
    if (entity != kEntities.end()) {
      out += entity->second;
      text.remove_prefix(entity->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

class Scanner {
 public:
  explicit Scanner(std::string_view html) : rest_(html) {}

  HtmlScan Scan() {
    while (!rest_.empty() && scan_.problem.empty()) {
      const size_t tag = rest_.find('<');
      AddText(rest_.substr(0, tag));
      if (tag == std::string_view::npos) break;
      rest_.remove_prefix(tag);
      ReadTag();
    }
    if (scan_.problem.empty() && !open_.empty()) Fail("not closed: " + open_.back());
    return std::move(scan_);
  }

 private:
  void Fail(const std::string& what) {
    if (scan_.problem.empty()) {
      scan_.problem = fmt::format("{} at: {}", what, rest_.substr(0, 60));
    }
  }

  void AddText(std::string_view text) {
    if (text.find('>') != std::string_view::npos) Fail("a bare > in text");
    scan_.text += Decoded(text);
  }

  std::string_view Take(size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length, rest_.size()));
    return taken;
  }

  std::string TakeName() {
    const size_t end = rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-");
    return std::string(Take(std::min(end, rest_.size())));
  }

  void ReadTag() {
    constexpr std::string_view kDoctype = "<!doctype html>";
    if (rest_.starts_with(kDoctype)) {
      Take(kDoctype.size());
      return;
    }
    if (rest_.starts_with("</")) {
      Take(2);
      const std::string name = TakeName();
      if (!rest_.starts_with(">") || open_.empty() || open_.back() != name) {
        Fail("wrong end tag " + name);
        return;
      }
      Take(1);
      open_.pop_back();
      return;
    }
    Take(1);
    HtmlElement element{TakeName(), {}};
    if (element.name.empty()) Fail("a bare < in text");
    while (scan_.problem.empty() && rest_.starts_with(" ")) ReadAttribute(element);
    if (!rest_.starts_with(">")) {
      Fail("broken start tag " + element.name);
      return;
    }
    Take(1);
    const std::string name = element.name;
    scan_.elements.push_back(std::move(element));
    if (name == "script" || name == "style") {
      const std::string end = "</" + name + ">";
      const size_t at = rest_.find(end);
      if (at == std::string_view::npos) {
        Fail("not closed: " + name);
        return;
      }
      if (name == "script") scan_.scripts.emplace_back(rest_.substr(0, at));
      Take(at + end.size());
    } else if (std::find(kVoid.begin(), kVoid.end(), name) == kVoid.end()) {
      open_.push_back(name);
    }
  }

  void ReadAttribute(HtmlElement& element) {
    Take(1);
    const std::string name = TakeName();
    if (name.empty()) {
      Fail("an attribute without a name in " + element.name);
      return;
    }
    std::string value;
    if (rest_.starts_with("=\"")) {
      Take(2);
      const size_t end = rest_.find('"');
      if (end == std::string_view::npos) {
        Fail("an open attribute " + name);
        return;
      }
      value = Decoded(Take(end));
      Take(1);
    }
    element.attributes[name] = value;
  }

  std::string_view rest_;
  HtmlScan scan_;
  std::vector<std::string> open_;
};

}  // namespace

size_t HtmlScan::Count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(elements.begin(), elements.end(),
                                           [&](const auto& e) { return e.name == name; }));
}

HtmlScan ScanHtml(std::string_view html) { return Scanner(html).Scan(); }

}  // namespace moebench::testing
