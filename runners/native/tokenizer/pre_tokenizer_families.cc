#include "runners/native/tokenizer/pre_tokenizer_families.h"

#include <algorithm>

namespace moebench {
namespace {

// clang-format off
// What no alternative matches is a piece of its own.
constexpr char kGpt2[] =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^@\p{L}\p{N}]+|[@]+(?![^@]))";

constexpr char kContraction[] = R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]))";
constexpr char kWord[] = R"(|[^\r\n\p{L}\p{N}]?\p{L}+)";
constexpr char kSymbols[] = R"(| ?[^@\p{L}\p{N}]+[\r\n]*)";
constexpr char kSymbolsWithSlash[] = R"(| ?[^@\p{L}\p{N}]+[\r\n/]*)";
constexpr char kSpaces[] = R"(|[@]*[\r\n]+|[@]+(?![^@])|[@]+)";

// Words in camel case fall apart: letters but a-z, then letters but A-Z, one of the two at least.
constexpr char kHeadThenTail[] = R"([^\r\n\p{L}\p{N}]?[^\P{L}a-z]*[^\P{L}A-Z]+)";
constexpr char kHeadAlone[] = R"(|[^\r\n\p{L}\p{N}]?[^\P{L}a-z]+[^\P{L}A-Z]*)";

// U+0800-9FA5 and Hangul, but for white space.
constexpr char kDeepSeekCjk[] =
    R"([\x{800}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
    R"(\x{2060}-\x{2fff}\x{3001}-\x{9fa5}\x{ac00}-\x{d7ff}]+)";
constexpr char kDeepSeek3Cjk[] = R"([\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+)";
constexpr char kDeepSeek3[] =
    R"([!-/:-\x{40}\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)";
// Letters of scripts that have case (deepseek-ai/deepseek-llm-7b-base, tokenizer.json).
constexpr char kDeepSeekLetters[] =
    R"(A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽ)"
    R"(ᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ί)"
    R"(ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇ)"
    R"(Ꞌ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃)";

// The ideographs proper of Unicode's CJK blocks.
constexpr char kHan[] =
    R"(\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}\x{20000}-\x{2a6df}\x{2a700}-\x{2ebef}\x{2f800}-\x{2fa1f})";
// clang-format on

using std::string;

string Qwen2() { return kContraction + string(kWord) + R"(|\p{N})" + kSymbols + kSpaces; }
string Llama3() { return kContraction + string(kWord) + R"(|\p{N}{1,3})" + kSymbols + kSpaces; }
string Qwen35() {  // marks count as letters
  return kContraction + string(R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N})") +
         R"(| ?[^@\p{L}\p{M}\p{N}]+[\r\n]*)" + kSpaces;
}
string Gpt4o() {
  return kHeadThenTail + string(kContraction) + "?" + kHeadAlone + kContraction + "?" +
         R"(|\p{N}{1,3})" + kSymbolsWithSlash + kSpaces;
}
string Tekken() {
  return kHeadThenTail + string(kHeadAlone) + R"(|\p{N})" + kSymbolsWithSlash + kSpaces;
}
string KimiK2() {  // moonshotai/Kimi-K2-Instruct, tokenization_kimi.py
  return "[" + string(kHan) + R"(]+|[^\r\n\p{L}\p{N}]?[^\P{L})" + kHan + "]+" + kContraction +
         R"(?|\p{N}{1,3})" + kSymbols + kSpaces;
}
string BailingMoe() {
  return kContraction + string(kWord) + R"(|\p{N})" + kSymbols + R"(|[@]*[\r\n]|[@]+(?![^@])|[@]+)";
}
string SeedCoder() {
  return kContraction + string(kWord) + R"(|\p{N}| ?[^@\p{L}\p{N}\r\n]+)" + kSpaces;
}

const std::vector<PreTokenizerFamily>& Families() {
  const string digit = R"(\p{N})", three_digits = R"(\p{N}{1,3})", line_end = R"([\r\n])";
  static const std::vector<PreTokenizerFamily> families = {
      {{"gpt-2", "mpt", "olmo", "phi-2", "jais", "trillion", "exaone4", "granite-docling",
        "gigachat", "mellum", "modern-bert", "a.x-4.0"},
       {kGpt2}},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b",
        "mellum2"},
       {digit, kGpt2}},
      {{"falcon"}, {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2, "[0-9][0-9][0-9]"}},
      {{"qwen2", "deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"},
       {Qwen2()}},
      {{"qwen35"}, {Qwen35()}},
      {{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"},
       {Llama3()},
       true,
       true},
      {{"glm4"}, {Llama3()}, true},
      {{"chatglm-bpe", "dbrx", "smaug-bpe"}, {Llama3()}},
      {{"deepseek-llm"},
       {line_end, "[@]?[" + string(kDeepSeekLetters) + "]+", R"([@]?[!-/:-~！-／：-～‘-‟、-。]+)",
        R"([@]+\z)", kDeepSeekCjk, R"(\p{N}+)"}},
      {{"deepseek-coder"}, {line_end, R"([@]?\p{L}+)", R"([@]?\p{P}+)", kDeepSeekCjk, digit}},
      {{"deepseek-v3", "hunyuan-dense", "joyai-llm"},
       {three_digits, kDeepSeek3Cjk, string(kDeepSeek3) + kSpaces}},
      {{"gpt-4o", "llama4", "kanana2", "minimax-m2"}, {Gpt4o()}},
      {{"tekken"}, {Tekken()}, true, true},
      {{"kimi-k2"}, {KimiK2()}},
      {{"bailingmoe", "bailingmoe2", "llada-moe"}, {BailingMoe()}},
      {{"seed-coder"}, {SeedCoder()}},
  };
  return families;
}

}  // namespace

const PreTokenizerFamily* FindPreTokenizer(std::string_view name) {
  for (const PreTokenizerFamily& family : Families()) {
    if (std::find(family.names.begin(), family.names.end(), name) != family.names.end()) {
      return &family;
    }
  }
  return nullptr;
}

std::vector<std::string> KnownPreTokenizers() {
  std::vector<std::string> names;
  for (const PreTokenizerFamily& family : Families()) {
    names.insert(names.end(), family.names.begin(), family.names.end());
  }
  return names;
}

}  // namespace moebench
