#!/bin/sh
# Makes ../testdata/families.out, texts.*.out (what llama.cpp makes of texts.inp) and chat_prompts_llama.txt anew.
#   make_fixtures.sh WRITER LLAMA_ROOT VOCABULARIES TEMPLATES
# WRITER        the built write_pair_vocabularies (cmake --build ... --target write_pair_vocabularies)
# LLAMA_ROOT    a folder with usr/include/llama.h and usr/lib/*/libllama.so (Debian's libllama-dev and the
#               packages it needs, unpacked), or / where they are installed
# VOCABULARIES  a folder of ggml-vocab-*.gguf (llama.cpp's models/)
# TEMPLATES     a folder of chat templates, *.jinja (llama.cpp's models/templates)
# RUN           how a program of LLAMA_ROOT is run where its libc is newer than ours; run as
#               "$RUN LLAMA_ROOT PROGRAM ARGS..."; empty for LLAMA_ROOT=/
set -eu
writer=$1 root=$2 vocabularies=$3 templates=$4
here=$(cd "$(dirname "$0")" && pwd)
texts=$here/../testdata/texts.inp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for lib in "$root"/usr/lib/*-linux-gnu; do break; done
for program in tokens chat; do
    gcc -O1 -I"$root/usr/include" "$here/llama_$program.c" -o "$root/usr/bin/llama-$program" -L"$lib" \
        -lllama -lggml -lggml-base -Wl,--unresolved-symbols=ignore-in-shared-libs
done
llama() {
    if [ -n "${RUN:-}" ]; then $RUN "$root" "$@"; else "$@"; fi 2>>"$work/log" < "$texts"
}
version=$(dpkg-query -W -f '${Version}' llama.cpp-tools 2>/dev/null || cat "$root/.packages" 2>/dev/null |
    awk '$1 == "libllama0" { print $2 }')

"$writer" "$work" "$vocabularies"
for file in "$work"/*.gguf "$vocabularies"/*.gguf; do
    name=$(basename "$file" .gguf)
    # The vocabulary of gpt-neox names no pre-tokenizer.
    [ "$name" != ggml-vocab-gpt-neox ] || continue
    llama llama-tokens "$file" > "$work/$name.ids"
done
{
    echo "# llama.cpp $version, texts.inp with the vocabularies of write_pair_vocabularies"
    for ids in "$work"/pairs-*.ids; do
        name=$(basename "$ids" .ids)
        echo "${name#pairs-}"
        # One digest a text, so that a wrong one is named.
        while read -r line; do printf '%s' "$line" | sha256sum | cut -c1-8; done < "$ids" | paste -sd' '
    done
} > "$work/families.out"
for ids in "$work"/ggml-vocab-*.ids; do
    name=$(basename "$ids" .ids)
    { echo "# llama.cpp $version"; cat "$ids"; } > "$work/texts.${name#ggml-vocab-}.out"
done
{ echo "# llama.cpp $version"; llama llama-chat "$templates"/*.jinja; } > "$work/chat_prompts_llama.txt"
mv "$work"/*.out "$work"/*.txt "$here/../testdata/"
