#include "runners/native/tokenizer/pre_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include "harness/base/error.h"

namespace moebench {
namespace {

// White_Space of Unicode, put in place of the @ in the patterns below. PCRE2's own \s also takes
// U+180E, which is no white space since Unicode 6.3.
constexpr std::string_view kWhiteSpace =
    R"(\x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

// From the models' published tokenizer.json, in the form that llama.cpp uses. What no alternative
// matches is a piece of its own.
constexpr char kGpt2[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^@\p{L}\p{N}]+|[@]+(?![^@]))";
constexpr char kQwen2[] =
    R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})"
    R"(| ?[^@\p{L}\p{N}]+[\r\n]*|[@]*[\r\n]+|[@]+(?![^@])|[@]+)";

struct Known {
  std::string name;
  std::vector<std::string> patterns;
};

const std::vector<Known>& KnownPreTokenizers() {
  static const std::vector<Known> known = {
      {"qwen2", {kQwen2}},
      {"gpt-2", {kGpt2}},
      {"starcoder", {R"(\p{N})", kGpt2}},
      {"falcon", {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2, "[0-9][0-9][0-9]"}},
  };
  return known;
}

std::string Expanded(std::string_view pattern) {
  std::string expanded;
  for (const char c : pattern) {
    if (c == '@') {
      expanded += kWhiteSpace;
    } else {
      expanded += c;
    }
  }
  return expanded;
}

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

}  // namespace

class PreTokenizer::Stage {
 public:
  explicit Stage(const std::string& pattern) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
    CHECK(code_ != nullptr);
    // Without JIT support pcre2_match interprets: slower, the same result.
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
  }

  void Cut(std::string_view piece, std::vector<std::string_view>& pieces) const {
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
    CHECK(match != nullptr);
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match.get());
    size_t done = 0;
    while (done < piece.size()) {
      const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(piece.data()),
                                    piece.size(), done, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
      if (found == PCRE2_ERROR_NOMATCH) break;
      if (found < 0) {
        throw Error{fmt::format("text can't be cut into words (PCRE2 error {})", found), ""};
      }
      CHECK(bounds[1] > bounds[0]);  // no pattern matches nothing
      if (bounds[0] > done) pieces.push_back(piece.substr(done, bounds[0] - done));
      pieces.push_back(piece.substr(bounds[0], bounds[1] - bounds[0]));
      done = bounds[1];
    }
    if (done < piece.size()) pieces.push_back(piece.substr(done));
  }

 private:
  std::unique_ptr<pcre2_code, FreeCode> code_;
};

PreTokenizer::PreTokenizer(std::vector<Stage> stages) : stages_(std::move(stages)) {}
PreTokenizer::PreTokenizer(PreTokenizer&&) noexcept = default;
PreTokenizer& PreTokenizer::operator=(PreTokenizer&&) noexcept = default;
PreTokenizer::~PreTokenizer() = default;

const std::vector<std::string>& PreTokenizer::KnownNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Known& known : KnownPreTokenizers()) list.push_back(known.name);
    return list;
  }();
  return names;
}

PreTokenizer PreTokenizer::Named(std::string_view name) {
  std::vector<Stage> stages;
  for (const Known& known : KnownPreTokenizers()) {
    if (known.name != name) continue;
    for (const std::string& pattern : known.patterns) stages.emplace_back(Expanded(pattern));
  }
  CHECK(!stages.empty());
  return PreTokenizer(std::move(stages));
}

void PreTokenizer::Split(std::string_view text, std::vector<std::string_view>& pieces) const {
  if (stages_.size() == 1) {
    stages_.front().Cut(text, pieces);
    return;
  }
  std::vector<std::string_view> before = {text};
  for (const Stage& stage : stages_) {
    std::vector<std::string_view> after;
    for (const std::string_view piece : before) stage.Cut(piece, after);
    before = std::move(after);
  }
  pieces.insert(pieces.end(), before.begin(), before.end());
}

}  // namespace moebench
