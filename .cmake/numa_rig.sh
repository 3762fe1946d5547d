#!/bin/sh
# A machine with 8 NUMA nodes (2 sockets of 4, two cpus and 512 MiB each, distances 10/12/32) under
# QEMU, for the tests of label 'numa'. It is emulated (TCG): it shows where pages and threads are,
# never how fast anything is. One thread of the host for all cpus: a pause instruction then goes on to
# the next cpu, so that threads that spin at a barrier cost next to nothing (50 times as fast as a
# thread for each, with eight of them on two cores).
#   numa_rig.sh setup DIR              brings two kernels of this machine's own distribution: one
#                                      without weighted interleave (before 6.9) and one with it,
#                                      where apt knows them; again: does nothing
#   numa_rig.sh boot KERNEL ROOT OUT [far]   boots a kernel with ROOT packed as its initramfs, whose
#                                      /init tells on the second serial line what came out: to OUT.
#                                      far: a ninth node that has memory but no cpus
# Exit code 125: it can't be had or run here, with the reason.
set -eu

die() { echo "numa_rig: $*" >&2; exit 125; }

# The newest kernel package for clouds for whose version v (6.12 is 6012) awk's test $1 holds.
newest_kernel() {
    apt-cache pkgnames linux-image- |
        grep -E '^linux-image-[0-9]+[.][0-9]+[.][0-9]+[^ ]*-cloud-amd64$' |
        awk -F'[-.]' "{ v = \$3 * 1000 + \$4; if ($1) print }" | sort -V | tail -n 1 | grep .
}

fetch_kernel() { # KIND TEST DIR
    package=$(newest_kernel "$2") || return 1
    mkdir -p "$3/$1.new"
    (cd "$3/$1.new" && apt-get -q download "$package" >&2 && dpkg-deb -x ./*.deb .) || return 1
    mv "$3/$1.new"/boot/vmlinuz-* "$3/$1"
    rm -rf "$3/$1.new"
}

setup() {
    dir=$1
    [ "$(uname -m)" = x86_64 ] || die "the guest is an x86_64 machine, this is $(uname -m)"
    for tool in apt-get apt-cache dpkg-deb qemu-system-x86_64 busybox; do
        command -v $tool > /dev/null || die "no $tool here"
    done
    mkdir -p "$dir"
    [ -f "$dir/plain" ] || fetch_kernel plain 'v < 6009' "$dir" || true
    [ -f "$dir/weighted" ] || fetch_kernel weighted 'v >= 6009' "$dir" || true
    [ -f "$dir/plain" ] || [ -f "$dir/weighted" ] || die "apt knows no cloud kernel"
}

boot() {
    kernel=$1 root=$2 out=$3 far=${4:-}
    (cd "$root" && find . | busybox cpio -o -H newc 2> /dev/null | gzip -1) > "$out.initramfs"
    set -- -machine q35 -m 4096M
    [ -z "$far" ] || set -- -machine q35,hmat=on -m 4608M
    n=0
    while [ $n -lt 8 ]; do
        set -- "$@" -object memory-backend-ram,id=m$n,size=512M \
            -numa "node,nodeid=$n,cpus=$((2 * n))-$((2 * n + 1)),memdev=m$n${far:+,initiator=$n}"
        n=$((n + 1))
    done
    [ -z "$far" ] || set -- "$@" -object memory-backend-ram,id=m8,size=512M \
        -numa node,nodeid=8,memdev=m8,initiator=0
    s=0
    while [ $s -lt 8 ]; do
        d=$((s + 1))
        while [ $d -lt 8 ]; do
            set -- "$@" -numa "dist,src=$s,dst=$d,val=$([ $((s / 4)) = $((d / 4)) ] && echo 12 || echo 32)"
            d=$((d + 1))
        done
        if [ -n "$far" ]; then
            set -- "$@" -numa "dist,src=$s,dst=8,val=$([ $s -lt 4 ] && echo 50 || echo 60)"
            d=0
            while [ $d -le 8 ]; do
                latency=100 bandwidth=40G
                [ $d -lt 8 ] || latency=300 bandwidth=20G
                set -- "$@" -numa "hmat-lb,initiator=$s,target=$d,hierarchy=memory,data-type=access-latency,latency=$latency" \
                    -numa "hmat-lb,initiator=$s,target=$d,hierarchy=memory,data-type=access-bandwidth,bandwidth=$bandwidth"
                d=$((d + 1))
            done
        fi
        s=$((s + 1))
    done
    # The limit is the test's: a guest that hangs ends as a failure, not as a stuck build.
    timeout "${MOEBENCH_GUEST_LIMIT_S:-560}" qemu-system-x86_64 -accel tcg,thread=single -cpu max "$@" \
        -smp 16,sockets=2,cores=8,threads=1 -nodefaults -display none -no-reboot \
        -serial "file:$out.console" -serial "file:$out" -kernel "$kernel" -initrd "$out.initramfs" \
        -append "console=ttyS0 quiet panic=-1 numa_balancing=disable" || echo "numa_rig: QEMU ended with $?" >&2
    rm -f "$out.initramfs"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
    setup) setup "$@" ;;
    boot) boot "$@" ;;
    *) die "there is no '$command'" ;;
esac
