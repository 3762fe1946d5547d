"""Byte-level BPE with Qwen2's pre-tokenizer, trained and applied in plain Python.

    merges = train(texts, n_merges);  tok = Tokenizer(merges);  tok.encode("a<|im_end|>") ; tok.decode(ids)

Token ids: the 256 bytes, then one token per merge, then the special tokens.
"""
import re
import sys
import unicodedata
from collections import Counter

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def _char_class(category):
    """The code points of a Unicode general category, as the inside of a regex character class (\\p{L}, \\p{N})."""
    ranges, start = [], None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == category
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(ranges)


_L, _N = _char_class("L"), _char_class("N")
# Qwen2's pattern (tokenizer.json of Qwen2; llama.cpp: LLAMA_VOCAB_PRE_TYPE_QWEN2): digits come one by one.
_PRE = re.compile(
    rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n{_L}{_N}]?[{_L}]+|[{_N}]| ?[^\s{_L}{_N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
_SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIAL)) + ")")


def byte_alphabet():
    """GPT-2's printable stand-in for each byte, indexed by byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + extra)
            extra += 1
    return [table[b] for b in range(256)]


BYTES = byte_alphabet()


def pre_tokenize(text):
    return _PRE.findall(text)


def _merge(symbols, left, right):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and symbols[i] == left and symbols[i + 1] == right:
            out.append(left + right)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def train(texts, n_merges):
    """Most frequent pair first; ties go to the pair that sorts first, so that the result is reproducible."""
    counts = Counter(piece for text in texts for part in _SPECIAL.split(text) if part not in SPECIAL
                     for piece in pre_tokenize(part))
    words = [([BYTES[b] for b in piece.encode()], n) for piece, n in sorted(counts.items())]
    merges = []
    while len(merges) < n_merges:
        pairs = Counter()
        for symbols, n in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        words = [(_merge(s, *best) if best[0] in s else s, n) for s, n in words]
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.tokens = BYTES + [a + b for a, b in self.merges] + SPECIAL
        self.ids = {t: i for i, t in enumerate(self.tokens)}
        self._rank = {m: i for i, m in enumerate(self.merges)}
        self._cache = {}
        self.eos = self.ids["<|im_end|>"]
        self.pad = self.ids["<|endoftext|>"]

    def _encode_piece(self, piece):
        symbols = [BYTES[b] for b in piece.encode()]
        while len(symbols) > 1:
            best = min(zip(symbols, symbols[1:]), key=lambda p: self._rank.get(p, len(self._rank)))
            if best not in self._rank:
                break
            symbols = _merge(symbols, *best)
        return [self.ids[s] for s in symbols]

    def encode(self, text):
        out = []
        for part in _SPECIAL.split(text):
            if part in SPECIAL:
                out.append(self.ids[part])
                continue
            for piece in pre_tokenize(part):
                if piece not in self._cache:
                    self._cache[piece] = self._encode_piece(piece)
                out += self._cache[piece]
        return out

    def decode(self, ids):
        back = {c: b for b, c in enumerate(BYTES)}
        plain = [self.tokens[i] for i in ids if self.tokens[i] not in SPECIAL]
        return bytes(back[c] for c in "".join(plain)).decode("utf-8", "replace")
