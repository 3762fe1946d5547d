#!/bin/sh
# Debian's own llama.cpp as a peer to compare with: unpacked into a folder, nothing is installed.
#   llamacpp.sh setup DIR               brings it (about 20 MB, five seconds); again: does nothing
#   llamacpp.sh run DIR BINARY ARGS...  runs one of its programs; its exit code is ours
# Packages come from the Debian mirror that this machine's apt uses, checked against Debian's
# archive keyring; neither root nor debootstrap is needed. The libraries they need (a libc newer
# than ours among them) lie in DIR, too. A program sees our files under their usual paths, except
# /usr and /etc. Exit code 125: it could not be brought or run here, with the reason.
set -eu

SUITE=forky  # the first Debian release with llama.cpp
PACKAGES='llama.cpp-tools llama.cpp-tools-extra libllama-dev'
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

die() { echo "llamacpp: $*" >&2; exit 125; }

# The Debian archive that apt is configured with (not that of the security fixes).
mirror() {
    # shellcheck disable=SC2016  # apt's variables
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }' | grep . && return
    # No lists here yet (apt-get update never ran): from the sources themselves.
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk '/^(deb |URIs:)/ { for (i = 2; i <= NF; i++)
                 if ($i ~ /^https?:.*\/debian\/?$/) { print $i; exit } }' | grep .
}

setup() {
    dir=$1
    [ "$(cat "$dir/.complete" 2>/dev/null)" != "$SUITE $PACKAGES" ] || return 0
    [ ! -e "$dir" ] || [ -f "$dir/.complete" ] || rmdir "$dir" || die "$dir is not ours"
    for tool in apt-get dpkg-deb; do
        command -v $tool >/dev/null || die "no $tool here: a Debian machine is needed"
    done
    [ -f "$KEYRING" ] || die "no $KEYRING here: a Debian machine is needed"
    uri=$(mirror) || die "apt is configured with no Debian mirror"
    mkdir -p "$(dirname "$dir")"
    new=$(mktemp -d "$dir.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    trap 'exit 125' HUP INT TERM
    new=$(cd "$new" && pwd)

    # An apt of its own, by whose books nothing is installed: it finds all that is needed.
    apt=$new/.apt
    mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/etc/sources.list.d" \
        "$apt/state/lists/partial" "$apt/cache/archives/partial"
    : > "$apt/status"
    # A mirror may be a snapshot, whose lists are past their date.
    echo "deb [signed-by=$KEYRING check-valid-until=no] $uri $SUITE main" > "$apt/etc/sources.list"
    {
        apt-config dump | grep -E '^Acquire::(http|https|Retries)' || true
        cat <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc "$apt/etc";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
CONF
    } > "$apt/apt.conf"
    # shellcheck disable=SC2086  # one word each
    APT_CONFIG="$apt/apt.conf" apt-get -qq update >&2 &&
        APT_CONFIG="$apt/apt.conf" apt-get -qq -y --download-only install $PACKAGES >&2 ||
        die "the packages of $SUITE could not be downloaded"

    mkdir -p "$new/etc" "$new/usr/bin" "$new/usr/sbin" "$new/usr/lib" "$new/usr/lib64"
    for link in bin sbin lib lib64; do ln -s "usr/$link" "$new/$link"; done
    for deb in "$apt"/cache/archives/*.deb; do
        dpkg-deb -x "$deb" "$new"
        dpkg-deb -W "$deb"
    done > "$new/.packages"
    rm -rf "$apt" "$new/usr/share/doc" "$new/usr/share/man" "$new/usr/share/locale"
    chmod 755 "$new"
    echo "$SUITE $PACKAGES" > "$new/.complete"
    rm -rf "$dir"
    mv -T "$new" "$dir"
}

# By root or in a user namespace of our own (both change the root folder, with our folders mounted
# in it), or else by the loader in DIR.
run() {
    [ -f "$1/.complete" ] || die "run '$0 setup $1' first"
    dir=$(cd "$1" && pwd)
    binary=/usr/bin/$2
    [ -x "$dir$binary" ] || die "no $2 in $dir"
    shift 2
    unset LD_LIBRARY_PATH LD_PRELOAD
    if [ "$(id -u)" = 0 ] && unshare -m mount --rbind /dev /dev 2>/dev/null; then
        exec unshare -m -- /bin/sh "$0" mounted "$dir" "$binary" "$@"
    elif unshare -r -m mount --rbind /dev /dev 2>/dev/null; then
        exec unshare -r -m -- /bin/sh "$0" mounted "$dir" "$binary" "$@"
    fi
    for lib in "$dir"/usr/lib/*-linux-gnu; do break; done
    for loader in "$lib"/ld-linux*.so.*; do break; done
    # Any back end of ggml that takes this CPU: only figures count here, not speed.
    for backend in x64 sse42 armv8.0_1; do
        export GGML_BACKEND_PATH="$lib/ggml/backends0/libggml-cpu-$backend.so"
        [ ! -f "$GGML_BACKEND_PATH" ] || break
    done
    exec "$loader" --library-path "$lib:$lib/llama" "$dir$binary" "$@"
}

# In the new mount namespace; the mounts go when the process does.
mounted() {
    dir=$1 binary=$2
    shift 2
    for host in /*; do
        case $host in /usr | /bin | /sbin | /lib* | /etc | /lost+found) continue ;; esac
        [ -d "$host" ] || continue
        mkdir -p "$dir$host"
        mount --rbind "$host" "$dir$host"
    done
    exec unshare --root="$dir" --wd="$PWD" -- "$binary" "$@"
}

[ $# -ge 2 ] || die "setup DIR | run DIR BINARY ARGS..."
command=$1
shift
case $command in
    setup) setup "$1" ;;
    run | mounted) [ $# -ge 2 ] || die "run DIR BINARY ARGS..."; "$command" "$@" ;;
    *) die "setup DIR | run DIR BINARY ARGS..." ;;
esac
