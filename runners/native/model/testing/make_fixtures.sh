#!/bin/sh
# Makes ../testdata/*.txt anew: what llama.cpp computes for the synthetic models and for the demo models.
#   make_fixtures.sh WRITER LLAMA_ROOT
# WRITER      the built write_conformance_models (cmake --build ... --target write_conformance_models)
# LLAMA_ROOT  a folder with usr/include/llama.h and usr/lib/*/libllama.so (Debian's libllama-dev and the
#             packages it needs, unpacked), or / where they are installed
# RUN         how a program of LLAMA_ROOT is run where its libc is newer than ours; run as
#             "$RUN LLAMA_ROOT PROGRAM ARGS..."; empty for LLAMA_ROOT=/
# Run it after a new demo model; the conformance tests say whether the engine still agrees.
set -eu
writer=$1 root=$2
here=$(cd "$(dirname "$0")" && pwd)
demo=$here/../../../../suites/demo
text='Once there was a small goat named Mia who lived near the river. 12+35=47. sort: dcba -> abcd. The capital of France is Paris. Upper case of hello is HELLO. Count the words in this line, then stop after three. red=4 blue=7 green=1 blue? 7 (()()) [] {} Hello, how are you today? I am fine, thank you very much indeed.'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for lib in "$root"/usr/lib/*-linux-gnu; do break; done
gcc -O1 -I"$root/usr/include" "$here/llama_fixture.c" -o "$root/usr/bin/llama-fixture" -L"$lib" \
    -lllama -lggml -lggml-base -Wl,--unresolved-symbols=ignore-in-shared-libs
llama() {
    if [ -n "${RUN:-}" ]; then $RUN "$root" llama-fixture "$@"; else llama-fixture "$@"; fi 2>>"$work/log" </dev/null
}
"$writer" "$work"
version=$(dpkg-query -W -f '${Version}' llama.cpp-tools 2>/dev/null || cat "$root/.packages" 2>/dev/null |
    awk '$1 == "libllama0" { print $2 }')

for model in f32 f16 bf16 q8_0; do
    {
        echo "# llama.cpp $version, model written by ConformanceModel ($model), made by make_fixtures.sh"
        for k in 4 1 7; do llama "$work/$model.gguf" qwen3moe.expert_used_count=$k ids 200; done
    } > "$work/synthetic_$model.txt"
done
while read -r model architecture ks; do
    file=$demo/demo-$model.gguf
    {
        echo "# llama.cpp $version, suites/demo/demo-$model.gguf $(sha256sum "$file" | cut -c1-64)"
        for k in $ks; do llama "$file" "$architecture.expert_used_count=$k" text "$text"; done
    } > "$work/demo_$model.txt"
done <<EOF
moe qwen3moe 8 4 2
draft qwen3 0
hybrid qwen3next 8 4 2
EOF
for file in "$work"/quant_*.gguf; do
    model=$(basename "$file" .gguf)
    {
        echo "# llama.cpp $version, model written by QuantModel (${model#quant_}), made by make_fixtures.sh"
        for k in 4 1 6; do llama "$file" qwen3moe.expert_used_count=$k ids 200; done
    } > "$work/$model.txt"
done
while read -r model key ks; do
    {
        echo "# llama.cpp $version, model written by BuildTinyModel ($model), made by make_fixtures.sh"
        for k in $ks; do llama "$work/arch/$model.gguf" "$key=$k" long 128; done
    } > "$work/arch_$model.txt"
done < "$work/arch/models"
mv "$work"/*.txt "$here/../testdata/"
