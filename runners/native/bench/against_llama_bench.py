#!/usr/bin/env python3
"""Runs `moebench bench` and another llama-bench on the same GGUF, in turns, and prints ratios.

  against_llama_bench.py -m model.gguf --peer /path/to/llama-bench -t 2 -n 128 -p 512 \\
      --experts 8,4,2 --rounds 7 -o samples.json
  against_llama_bench.py ... --peer 'wrapper.sh run llama-bench' --peer-args='-rtr 1 -fmoe 1 -mmp 0'

Each round runs ours and the peer once per setting, A B then B A, each in a fresh process. A ratio is
that of the medians of all samples; beside it stand the smallest and the largest ratio of one round.

llama-bench has no way to choose the experts per token: it takes <arch>.expert_used_count from the
file. So where another k than the file's is asked for, ONE copy of the model is made (a reflink where
the file system has them, else a real copy: it needs the room), the number in the copy is rewritten
before each of the peer's runs, and both programs run that copy, so that the page cache holds one
file. The original is never written to.
"""
import argparse
import json
import os
import shlex
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY, INT_FORMATS = 8, 9, {4: "<I", 5: "<i", 10: "<Q", 11: "<q"}


class Failure(Exception):
    """What the user is told, in one line."""


class ExpertCount:
    """Where a GGUF keeps its experts per token, and what they are."""

    def __init__(self, path):
        self.path, self.places, values, arch = path, [], {}, None
        with open(path, "rb") as file:
            self.file, self.size = file, os.path.getsize(path)
            if self.take(4) != b"GGUF" or self.number("<I") not in (2, 3):
                raise Failure(f"{path} is no GGUF file of version 2 or 3")
            self.number("<Q")
            for _ in range(self.number("<Q")):
                key = self.string().decode("utf-8", "replace")
                kind = self.number("<I")
                if key == "general.architecture" and kind == STRING:
                    arch = self.string().decode()
                elif key.endswith(".expert_used_count"):
                    values[key] = self.integers(kind)
                else:
                    self.skip(kind)
        self.places = values.get(f"{arch}.expert_used_count")
        if not self.places:
            raise Failure(f"{path} does not say how many experts a token uses")
        self.k0 = self.places[0][2]

    def take(self, n):
        if n > self.size - self.file.tell():
            raise Failure(f"{self.path} ends in its header")
        return self.file.read(n)

    def number(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def string(self):
        return self.take(self.number("<Q"))

    def skip(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            of, count = self.number("<I"), self.number("<Q")
            if of in SCALAR_BYTES:
                self.file.seek(min(self.size, self.file.tell() + SCALAR_BYTES[of] * count))
            else:
                for _ in range(count):
                    self.skip(of)
        elif kind in SCALAR_BYTES:
            self.take(SCALAR_BYTES[kind])
        else:
            raise Failure(f"{self.path} has metadata of the unknown type {kind}")

    def integers(self, kind):
        count = 1
        if kind == ARRAY:
            kind, count = self.number("<I"), self.number("<Q")
        if kind not in INT_FORMATS:
            raise Failure(f"{self.path}: expert_used_count is no integer")
        layout = INT_FORMATS[kind]
        return [(self.file.tell(), layout, self.number(layout)) for _ in range(count)]

    def write(self, copy, k):
        with open(copy, "r+b") as file:
            for place, layout, _ in self.places:
                file.seek(place)
                file.write(struct.pack(layout, k))


def copy_model(path, folder):
    need, free = os.path.getsize(path), shutil.disk_usage(folder).free
    target = os.path.join(folder, "model.gguf")
    clone = subprocess.run(["cp", "--reflink=always", "--", path, target], capture_output=True)
    if clone.returncode == 0:
        return target
    if need > free:
        raise Failure(f"a copy of {path} takes {need / 1e9:.1f} GB, {folder} has {free / 1e9:.1f}: "
                      "name another folder with --copy-in, or leave --experts at the file's own k")
    shutil.copyfile(path, target)
    return target


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    start, end = done.stdout.find("["), done.stdout.rfind("]")
    try:
        rows = json.loads(done.stdout[start:end + 1])
    except ValueError:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise Failure(f"'{shlex.join(command)}' ended with {done.returncode}: {last}") from None
    return [row for row in rows if row.get("samples_ts")]


def test_name(row):
    parts = [f"pp{row['n_prompt']}"] if row["n_prompt"] else []
    parts += [f"tg{row['n_gen']}"] if row["n_gen"] else []
    return "+".join(parts) + (f" @ d{row['n_depth']}" if row.get("n_depth") else "")


def flags(args):
    out = ["-p", args.n_prompt, "-n", args.n_gen, "-t", str(args.threads), "-r", str(args.repetitions)]
    for pair in args.pg:
        out += ["-pg", pair]
    if args.n_depth != "0":
        out += ["-d", args.n_depth]
    return out + ["-o", "json"]


class Comparison:
    def __init__(self, args, folder):
        self.args, self.samples = args, []
        counts = ExpertCount(args.model)
        self.experts = [int(k) for k in args.experts.split(",")] if args.experts else [counts.k0]
        self.counts = counts if self.experts != [counts.k0] else None
        self.model = copy_model(args.model, folder) if self.counts else args.model

    def ours(self, k):
        return run(shlex.split(self.args.moebench) + ["bench", "-m", self.model, "--experts", str(k)] +
                   flags(self.args) + shlex.split(self.args.our_args))

    def peer(self, k):
        if self.counts:
            self.counts.write(self.model, k)
        return run(shlex.split(self.args.peer) + ["-m", self.model] + flags(self.args) +
                   shlex.split(self.args.peer_args))

    def round(self, number):
        tools = [("ours", self.ours), ("peer", self.peer)]
        for k in self.experts:
            for tool, runner in tools if number % 2 == 0 else tools[::-1]:
                for row in runner(k):
                    self.samples.append({"round": number, "tool": tool, "k": k,
                                         "test": test_name(row), "samples_ts": row["samples_ts"],
                                         "status": row.get("status", "ok"),
                                         "note": row.get("machine_note", "")})
            print(f"round {number + 1} of {self.args.rounds}, k = {k}", file=sys.stderr)

    def speeds(self, tool, k, test, number=None):
        return [speed for s in self.samples
                if (s["tool"], s["k"], s["test"]) == (tool, k, test) and number in (None, s["round"])
                for speed in s["samples_ts"]]

    def ratio(self, k, test):
        ours, peer = self.speeds("ours", k, test), self.speeds("peer", k, test)
        if not ours or not peer:
            return None
        rounds = []
        for number in range(self.args.rounds):
            pair = [self.speeds(tool, k, test, number) for tool in ("ours", "peer")]
            if all(pair):
                rounds.append(statistics.median(pair[0]) / statistics.median(pair[1]))
        ours, peer = statistics.median(ours), statistics.median(peer)
        return {"k": k, "test": test, "ours_ts": ours, "peer_ts": peer, "ratio": ours / peer,
                "rounds": rounds, "lowest": min(rounds), "highest": max(rounds)}

    def ratios(self):
        tests = list(dict.fromkeys((s["k"], s["test"]) for s in self.samples))
        return [found for found in (self.ratio(*test) for test in tests) if found]


def report(comparison):
    print("| test | k | ours t/s | peer t/s | ratio | of single rounds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in comparison.ratios():
        print(f"| {row['test']} | {row['k']} | {row['ours_ts']:.2f} | {row['peer_ts']:.2f} | "
              f"{row['ratio']:.2f} | {row['lowest']:.2f} to {row['highest']:.2f} |")
    for status in sorted({s["status"] for s in comparison.samples} - {"ok"}):
        print(f"warning: some of our rows are '{status}': see the samples")
    for note in sorted({s["note"] for s in comparison.samples} - {""}):
        print(f"warning: the machine was not quiet: {note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", required=True, help="GGUF file")
    parser.add_argument("--moebench", default="build/moebench", help="our program [build/moebench]")
    parser.add_argument("--peer", required=True, help="path or command of the other llama-bench")
    parser.add_argument("--peer-args", default="", help="more flags for the peer, as --peer-args='-mmp 0'")
    parser.add_argument("--our-args", default="", help="more flags for moebench bench, as --our-args=...")
    parser.add_argument("-t", "--threads", type=int, default=os.cpu_count(), help="[all CPUs]")
    parser.add_argument("-p", "--n-prompt", default="512", help="comma list, 0 = none [512]")
    parser.add_argument("-n", "--n-gen", default="128", help="comma list, 0 = none [128]")
    parser.add_argument("-pg", action="append", default=[], metavar="PP,TG")
    parser.add_argument("-d", "--n-depth", default="0", help="comma list [0]")
    parser.add_argument("--experts", default="", help="comma list of k [the file's own]")
    parser.add_argument("--rounds", type=int, default=7, help="[7]")
    parser.add_argument("-r", "--repetitions", type=int, default=1, help="in each process [1]")
    parser.add_argument("--copy-in", default=None, help="folder for the copy with another k")
    parser.add_argument("-o", "--output", default="", help="all samples, as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.copy_in, prefix="against.") as folder:
        comparison = Comparison(args, folder)
        try:
            for number in range(args.rounds):
                comparison.round(number)
        finally:  # what was measured is kept whatever ends the run
            if args.output and comparison.samples:
                with open(args.output, "w", encoding="utf-8") as file:
                    json.dump({"schema": "moebench.against/1", "arguments": vars(args),
                               "ratios": comparison.ratios(), "samples": comparison.samples},
                              file, indent=1)
        report(comparison)


if __name__ == "__main__":
    try:
        main()
    except (Failure, OSError) as failure:
        sys.exit(f"against_llama_bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
