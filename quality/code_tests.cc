#include "quality/code_tests.h"

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "quality/text_units.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostCodeBytes = 256 << 10;

// What the tests stand on; an answer includes what it needs itself.
constexpr char kCppPrelude[] =
    "#include <cstdio>\n#include <cstdlib>\n#include <string>\n#include <string_view>\n"
    "#include <vector>\n";

std::string PythonProgram(const Json& spec, std::string_view code, const std::string& word) {
  std::string program = spec.value("prefix", "");
  program.append(code).append("\n\n").append(spec.at("tests").get<std::string>());
  // Behind what the code may have left in sys.stdout.
  return program + "\n\nimport os as _os\n_os.write(1, b'\\n" + word + "\\n')\n";
}

std::string CppProgram(const Json& spec, std::string_view code, const std::string& word) {
  std::string program = kCppPrelude + spec.value("prefix", "");
  program.append(code);
  program +=
      "\n\nnamespace moebench_item {\n"
      "inline void expect(bool holds) { if (!holds) std::_Exit(3); }\n"
      "inline void run() {\n";
  program += spec.at("tests").get<std::string>();
  return program + "\n}\n}\nint main() { moebench_item::run(); std::printf(\"\\n" + word +
         "\\n\"); }\n";
}

}  // namespace

void RequireUsableCodeSpec(const Json& spec, const std::string& where) {
  const auto is_text = [&](const char* key) {
    return spec.contains(key) && spec[key].is_string() && !spec[key].get<std::string>().empty();
  };
  if (!is_text("language") || (spec["language"] != "python" && spec["language"] != "cpp")) {
    throw Error{"'language' must be python or cpp", where};
  }
  if (!is_text("tests")) throw Error{"'tests' must be a text", where};
  for (const char* key : {"entry", "prefix"}) {
    if (spec.contains(key) && !spec[key].is_string()) {
      throw Error{std::string("'") + key + "' must be a text", where};
    }
  }
  const Json time = spec.value("time_s", Json(10));
  if (!time.is_number() || time <= 0 || time > 60) {
    throw Error{"'time_s' must be above 0 and at most 60", where};
  }
}

CodeVerdict TestCode(const Json& spec, std::string_view code, const CodeRunner& run) {
  if (code.size() > kMostCodeBytes) return {true, false, "more than 256 KiB of code"};
  const auto language = spec.at("language").get<std::string>();
  const auto tests = spec.at("tests").get<std::string>();
  // The code can't print what it does not know before it runs to its end.
  const std::string word = "passed-" + Sha256Hex(tests + std::string(code)).substr(0, 24);
  CodeRequest request;
  request.language = language;
  request.source =
      language == "python" ? PythonProgram(spec, code, word) : CppProgram(spec, code, word);
  request.time_s = spec.value("time_s", 10.0);
  const CodeResult result = run(request);
  switch (result.end) {
    case CodeResult::End::kUnavailable:
      return {false, false, result.why};
    case CodeResult::End::kNoCompile:
      return {true, false, "does not compile: " + result.out.substr(0, 400)};
    case CodeResult::End::kKilled:
      return {true, false, result.why};
    case CodeResult::End::kExited:
      break;
  }
  const bool said = Trim(result.out).ends_with(word);
  if (result.exit_code == 0 && said) return {true, true, "all tests pass"};
  if (result.exit_code == 0) return {true, false, "ended before the tests did"};
  const size_t tail = result.out.size() > 400 ? result.out.size() - 400 : 0;
  return {true, false,
          "exit code " + std::to_string(result.exit_code) + ": " + result.out.substr(tail)};
}

}  // namespace moebench
