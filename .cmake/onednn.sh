#!/bin/bash
# Finds or makes the oneDNN that moebench is linked with, and prints its folder on standard output
# ("system" for the distribution's own). Everything else goes to standard error.
#
#   .cmake/onednn.sh         the first of: the system's oneDNN >= 3.7 (where it has the ukernel API and
#                            starts no threads of its own), a build cached earlier, a build made now
#   MOEBENCH_CACHE           where builds are kept: $MOEBENCH_CACHE/onednn-<version>-<hash of the recipe>
#
# The source is Debian trixie's package, from the mirror this machine's apt is configured with, or the
# upstream release archive that MOEBENCH_ONEDNN_ARCHIVE names and whose SHA-256 MOEBENCH_ONEDNN_SHA256
# gives. What was fetched is checked against the hashes below. Neither root nor a network is needed where the cache has it.
set -euo pipefail

VERSION=3.7.2
SOURCE=onednn_3.7.2+ds
REVISION=2
SUITE=trixie
# What may be built: SHA-256 and file name.
HASHES="
0cc51ca26c1af6a2bb1e71e378e7046f3ceb3e71791ee9d4e246d50f904a6ea6 ${SOURCE}.orig.tar.xz
db6b5144773b4f5b152a0138cba74af39124d59285975db7f2c220e992dcd2d4 ${SOURCE}-${REVISION}.debian.tar.xz
"
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# No threads of its own (ours are pinned), only matmul and reorder, every ISA up to AMX. The gemm
# kernels are left out, see prune().
OPTIONS=(
  -DCMAKE_BUILD_TYPE=Release
  "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG"
  -DONEDNN_LIBRARY_TYPE=STATIC
  -DONEDNN_CPU_RUNTIME=SEQ
  -DONEDNN_GPU_RUNTIME=NONE
  "-DONEDNN_ENABLE_PRIMITIVE=MATMUL;REORDER"
  -DONEDNN_ENABLE_GEMM_KERNELS_ISA=NONE
  -DONEDNN_ENABLE_WORKLOAD=INFERENCE
  -DONEDNN_ENABLE_ITT_TASKS=OFF
  -DONEDNN_ENABLE_JIT_PROFILING=OFF
  -DONEDNN_EXPERIMENTAL_UKERNEL=ON
  -DONEDNN_BUILD_DOC=OFF
  -DONEDNN_BUILD_EXAMPLES=OFF
  -DONEDNN_BUILD_GRAPH=OFF
  -DONEDNN_BUILD_TESTS=OFF
)

# Its build takes every source file of a folder, wanted or not. Of those below src/cpu, only these end
# up in a program with matmul, reorder and the ukernel; the rest is two thirds of the time.
KEEP='^((bfloat16|float16|binary_injector_utils|cpu_(concat|engine|sum)|platform|primitive_attr_postops'
KEEP+='|scale_utils)\.cpp$|jit_utils/|matmul/(cpu_matmul_list|ref_matmul.*)\.cpp$'
KEEP+='|reorder/cpu_reorder(_regular_(f32_)?(f32|bf16|f16))?\.cpp$'
KEEP+='|x64/((brgemm|injectors|utils|xbyak)/|matmul/brgemm_.*|(amx_tile_configure|cpu_barrier'
KEEP+='|cpu_isa_traits|cpu_reducer|jit_generator|jit_uni_reorder.*|jit_uni_convert_xf16'
KEEP+='|jit_avx512_core_(fp8cvt|fp16cvt|scale_precompute)|jit_avx512_sparse_decompress_kernel'
KEEP+='|jit_gemm_inner_product_utils)\.cpp$))'

say() { echo "onednn: $*" >&2; }
die() { say "$*"; exit 74; }   # a download, a disk
fail() { say "$*"; exit 70; }  # the build

# True if the distribution's oneDNN is one we can use.
system_is_usable() {
  local header config
  for header in /usr/local/include /usr/include /usr/include/*-linux-gnu; do
    config=$header/oneapi/dnnl/dnnl_config.h
    [ -f "$config" ] && [ -f "$header/oneapi/dnnl/dnnl_ukernel.hpp" ] || continue
    grep -q '^#define DNNL_CPU_RUNTIME DNNL_RUNTIME_SEQ' "$config" || continue
    grep -q '^#define DNNL_EXPERIMENTAL_UKERNEL' "$config" || continue
    awk '/define DNNL_VERSION_MAJOR/ { major = $3 } /define DNNL_VERSION_MINOR/ { minor = $3 }
         END { exit !(major == 3 && minor >= 7) }' "$header/oneapi/dnnl/dnnl_version.h" && return 0
  done
  return 1
}

# The address of the Debian archive that apt is configured with (not of the security one).
mirror() {
  # shellcheck disable=SC2016  # apt's variables
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }' | grep . && return
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
    2>/dev/null | awk '/^(deb |URIs:)/ { for (i = 2; i <= NF; i++)
        if ($i ~ /^https?:.*\/debian\/?$/) { print $i; exit } }' | grep .
}

# Fetches the source package into the current folder, by an apt configured here alone.
# (The machine's clock may be past the day until which the mirror's index is valid.)
fetch_package() {
  local apt=$PWD/.apt uri
  uri=$(mirror) || die "apt on this machine knows no Debian mirror: put oneDNN's release archive" \
    "(version $VERSION or later) somewhere and name it in MOEBENCH_ONEDNN_ARCHIVE"
  mkdir -p "$apt"/etc/{apt.conf.d,preferences.d,sources.list.d} "$apt/state/lists/partial" \
    "$apt/cache/archives/partial"
  : > "$apt/status"
  echo "deb-src [signed-by=$KEYRING check-valid-until=no] $uri $SUITE main" > "$apt/etc/sources.list"
  {
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-)' || true
    cat <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc "$apt/etc";
APT::Sandbox::User "";
Acquire::Languages "none";
CONF
  } > "$apt/apt.conf"
  APT_CONFIG=$apt/apt.conf apt-get -qq update >&2 || die "the index of $SUITE could not be fetched"
  APT_CONFIG=$apt/apt.conf apt-get -qq source --download-only "onednn=${SOURCE#*_}-$REVISION" >&2 ||
    die "the source package of oneDNN ${SOURCE#*_}-$REVISION could not be fetched"
  rm -rf "$apt"
}

# Checks the two archives of the package by the hashes above and unpacks them into ./source.
unpack_package() {
  echo "$HASHES" | sed '/^$/d; s/ /  /' | sha256sum --check --quiet >&2 ||
    die "what the mirror sent as oneDNN is not what moebench was tested with"
  mkdir source
  tar -xf "$SOURCE.orig.tar.xz" --strip-components=1 -C source
  tar -xf "$SOURCE-$REVISION.debian.tar.xz" -C source
  # Upstream's own fixes of 3.7.3; the other patches are for Debian's build.
  patch -d source -p1 --quiet --forward < source/debian/patches/upstream-3.7.3.patch >&2
}

# The user's own archive: its hash comes from the user too.
unpack_archive() {
  [ -f "$MOEBENCH_ONEDNN_ARCHIVE" ] || die "MOEBENCH_ONEDNN_ARCHIVE: no file $MOEBENCH_ONEDNN_ARCHIVE"
  echo "${MOEBENCH_ONEDNN_SHA256:?names the hash of MOEBENCH_ONEDNN_ARCHIVE}  $MOEBENCH_ONEDNN_ARCHIVE" |
    sha256sum --check --quiet >&2 || die "MOEBENCH_ONEDNN_ARCHIVE has another SHA-256 than" \
    "MOEBENCH_ONEDNN_SHA256 says"
  mkdir source
  tar -xf "$MOEBENCH_ONEDNN_ARCHIVE" --strip-components=1 -C source
}

# Takes out of ./source what we do not link. The package was pinned above, so every line still fits.
prune() {
  # Debian builds with its own spdlog; we build without a log.
  sed -i '/find_package(spdlog/d' source/src/CMakeLists.txt
  rm source/src/common/logging.cpp
  [ "$(uname -m)" = x86_64 ] || return 0
  # The lists of implementations of everything but matmul, and of the reorders that are not between
  # f32, bf16 and f16: the weights that go to oneDNN are of these types.
  sed -i -E '/CASE\(matmul\)/!{/^ +CASE\(/d}' source/src/cpu/cpu_engine.hpp
  sed -i -E '/\{\{(f32, (f32|bf16|f16)|(bf16|f16), data_type::undef), 0\}/!{/^ +\{\{/d}' \
    source/src/cpu/reorder/cpu_reorder.cpp
  sed -i '/CPU_REORDER_INSTANCE(rnn_/d' source/src/cpu/reorder/cpu_reorder_regular_*.cpp
  # In the list of matmuls gemm stands before brgemm for AVX2. Its kernels are 120 more files; without
  # them it is a plain loop (f32, AVX2: 2 GFLOP/s), without it brgemm takes every shape.
  sed -i '/CPU_INSTANCE(gemm_/d' source/src/cpu/matmul/cpu_matmul_list.cpp
  find source/src/cpu -name '*.cpp' -printf '%P\n' | grep -v -E "$KEEP" |
    sed 's|^|source/src/cpu/|' | xargs rm
}

# Leaves the sources in ./source. An archive of the user's may be of any version: nothing is taken out
# of it, and its build takes three times as long.
fetch() {
  rm -rf source
  if [ -n "${MOEBENCH_ONEDNN_ARCHIVE:-}" ]; then unpack_archive; return; fi
  fetch_package
  unpack_package
  prune
}

# Builds ./source and installs it as folder $1.
build() {
  cmake -S source -B build -G Ninja -Wno-dev "${OPTIONS[@]}" \
    "-DCMAKE_INSTALL_PREFIX=$PWD/installed" > configure.log 2>&1 ||
    { cat configure.log >&2; fail "its configuration failed"; }
  ninja -C build -j "${MOEBENCH_JOBS:-$(nproc)}" >&2 || fail "its build failed"
  ninja -C build install > install.log 2>&1 || { cat install.log >&2; die "its installation failed"; }
  rm -rf "$1"
  mv -T installed "$1"
}

main() {
  if [ -z "${MOEBENCH_ONEDNN_ARCHIVE:-}" ] && system_is_usable; then echo system; return; fi
  local cache recipe name=$VERSION dir work
  cache=${MOEBENCH_CACHE:?is set by run}
  [ -z "${MOEBENCH_ONEDNN_ARCHIVE:-}" ] || name=archive-${MOEBENCH_ONEDNN_SHA256:-}
  recipe=$({ printf '%s\n' "$name" "$HASHES" "${OPTIONS[@]}" "$KEEP"; declare -f prune; } |
    sha256sum | cut -c 1-12)
  dir=$cache/onednn-${name%%-*}-$recipe
  if [ ! -f "$dir/lib/cmake/dnnl/dnnl-config.cmake" ]; then
    work=$dir.build
    mkdir -p "$work" || die "$cache cannot be written: set MOEBENCH_CACHE"
    exec 9> "$work/lock"
    flock 9  # another run may be building it
  fi
  if [ ! -f "$dir/lib/cmake/dnnl/dnnl-config.cmake" ]; then
    cd "$work"
    if [ ! -f fetched ]; then
      say "fetching the source of oneDNN (10 MB)"
      fetch
      : > fetched
    fi
    say "building oneDNN into $dir (once; about 5 minutes on two cores)"
    build "$dir"
    cd "$cache"
    rm -rf "$work"
  fi
  echo "$dir"
}

main; exit
