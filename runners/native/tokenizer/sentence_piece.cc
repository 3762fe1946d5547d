#include "runners/native/tokenizer/sentence_piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {
namespace {

constexpr uint32_t kBlank = 0x2581;  // stands for a space

struct Character {
  uint32_t code;
  size_t bytes;
};

// The character that begins at text[at], which is valid UTF-8.
Character CharacterAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return uint32_t{static_cast<unsigned char>(text[at + i])}; };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead < 0xf0) return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f),
          4};
}

uint64_t PairOf(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }

// By id: 0 for the highest score, equal for equal scores.
std::vector<uint32_t> RanksOf(std::span<const SentencePiece::Piece> pieces) {
  std::vector<size_t> order(pieces.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return pieces[a].score > pieces[b].score; });
  std::vector<uint32_t> ranks(pieces.size());
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && pieces[order[i]].score < pieces[order[i - 1]].score) ++rank;
    ranks[order[i]] = rank;
  }
  return ranks;
}

}  // namespace

SentencePiece::SentencePiece(std::span<const Piece> pieces,
                             const std::array<int, 256>& token_of_byte, int unknown)
    : token_of_byte_(token_of_byte), unknown_(unknown) {
  std::unordered_map<std::string_view, int> symbol_of_text;
  symbol_of_text.reserve(pieces.size());
  for (const Piece& piece : pieces) {
    CHECK(!piece.text.empty() && piece.text.size() <= kMaxPieceBytes);
    symbol_of_text.emplace(piece.text, piece.id);
    first_bare_ = std::max(first_bare_, piece.id + 1);
  }
  for (const Piece& piece : pieces) {
    uint32_t previous = 0;
    for (size_t at = 0; at < piece.text.size();) {
      const auto [code, bytes] = CharacterAt(piece.text, at);
      if (code >= symbol_of_character_.size()) {
        symbol_of_character_.resize(code + 1, BpeMerges::kNoToken);
      }
      if (symbol_of_character_[code] == BpeMerges::kNoToken) {
        const auto [found, bare] = symbol_of_text.emplace(
            piece.text.substr(at, bytes), first_bare_ + static_cast<int>(bare_characters_.size()));
        if (bare) bare_characters_.push_back(code);
        symbol_of_character_[code] = found->second;
      }
      if (at > 0) neighbours_.insert(PairOf(previous, code));
      previous = code;
      at += bytes;
    }
  }
  struct Merge {
    int left, right, merged;
    uint32_t rank;
  };
  std::vector<Merge> merges;
  const std::vector<uint32_t> ranks = RanksOf(pieces);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view text = pieces[i].text;
    for (size_t at = CharacterAt(text, 0).bytes; at < text.size();
         at += CharacterAt(text, at).bytes) {
      const auto left = symbol_of_text.find(text.substr(0, at));
      if (left == symbol_of_text.end()) continue;
      const auto right = symbol_of_text.find(text.substr(at));
      if (right == symbol_of_text.end()) continue;
      if (merges.size() == kMaxMerges) {
        throw Error{fmt::format("the tokens can be merged in more than {} ways", kMaxMerges), ""};
      }
      merges.push_back({left->second, right->second, pieces[i].id, ranks[i]});
    }
  }
  merges_ = BpeMerges(merges.size());
  for (const Merge& merge : merges) {
    merges_.AddRanked(merge.left, merge.right, merge.merged, merge.rank);
  }
}

int SentencePiece::SymbolOf(uint32_t character) const {
  return character < symbol_of_character_.size() ? symbol_of_character_[character]
                                                 : BpeMerges::kNoToken;
}

void SentencePiece::AppendBytes(uint32_t character, std::vector<int>& ids) const {
  std::string bytes;
  AppendUtf8(bytes, character);
  for (const char byte : bytes) {
    const int token = token_of_byte_[static_cast<unsigned char>(byte)];
    const int id = token == BpeMerges::kNoToken ? unknown_ : token;
    if (id != BpeMerges::kNoToken) ids.push_back(id);
  }
}

void SentencePiece::Encode(std::string_view text, std::vector<int>& ids) const {
  std::vector<int> run;  // symbols over whose inner borders merges are possible
  const auto finish_run = [&] {
    merges_.Apply(run);
    for (const int symbol : run) {
      if (symbol < first_bare_) {
        ids.push_back(symbol);
      } else {
        AppendBytes(bare_characters_[static_cast<size_t>(symbol - first_bare_)], ids);
      }
    }
    run.clear();
  };
  uint32_t previous = 0;
  for (size_t at = 0; at < text.size();) {
    auto [code, bytes] = CharacterAt(text, at);
    at += bytes;
    if (code == ' ') code = kBlank;
    const int symbol = SymbolOf(code);
    if (!run.empty() && !neighbours_.contains(PairOf(previous, code))) finish_run();
    if (symbol == BpeMerges::kNoToken) {
      AppendBytes(code, ids);
    } else {
      run.push_back(symbol);
    }
    previous = code;
  }
  finish_run();
}

}  // namespace moebench
