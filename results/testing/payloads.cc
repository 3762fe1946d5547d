#include "results/testing/payloads.h"

#include <string_view>

namespace moebench::testing {

std::vector<std::string> InjectionPayloads() {
  std::vector<std::string> payloads = {
      // Script by element.
      "<script>alert(1)</script>", "<SCRIPT SRC=//example.invalid/x.js></SCRIPT>",
      "</script><script>alert(1)</script>", "</SCRIPT ><script>alert(1)//", "<script/x>alert(1)",
      "<scr<script>ipt>alert(1)</scr</script>ipt>", "<script>/*", "<script type=module>import 'x'",
      "</script/><img src=x>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
      // Script by attribute.
      "<img src=x onerror=alert(1)>", "<img src=\"x\" onerror=\"alert(1)\">",
      "<body onload=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)>",
      "<svg><script>alert(1)</script></svg>", "<svg><animate onbegin=alert(1) attributeName=x>",
      "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>",
      "<video><source onerror=alert(1)>", "<marquee onstart=alert(1)>",
      "<a href=x onclick=alert(1)>x</a>", "<math><mi onclick=alert(1)>",
      "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)",
      "x onmouseover=alert(1) y=", "\"><script>alert(1)</script>", "'><script>alert(1)</script>",
      "`onmouseover=alert(1)`", "\" style=\"background:url(//example.invalid/x)",
      "\" autofocus onfocus=alert(1) x=\"",
      // Addresses.
      "<a href=\"javascript:alert(1)\">x</a>", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
      "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)",
      "<iframe src=javascript:alert(1)>", "<iframe srcdoc=\"<script>alert(1)</script>\">",
      "<object data=javascript:alert(1)>", "<embed src=//example.invalid/x>",
      "<form action=javascript:alert(1)><button>", "<base href=//example.invalid/>",
      "<link rel=stylesheet href=//example.invalid/x.css>",
      "<meta http-equiv=refresh content=0;url=x>", "<img src=https://example.invalid/beacon.png>",
      "https://example.invalid/?q=<b>", "www.example.invalid", "//example.invalid/x",
      // Ways out of an element, a comment, a data block.
      "<!--", "-->", "<!-- --><script>alert(1)</script>", "--!><img src=x>", "<!-->",
      "<![CDATA[x]]>", "]]>", "<?php echo 1 ?>", "<!DOCTYPE html>", "<!--<script>",
      "</title><img src=x>", "</style><script>alert(1)</script>", "<style>*{display:none}</style>",
      "</textarea><img src=x>", "</pre></td></tr></table><h1>owned</h1>", "<plaintext>", "<xmp>",
      "<template><img src=x>", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
      "\"}]}</script><script>alert(1)</script>", "'; alert(1); //", "${alert(1)}",
      "\\\"; alert(1); //",
      // Entities, already escaped or broken.
      "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;", "&#x3c;img src=x&#x3e;",
      "&amp;lt;", "&", "&;", "&nosuch;", "<", ">", "\"", "'",
      // Template tags.
      "{{{x}}}", "{{&x}}", "{{#models}}x{{/models}}", "{{> partial}}", "{{=<% %>=}}", "{{! x }}",
      "{{chart_js}}", "}}{{{chart_js}}}",
      // Markdown.
      "![x](https://example.invalid/beacon.png)", "[x](javascript:alert(1))", "| a | b |", "\\| x",
      "```\n# heading\n```", "````\n<b>\n````", "~~~\nx\n~~~", "`code`", "**bold**", "# heading",
      "[x]: https://example.invalid", "@everyone", "$\\mathrm{x}$", "- [ ] task", "1. x\n2. y",
      "\n\n# own heading\n\n| a |\n|---|\n",
      // Characters that hide, turn or end others.
      "\xe2\x80\xaeright to left", "\xe2\x81\xa6isolate\xe2\x81\xa9",
      "a\xe2\x80\xa8"
      "b",
      "a\xe2\x80\xa9"
      "b",
      "zero\xe2\x80\x8bwidth",
      "\xef\xbb\xbf"
      "bom",
      "\x1b[31mred\x1b[0m", "\x1b]52;c;eA==\x07", "bell\x07", "a\rb", "a\vb\fc", "tab\tbed",
      "del\x7f",
      "\xc2\x9b"
      "csi",
      // Broken UTF-8.
      "\xff", "\xc3", "\xc0\xbcscript\xc0\xbe", "\xe2\x28\xa1", "\xed\xa0\x80", "\xf4\x90\x80\x80",
      "\xf8\x88\x80\x80\x80", "\xe2\x80",
      "abc\x80"
      "def",
      "\xf3\xa0\x81\xa1",
      // Shells and spreadsheets.
      "$(touch x)", "`touch x`", "'; rm -rf x; '", "=1+1", "@SUM(1)", "%00", "%n%n%n",
      "../../etc/passwd"};
  payloads.push_back(std::string(std::string_view("nul\0byte", 8)));
  payloads.push_back(std::string(5'000, '`'));
  payloads.push_back(std::string(5'000, '<'));
  return payloads;
}

}  // namespace moebench::testing
