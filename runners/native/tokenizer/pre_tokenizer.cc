#include "runners/native/tokenizer/pre_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <utility>

#include "harness/base/error.h"

namespace moebench {
namespace {

// White_Space of Unicode, put in place of kAnySpace. PCRE2's own \s also takes U+180E, which is no
// white space since Unicode 6.3.
constexpr std::string_view kWhiteSpace =
    R"(\x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

std::string Expanded(std::string_view pattern) {
  std::string expanded;
  for (const char c : pattern) {
    if (c == kAnySpace) {
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

  void Cut(std::string_view piece, pcre2_match_data* match,
           std::vector<std::string_view>& pieces) const {
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(match);
    size_t done = 0;
    while (done < piece.size()) {
      const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(piece.data()),
                                    piece.size(), done, PCRE2_NO_UTF_CHECK, match, nullptr);
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

PreTokenizer PreTokenizer::Of(const PreTokenizerFamily& family) {
  std::vector<Stage> stages;
  for (const std::string& pattern : family.patterns) stages.emplace_back(Expanded(pattern));
  return PreTokenizer(std::move(stages));
}

void PreTokenizer::Split(std::string_view text, std::vector<std::string_view>& pieces) const {
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  CHECK(match != nullptr);
  if (stages_.size() == 1) {
    stages_.front().Cut(text, match.get(), pieces);
    return;
  }
  std::vector<std::string_view> before = {text}, after;
  for (const Stage& stage : stages_) {
    after.clear();
    for (const std::string_view piece : before) stage.Cut(piece, match.get(), after);
    std::swap(before, after);
  }
  pieces.insert(pieces.end(), before.begin(), before.end());
}

}  // namespace moebench
