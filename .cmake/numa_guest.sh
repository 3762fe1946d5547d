#!/bin/busybox sh
# The first process of the guest that numa_rig.sh boots: runs the cases of its kernel and tells what
# came out on the second serial line, one section for each:
#   === name
#   output
#   === rc N seconds since boot
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o size=400m tmp /tmp
exec > /dev/ttyS1 2>&1
export HOME=/tmp NO_COLOR=1

section() {
    echo "=== $1"
    shift
    "$@"
    rc=$?
    echo # what came before may have ended without one
    echo "=== rc $rc $(cut -d' ' -f1 /proc/uptime)"
}

# One short cell for each placement; what was asked, got and computed, as JSON.
sweep() {
    name=$1 placements=$2
    shift 2
    section "$name-sweep" "$@" moebench sweep -m /demo.gguf --suite /suite --experts 8 \
        --sessions 1 --trials 1 --max-tokens 16 --controls 0 --placement "$placements" \
        --db "/tmp/$name.db" < /dev/null
    section "$name" moebench export --format json --db "/tmp/$name.db"
}

weights=/sys/kernel/mm/mempolicy/weighted_interleave
section kernel uname -r
section doctor moebench doctor --json
if [ -d /sys/devices/system/node/node8 ]; then
    for n in 0 1 2 3 4 5 6 7; do echo 4 > $weights/node$n; done
    echo 1 > $weights/node8
    sweep far row-shard/1,interleave/1,weighted-interleave/1,interleave:0-7/1
else
    echo 'Once upon a time 2+3= sort dcab:' > /tmp/text
    section trace-routing moebench trace-routing -m /demo.gguf -f /tmp/text -o /tmp/m.routing
    sweep near "row-shard/1,interleave/1,local,none/1,local:5,weighted-interleave/1,\
weighted-interleave:0-3=3+4-7=1/1,expert-shard/1,expert-shard/1@apart=/tmp/m.routing,replicate/1"

    # A node without room: of what the kernel would give of node 3 next to nothing is left, the
    # model has 4.
    # Again where pages came back meanwhile: what a process leaves is not all free at once.
    for n in 1 2 3; do
        free=$(awk '/MemFree/ { print $4 }' /sys/devices/system/node/node3/meminfo)
        kept=$(awk '/^Node/ { node = $2 } $1 == "min" && node == "3," { pages += $2 }
                    END { print pages * 4 }' /proc/zoneinfo)
        [ $((free - kept)) -gt 1024 ] || break
        mkdir /full$n
        mount -t tmpfs -o "size=$((free - kept - 512))k,mpol=bind:3" full /full$n
        dd if=/dev/zero of=/full$n/filler bs=1M 2> /dev/null
    done
    section full grep -E 'MemFree|\(file\)' /sys/devices/system/node/node3/meminfo
    section refused-full moebench generate -m /demo.gguf -p x -n 1 --placement local:3
    umount /full*

    # A container that may use the memory of four nodes only.
    mkdir /cg
    mount -t cgroup2 cg /cg
    echo +cpuset > /cg/cgroup.subtree_control
    mkdir /cg/half
    echo 0-3 > /cg/half/cpuset.mems
    sweep cpuset interleave/1,local:5 /bin/sh -c 'echo $$ > /cg/half/cgroup.procs; exec "$@"' sh
    section report moebench report --format md --db /tmp/near.db
fi
echo "GUEST done"
poweroff -f
