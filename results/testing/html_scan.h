// Reads the HTML that our template writes, strictly: every attribute quoted or absent, every
// element closed in order. For tests of what an injection would break; no browser's forgiveness.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moebench::testing {

struct HtmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
};

struct HtmlScan {
  std::vector<HtmlElement> elements;  // in order of their start tags
  std::string text;                   // all text outside script and style, entities decoded
  std::vector<std::string> scripts;   // content of the script elements
  std::string problem;                // the first thing that is wrong; empty if nothing is

  size_t Count(std::string_view name) const;
};

HtmlScan ScanHtml(std::string_view html);

}  // namespace moebench::testing
